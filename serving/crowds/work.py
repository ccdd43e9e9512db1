"""What goes to a crowd and what comes back, whatever the format: one field out, one answer in."""

from dataclasses import dataclass

from recognizer.form import Field
from serving.consensus.answer import Entry

MOST_CHOICES = 60
"""A list of more answers is quicker typed than searched."""
HINTS = {
    "digits": "digits",
    "number": "a number, as it is written",
    "amount": "an amount, as it is written",
    "phone": "a telephone number, as it is written",
    "code": "letters and digits, as they are written",
    "name": "a name, with its capitals and accents as they are written",
    "text": "a text, as it is written",
    "choice": "one of a few answers, as it is written",
    "checkbox": "whether the box is marked; a mark that was crossed out does not count",
    "choice_group": "which boxes are marked; a mark that was crossed out does not count",
    "signature": "whether somebody signed",
}
ORDERS = {"mdy": "month, day, year", "dmy": "day, month, year", "ymd": "year, month, day"}
NON_ANSWERS = {
    "blank": "Nothing is written here",
    "illegible": "Nobody can read it",
    "struck_out": "All of it is crossed out",
    "wrong_crop": "This picture shows no field",
    "ambiguous": "More than one answer is possible",
}
"""What people say of a field that holds no text, in words."""


@dataclass(frozen=True, kw_only=True)
class Outgoing:
    """One question as it goes out: what the form says beside the field, and its picture (PNG). Never a reading."""

    task_id: str
    definition: Field
    label: str
    png: bytes

    @property
    def hint(self) -> str:
        """What is to be expected there, for people."""
        if self.definition.kind == "date":
            return f"a date ({ORDERS[self.definition.rules.date_order]}), as it is written"
        return HINTS[self.definition.kind]

    @property
    def choices(self) -> tuple[str, ...]:
        """The answers to choose from; none where the answer is typed."""
        field = self.definition
        if field.kind == "checkbox":
            return ("yes", "no")
        if field.kind == "signature":
            return ("signed",)
        if field.options and (field.is_marks or len(field.options) <= MOST_CHOICES):
            return tuple(option.value for option in field.options)
        return ()


@dataclass(frozen=True, kw_only=True)
class Answer:
    """What one worker of a crowd says of one task.

    `answer_id` and `edition` are the crowd's own (an answer that was changed has a later edition); "" where it has
    none. `place` says where the answer stood, for complaints.
    """

    task_id: str
    worker: str
    entry: Entry
    place: str
    seconds: float = 0.0
    answer_id: str = ""
    edition: str = ""


@dataclass(frozen=True, kw_only=True)
class Complaint:
    """An answer that was not taken, and why, in words that hold no value."""

    place: str
    why: str
