"""What may be written in a field, as a deterministic finite automaton over the alphabet's characters.

A field's kind, pattern and lexicon decide: a lexicon (or the options of a choice) becomes a trie, a pattern a DFA, and
without either the kind's own pattern counts. Every state of the automaton can still reach an accepted text.
"""

import hashlib
import json
from collections import defaultdict
from collections.abc import Iterable
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path

import interegular
from interegular.fsm import FSM, anything_else

from recognizer.alphabet import Alphabet
from recognizer.errors import FormError
from recognizer.form import Field, Kind, load_lexicon

MAX_STATES = 200_000
LANGUAGE_VERSION = 1

LETTER = "A-Za-zÀ-ÖØ-öø-ÿŒœŸ"
PATTERNS: dict[Kind, str] = {
    "digits": r"[0-9]{1,40}",
    "number": r"-?[0-9]{1,15}([.,][0-9]{1,6})?",
    "amount": r"[$€£]? ?([0-9]{1,12}|[0-9]{1,3}(,[0-9]{3}){1,4}|[0-9]{1,3}([.][0-9]{3}){1,4})([.,][0-9]{2})?",
    "date": r"[0-9]{1,2}([/.\- ])[0-9]{1,2}([/.\- ])([0-9]{4}|[0-9]{2})|[0-9]{4}-[0-9]{2}-[0-9]{2}",
    "ssn": r"[0-9]{3}[- ]?[0-9]{2}[- ]?[0-9]{4}",
    "phone": r"([+]?[0-9]{1,3}[ -])?([(][0-9]{3}[)] ?|[0-9]{3}[-. /]?)[0-9]{3}[-. ]?[0-9]{4}",
    "code": r"[A-Z0-9][A-Z0-9\-/.]{0,39}",
    "name": rf"[{LETTER}]([{LETTER}'’ .,\-]{{0,99}})",
}
"""What a kind of field holds when its definition does not say. `text` may hold everything."""


@dataclass(frozen=True, kw_only=True, eq=False)
class Language:
    """A DFA: `steps[state]` maps a class number of the alphabet to the next state; state 0 is the start."""

    steps: tuple[dict[int, int], ...]
    accepting: frozenset[int]

    def accepts(self, classes: Iterable[int]) -> bool:
        """Whether a text, as class numbers, belongs to the language."""
        state = 0
        for number in classes:
            if number not in self.steps[state]:
                return False
            state = self.steps[state][number]
        return state in self.accepting


def language_of(field: Field, alphabet: Alphabet, folder: Path = Path()) -> Language:
    """The language of a writing field; relative lexicons start at `folder`.

    Raises:
        FormError: the pattern or lexicon admits no text that the alphabet can write, or is too large.
    """
    return _compiled(_source(field, folder), alphabet.characters)


def language_digest(field: Field, folder: Path = Path()) -> str:
    """Identifies what a reading of this field may say: part of a prediction's key. 16 hex characters."""
    options = [(option.value, option.box) for option in field.options]
    if field.is_marks or field.kind == "signature":
        asked: object = [field.kind, field.multiple, options]
    else:
        asked = [field.kind, _source(field, folder)]
    return hashlib.sha256(json.dumps([LANGUAGE_VERSION, asked]).encode()).hexdigest()[:16]


Source = tuple[str, tuple[str, ...]]


def _source(field: Field, folder: Path) -> Source:
    """("lexicon", entries) or ("pattern", (regex,)) or ("free", ())."""
    if field.lexicon is not None:
        return "lexicon", load_lexicon(field.lexicon, folder)
    if field.kind == "choice":
        return "lexicon", tuple(option.value for option in field.options)
    pattern = field.pattern or PATTERNS.get(field.kind)
    return ("pattern", (pattern,)) if pattern else ("free", ())


@lru_cache(maxsize=256)
def _compiled(source: Source, characters: str) -> Language:
    kind, texts = source
    numbers = {char: i for i, char in enumerate(characters, start=1)}
    if kind == "free":
        return Language(steps=(dict.fromkeys(numbers.values(), 0),), accepting=frozenset({0}))
    language = _trie(texts, numbers) if kind == "lexicon" else _from_pattern(texts[0], numbers)
    if not language.accepting:
        raise FormError(f"no text that can be read fits {kind} {texts[0]!r} - mend: does it need unknown characters?")
    return language


def _trie(entries: Iterable[str], numbers: dict[str, int]) -> Language:
    steps: list[dict[int, int]] = [{}]
    accepting = set()
    for entry in entries:
        if not set(entry) <= set(numbers):
            continue
        state = 0
        for char in entry:
            state = steps[state].setdefault(numbers[char], len(steps))
            if state == len(steps):
                steps.append({})
        accepting.add(state)
        if len(steps) > MAX_STATES:
            raise FormError(f"the lexicon is too large: over {MAX_STATES:,} states - mend: leave out rare entries")
    return Language(steps=tuple(steps), accepting=frozenset(accepting))


def _from_pattern(pattern: str, numbers: dict[str, int]) -> Language:
    bare = pattern.removeprefix("^")
    if bare.endswith("$") and not bare.endswith(r"\$"):
        bare = bare[:-1]
    try:
        machine = interegular.parse_pattern(bare).to_fsm()
    except (interegular.InvalidSyntax, interegular.Unsupported, RecursionError, ValueError) as error:
        raise FormError(
            f"pattern {pattern!r} cannot be used: {error} - mend: use a plain regular expression"
        ) from error
    if len(machine.states) > MAX_STATES:
        raise FormError(f"pattern {pattern!r} is too large - mend: use smaller repeat counts")
    return _live(machine, numbers)


def _live(machine: FSM, numbers: dict[str, int]) -> Language:
    """The automaton over class numbers, without states from which no accepted text can be reached."""
    named = {char for chars in machine.alphabet.by_transition.values() for char in chars if char is not anything_else}
    classes = {
        key: [numbers[char] for char in chars if char is not anything_else and char in numbers]
        + ([number for char, number in numbers.items() if char not in named] if anything_else in chars else [])
        for key, chars in machine.alphabet.by_transition.items()
    }
    moves: dict[int, dict[int, int]] = {
        state: {n: to for key, to in steps.items() for n in classes[key]} for state, steps in machine.map.items()
    }
    live = _reaching(moves, set(machine.finals)) & _reachable(moves, machine.initial)
    if machine.initial not in live:
        return Language(steps=({},), accepting=frozenset())
    order = {state: i for i, state in enumerate([machine.initial, *sorted(live - {machine.initial})])}
    steps = tuple({n: order[to] for n, to in moves.get(state, {}).items() if to in live} for state in order)
    return Language(steps=steps, accepting=frozenset(order[state] for state in machine.finals if state in order))


def _reachable(moves: dict[int, dict[int, int]], start: int) -> set[int]:
    seen, ahead = {start}, [start]
    while ahead:
        for to in moves.get(ahead.pop(), {}).values():
            if to not in seen:
                seen.add(to)
                ahead.append(to)
    return seen


def _reaching(moves: dict[int, dict[int, int]], finals: set[int]) -> set[int]:
    """States from which one of `finals` can be reached."""
    before = defaultdict(set)
    for state, steps in moves.items():
        for to in steps.values():
            before[to].add(state)
    seen, ahead = set(finals), list(finals)
    while ahead:
        for state in before[ahead.pop()] - seen:
            seen.add(state)
            ahead.append(state)
    return seen
