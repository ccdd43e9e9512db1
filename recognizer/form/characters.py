"""The characters that a field's texts need, and that a model may lack."""

import re
from functools import lru_cache
from pathlib import Path

from recognizer.alphabet import ASCII, Alphabet
from recognizer.form.language import Asked, asked_grammar, compile_grammar
from recognizer.form.model import Field


def lacking(field: Field, alphabet: Alphabet, folder: Path = Path()) -> str:
    """The characters that texts of this field need and the alphabet has not, in order; "" where it has them all.

    Needed are the characters of every entry of a lexicon or choice, and otherwise all that pattern and rules let stand
    there of ASCII and of what the form's own pattern spells out. What a kind allows by itself beyond that (`name` any
    letter of Latin-1, `amount` other currencies) is read where a model can, and `text` is whatever a model can write.

    Raises FormError as `automaton_of`.
    """
    if field.kind == "text" and field.pattern is None and field.lexicon is None:
        return ""
    needed = _needed(Asked(field, folder))
    return "".join(sorted(needed - set(alphabet.characters)))


@lru_cache(maxsize=256)
def _needed(asked: Asked) -> frozenset[str]:
    grammar = asked_grammar(asked)
    if grammar.entries is not None:
        return frozenset("".join(grammar.entries))
    spelt = re.sub(r"\\.", "", asked.field.pattern or "")
    others = {char for char in spelt if char not in ASCII and char.isprintable()}
    return frozenset(compile_grammar(grammar, ASCII + "".join(sorted(others))).used)
