"""Fields of every kind, and short ways to say things, for the tests of this room."""

from recognizer.form import Field, Option, Rules
from serving.consensus import Entry, Vote

BOX = (0, 0, 300, 40)


def field(kind: str, **settings) -> Field:
    return Field(name="f", kind=kind, box=BOX, **settings)


def options(*values: str) -> tuple[Option, ...]:
    return tuple(Option(value=value, box=(40 * i, 0, 20, 20)) for i, value in enumerate(values))


CODE, DIGITS, NAME, TEXT = field("code"), field("digits"), field("name"), field("text")
AMOUNT, NUMBER, DATE, BOX_FIELD = field("amount"), field("number"), field("date"), field("checkbox")
BIRTH = field("date", rules=Rules(not_after="2026-11-24", not_before="1927-01-01"))
STATE = field("choice_group", options=options("single", "married", "Other"))
SYMPTOMS = field("choice_group", options=options("cough", "fever", "rash"), multiple=True)


def said(text: str) -> Entry:
    """`blank`, `illegible` and the like in angle brackets; else the text."""
    return Entry(outcome=text[1:-1]) if text.startswith("<") else Entry(text=text)  # type: ignore[arg-type]


def votes(*texts: str, names: str = "abcdefgh") -> list[Vote]:
    return [Vote(person=name, entry=said(text)) for name, text in zip(names, texts, strict=False)]
