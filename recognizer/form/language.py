"""Language: all that may stand in a field, made of its kind, pattern, lexicon and rules into one automaton."""

import datetime
import hashlib
import json
from collections.abc import Iterator
from dataclasses import asdict, dataclass
from functools import lru_cache, reduce
from pathlib import Path

from recognizer.alphabet import Alphabet
from recognizer.automaton import Automaton, TooLargeError, from_machine, from_tree
from recognizer.automaton.check_digit import CheckDigit, check_digit_machine
from recognizer.automaton.dates import FIRST_DAY, LAST_DAY, date_pattern
from recognizer.automaton.machine import Machine, product
from recognizer.automaton.numbers import numbers_between
from recognizer.automaton.pattern import pattern_machine
from recognizer.automaton.trie import tree_of
from recognizer.errors import FormError
from recognizer.form.kinds import PATTERNS
from recognizer.form.lexicon import load_lexicon
from recognizer.form.model import Field, Rules

LANGUAGE_VERSION = 2
"""Raised whenever the same field may hold other texts than before."""

MAX_CHARS = 500
"""No field holds more."""


@dataclass(frozen=True, kw_only=True)
class Grammar:
    """What a text must fulfil: match every one of `patterns`, be one of `entries`, and have a right check digit."""

    patterns: tuple[str, ...] = ()
    entries: tuple[str, ...] | None = None
    check_digit: CheckDigit | None = None


def automaton_of(field: Field, alphabet: Alphabet, folder: Path = Path()) -> Automaton:
    """The automaton of a field in which something is written; relative lexicons start at `folder`.

    The same field gives the same automaton again, without work.

    Raises:
        FormError: pattern, lexicon and rules admit no text that the alphabet can write, no length that a field has,
            or more than can be decoded in time.
    """
    return _automaton(Asked(field, folder), alphabet.characters)


def language_digest(field: Field, folder: Path = Path()) -> str:
    """Identifies what a reading of this field may say: part of a prediction's key. 16 hex characters."""
    if field.is_marks or field.kind == "signature":
        asked = json.dumps([field.kind, field.multiple, [(option.value, option.box) for option in field.options]])
        return _digest(asked)
    return _grammar_digest(Asked(field, folder))


class Asked:
    """What a language follows from, as a key that is quickly made: every crop's language is asked for.

    Of a lexicon's file it holds when and to what size it was changed last.
    """

    __slots__ = ("field", "folder", "key")

    def __init__(self, field: Field, folder: Path) -> None:
        self.field, self.folder = field, folder
        self.key = (field.kind, field.pattern, field.options, *field.rules.__dict__.values(), self._lexicon())

    def _lexicon(self) -> tuple[object, ...]:
        if not isinstance(self.field.lexicon, Path):
            return (self.field.lexicon,)
        path = self.folder / self.field.lexicon
        try:
            status = path.stat()
        except (OSError, ValueError):
            load_lexicon(path)  # says what is wrong
            raise
        return path, status.st_mtime_ns, status.st_size

    def __hash__(self) -> int:
        return hash(self.key)

    def __eq__(self, other: object) -> bool:
        return isinstance(other, Asked) and self.key == other.key


@lru_cache(maxsize=512)
def _grammar_digest(asked: Asked) -> str:
    return _digest(json.dumps([asked.field.kind, asdict(asked_grammar(asked))]))


@lru_cache(maxsize=256)
def _automaton(asked: Asked, characters: str) -> Automaton:
    return compile_grammar(asked_grammar(asked), characters)


@lru_cache(maxsize=256)
def asked_grammar(asked: Asked) -> Grammar:
    """As `grammar_of`, once for the same field."""
    return grammar_of(asked.field, asked.folder)


def _digest(text: str) -> str:
    return hashlib.sha256(f"{LANGUAGE_VERSION} {text}".encode()).hexdigest()[:16]


def grammar_of(field: Field, folder: Path = Path()) -> Grammar:
    """What the definition of a field says of the texts that may stand there. Raises FormError for its lexicon."""
    return Grammar(
        patterns=tuple(_patterns(field)), entries=_entries(field, folder), check_digit=field.rules.check_digit
    )


def _entries(field: Field, folder: Path) -> tuple[str, ...] | None:
    if field.lexicon is None:
        return tuple(option.value for option in field.options) if field.kind == "choice" else None
    return load_lexicon(field.lexicon, folder)


def _patterns(field: Field) -> Iterator[str]:
    rules = field.rules
    if field.pattern is not None:
        yield field.pattern
    elif field.kind in PATTERNS and field.lexicon is None:
        yield PATTERNS[field.kind]
    if field.kind == "date":
        yield _dates(rules)
    if rules.min_value is not None or rules.max_value is not None:
        yield _values(field)
    if rules.min_length is not None or rules.max_length is not None:
        most = "" if rules.max_length is None else rules.max_length
        yield f".{{{rules.min_length or 0},{most}}}"


@lru_cache(maxsize=64)
def _dates(rules: Rules) -> str:
    return date_pattern(
        rules.date_order,
        rules.not_before or min(FIRST_DAY, rules.not_after or datetime.date.max),
        rules.not_after or max(LAST_DAY, rules.not_before or datetime.date.min),
    )


def _values(field: Field) -> str:
    low, high = field.rules.min_value, field.rules.max_value
    if field.kind == "amount":
        cents, no_cents = "[.,][0-9]{2}", "(?:[.,]00)?"
        return f"[$€£]? ?(?:{numbers_between(low, high, fraction=cents, zeros=no_cents, groups=('', ',', '.'))})"
    if field.kind == "number":
        return numbers_between(low, high, fraction="[.,][0-9]+", zeros="(?:[.,]0+)?")
    return f"0*(?:{numbers_between(low, high)})"


@lru_cache(maxsize=256)
def compile_grammar(grammar: Grammar, characters: str) -> Automaton:
    """The automaton of a grammar. Raises FormError, see `automaton_of`."""
    try:
        machines = [pattern_machine(pattern, characters) for pattern in grammar.patterns]
        if grammar.check_digit is not None:
            machines.append(check_digit_machine(grammar.check_digit, characters))
        if grammar.entries is not None:
            return _lexicon(grammar.entries, machines, characters)
        machine = reduce(product, machines) if machines else pattern_machine(".*", characters)
    except TooLargeError as error:
        raise FormError(f"{error} - mend: use smaller repeats, or a narrower pattern") from error
    except ValueError as error:
        raise FormError(f"{error} - mend: use a plain regular expression, see docs/FORMS.md") from error
    _check_lengths(machine)
    return from_machine(machine, characters)


def _lexicon(entries: tuple[str, ...], machines: list[Machine], characters: str) -> Automaton:
    numbers = {char: number for number, char in enumerate(characters)}
    fitting = [entry for entry in entries if all(_accepts(machine, entry, numbers) for machine in machines)]
    tree = tree_of(fitting, characters)
    if not any(tree[2]):
        raise FormError("no entry fits that can be read - mend: correct the entries, the pattern or the rules")
    return from_tree(tree, characters)


def _accepts(machine: Machine, text: str, numbers: dict[str, int]) -> bool:
    state: int | None = 0
    for char in text:
        state = machine.steps[state].get(numbers.get(char, -1)) if state is not None else None
    return state in machine.accepting


def _check_lengths(machine: Machine) -> None:
    """Refuse what accepts nothing that a field can hold."""
    shortest, longest = _lengths(machine)
    if shortest is None:
        raise FormError("no text that can be read fits - mend: do pattern and rules exclude each other?")
    if shortest > MAX_CHARS:
        raise FormError(f"its shortest text has {shortest:,} characters - mend: no field holds more than {MAX_CHARS}")
    if longest is not None and longest > MAX_CHARS:
        raise FormError(f"its longest text has {longest:,} characters - mend: allow {MAX_CHARS} at most, or any number")


def accepts_everything(pattern: str) -> bool:
    """Whether a pattern lets pass every text, but perhaps some of the shortest, as `.*` and `.+` do."""
    characters = Alphabet().characters
    machine = pattern_machine(pattern, characters)
    ways = [set(steps.values()) if len(steps) == len(characters) else set() for steps in machine.steps]
    last = len(ways) - 1
    return all(len(to) == 1 for to in ways) and ways[last] == {last} and last in machine.accepting


def _lengths(machine: Machine) -> tuple[int | None, int | None]:
    """Characters of the shortest and of the longest text; None where there is none, or no longest."""
    shortest = _walk(machine)
    if shortest is None:
        return None, None
    inward = [0] * len(machine.steps)
    for steps in machine.steps:
        for to in steps.values():
            inward[to] += 1
    longest, ready, done = [0] * len(machine.steps), [0] if inward[0] == 0 else [], 0
    while ready:
        state = ready.pop()
        done += 1
        for to in machine.steps[state].values():
            longest[to] = max(longest[to], longest[state] + 1)
            inward[to] -= 1
            if inward[to] == 0:
                ready.append(to)
    return shortest, max(longest) if done == len(machine.steps) else None


def _walk(machine: Machine) -> int | None:
    """Characters of the shortest text."""
    ring, seen, length = {0}, {0}, 0
    while ring:
        if ring & machine.accepting:
            return length
        ring = {to for state in ring for to in machine.steps[state].values()} - seen
        seen |= ring
        length += 1
    return None
