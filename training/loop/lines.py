"""Which reader of a bundle learns which examples: the one that reads their fields."""

from collections.abc import Mapping, Sequence
from pathlib import Path

from recognizer.alphabet import Alphabet
from recognizer.bundle import GENERAL
from recognizer.errors import FormError
from recognizer.form import Field
from recognizer.form.language import automaton_of
from training.examples.pictures import Lesson, is_line

Lines = dict[str, tuple[Lesson, ...]]
"""By the name of the reader."""


def lines_of(found: Sequence[Lesson], alphabets: Mapping[str, Alphabet]) -> Lines:
    """The lines that each reader learns from; marks, signatures and non-answers are nobody's."""
    names = {each.example.field: "" for each in found}
    for field in names:
        names[field] = reader_of(field, alphabets)
    return {
        name: tuple(
            each for each in found
            if names[each.example.field] == name and is_line(each.example, alphabet)
        )
        for name, alphabet in alphabets.items()
    }  # fmt: skip


def reader_of(field: Field, alphabets: Mapping[str, Alphabet]) -> str:
    """The reader with the fewest characters that can write all of a field's language, as the engine chooses it.

    A list that lies beside a form that is not at hand is read by the general one, which can read anything.
    """
    if field.is_marks or field.kind == "signature":
        return ""
    try:
        used = set(automaton_of(field, alphabets[GENERAL], Path()).used)
    except FormError:
        return GENERAL
    able = [name for name, alphabet in alphabets.items() if used <= set(alphabet.characters)]
    return min(able, key=lambda name: len(alphabets[name]), default=GENERAL)
