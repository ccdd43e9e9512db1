"""What one person says of one field, and when two say the same."""

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Literal, get_args

from recognizer.alphabet import normal_text
from recognizer.errors import UsageError
from recognizer.form import Field
from recognizer.reading import Reading
from serving.consensus.normal import listed, normal

Said = Literal["text", "blank", "illegible", "struck_out", "wrong_crop", "ambiguous"]
"""What people may say. `unaligned` is missing: whoever sees a crop that shows no field says `wrong_crop`."""

Key = tuple[str, str]
"""Outcome and normal text: two entries say the same if their keys are equal."""


@dataclass(frozen=True, kw_only=True)
class Entry:
    """What somebody says of a field: `text`, or an explicit non-answer, in which case `text` is "".

    Raises UsageError where outcome and text contradict each other.
    """

    text: str = ""
    outcome: Said = "text"

    def __post_init__(self) -> None:
        if self.outcome not in get_args(Said):
            raise UsageError(f"unknown outcome {self.outcome!r} - mend: use one of {', '.join(get_args(Said))}")
        if self.outcome == "text" and not self.text.strip():
            raise UsageError("an entry without text - mend: type what is written, or say blank or illegible")
        if self.outcome != "text" and self.text:
            raise UsageError(f"an entry that says {self.outcome} and has a text - mend: leave one of the two out")


def key(entry: Entry, field: Field) -> Key:
    """What of an entry counts in a comparison. An empty checkbox that somebody calls blank is a "no"."""
    if field.kind == "checkbox" and entry.outcome == "blank":
        return ("text", "no")
    return (entry.outcome, normal(entry.text, field) if entry.outcome == "text" else "")


def same(one: Entry, other: Entry, field: Field) -> bool:
    """Whether two entries say the same of this field."""
    return key(one, field) == key(other, field)


def entry_of(reading: Reading) -> Entry | None:
    """What a model says, as a person would say it; None where it was not shown the field (`unaligned`)."""
    if reading.outcome == "unaligned":
        return None
    return Entry(text=reading.text, outcome=reading.outcome)


def as_typed(entries: Sequence[Entry], field: Field) -> Entry:
    """Of entries that say the same, the one that becomes the verdict, whatever their order.

    It is the writing that most people typed; of those equally frequent, the longest, because it leaves nothing out
    (`1,250.00` before `1250`); then the last of the alphabet, which prefers `Smith` to `SMITH`. Where the form lists
    its answers, it is the listed one.
    """
    said = key(entries[0], field)
    if said[0] != "text":
        return Entry(outcome=entries[0].outcome)
    typed = [normal_text(entry.text) for entry in entries if entry.outcome == "text"] or [said[1]]
    writings = Counter(listed(text, field) for text in typed)
    return Entry(text=max(writings, key=lambda text: (writings[text], len(text), text)))
