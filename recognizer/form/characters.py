"""The characters that a field's texts need, and that a model may lack."""

import re
from functools import lru_cache
from pathlib import Path

from recognizer.alphabet import ASCII, Alphabet
from recognizer.form.language import Asked, asked_grammar, compile_grammar
from recognizer.form.model import Field

RARE = 0.001
"""A larger part of a lexicon must not be beyond a model. What it cannot write it never says, so somebody's answer is
missed at most so often, which is far less than any promise of accuracy leaves open."""


def lacking(field: Field, alphabet: Alphabet, folder: Path = Path()) -> str:
    """The characters that texts of this field need and the alphabet has not, in order; "" where it has them all.

    Needed are the characters of every entry of a lexicon or choice, but for a thousandth of a long one, and otherwise
    all that pattern and rules let stand there of ASCII and of what the form's own pattern spells out. What a kind
    allows by itself beyond that (`name` any letter of Latin-1, `amount` other currencies) is read where a model can,
    and `text` is whatever a model can write.

    Raises FormError as `automaton_of`.
    """
    if field.kind == "text" and field.pattern is None and field.lexicon is None:
        return ""
    return _lacking(Asked(field, folder), alphabet.characters)


@lru_cache(maxsize=256)
def _lacking(asked: Asked, characters: str) -> str:
    known, entries = set(characters), asked_grammar(asked).entries
    if entries is not None and sum(not known.issuperset(entry) for entry in entries) <= RARE * len(entries):
        return ""
    return "".join(sorted(_needed(asked) - known))


def _needed(asked: Asked) -> frozenset[str]:
    grammar = asked_grammar(asked)
    if grammar.entries is not None:
        return frozenset("".join(grammar.entries))
    spelt = re.sub(r"\\.", "", asked.field.pattern or "")
    others = {char for char in spelt if char not in ASCII and char.isprintable()}
    return frozenset(compile_grammar(grammar, ASCII + "".join(sorted(others))).used)
