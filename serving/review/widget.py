"""How a field is answered on the page: by typing, or by one key for each answer."""

from dataclasses import dataclass
from pathlib import Path
from typing import Literal

from recognizer.alphabet import Alphabet
from recognizer.errors import FormError
from recognizer.form import Field
from recognizer.form.language import automaton_of

ALPHABET = Alphabet()
KEYS = "123456789acdefhjklmnopqrtvxy"
"""For answers, one key each; b, i, s and w are non-answers, u, g and z undo, give away and zoom."""

HINTS = {
    "digits": "digits",
    "number": "a number",
    "amount": "an amount",
    "ssn": "9 digits",
    "phone": "a phone number",
    "checkbox": "is it marked?",
    "choice_group": "which one is marked?",
    "signature": "is it signed?",
}
DATES = {"mdy": "month/day/year", "dmy": "day/month/year", "ymd": "year-month-day"}
NUMERIC = ("digits", "ssn")
DECIMAL = ("number", "amount")


@dataclass(frozen=True, kw_only=True)
class Choice:
    """One answer and the key for it."""

    key: str
    value: str


@dataclass(frozen=True, kw_only=True)
class Widget:
    """`choices` where the form lists the answers, else text. `allowed` are the characters of the field's language, ""
    where all are: others are pointed out, not refused, since people write what they want. `inputmode` chooses the
    keyboard of a phone."""

    way: Literal["text", "choose", "choose_several"]
    hint: str
    choices: tuple[Choice, ...] = ()
    allowed: str = ""
    inputmode: str = "text"
    longest: int = 500


def widget_of(field: Field) -> Widget:
    """How a field is answered."""
    answers = _answers(field)
    if answers and len(answers) <= len(KEYS):
        choices = tuple(Choice(key=key, value=value) for key, value in zip(KEYS, answers, strict=False))
        several = field.multiple and field.kind == "choice_group"
        return Widget(way="choose_several" if several else "choose", hint=_hint(field), choices=choices)
    return Widget(
        way="text", hint=_hint(field), allowed=_allowed(field),
        inputmode="numeric" if field.kind in NUMERIC else "decimal" if field.kind in DECIMAL
        else "tel" if field.kind == "phone" else "text",
    )  # fmt: skip


def _answers(field: Field) -> list[str]:
    if field.kind == "checkbox":
        return ["yes", "no"]
    if field.kind == "signature":
        return ["signed"]
    return [option.value for option in field.options]


def _hint(field: Field) -> str:
    if field.kind == "date":
        return DATES[field.rules.date_order]
    return HINTS.get(field.kind, "")


def _allowed(field: Field) -> str:
    """The characters that the field's language holds; "" where it holds nearly all, or is not known here."""
    if (field.kind in ("name", "text") and field.pattern is None) or isinstance(field.lexicon, Path):
        return ""
    try:
        return automaton_of(field, ALPHABET).used
    except FormError:
        return ""
