"""Whether an answer can be: what breaks the rules of its field is asked again before it becomes a vote."""

from pathlib import Path

from recognizer.errors import UsageError
from recognizer.form import Field
from serving.consensus import Entry
from serving.decision.validity import Objection, objection

LONGEST = 2000
ANSWERS = {"checkbox": ("yes", "no"), "signature": ("signed",)}


class Implausible(UsageError):
    """An answer that breaks a rule of its field. People write such things: where it does stand there, the same answer,
    confirmed, is taken. `code` is stable, the message says which rule and holds no value."""

    def __init__(self, found: Objection) -> None:
        super().__init__(f"{found.reason} - mend: look again; if it stands there so, confirm it")
        self.code = found.code
        self.reason = found.reason


def check(entry: Entry, field: Field, *, confirmed: bool) -> None:
    """Raises UsageError for what no paper can say (an option that the form does not have), and Implausible, unless
    confirmed, for what breaks the field's rules. A list of answers in a file is not known here."""
    if entry.outcome != "text":
        return
    if len(entry.text) > LONGEST or not entry.text.isprintable():
        raise UsageError(f"not an answer - mend: at most {LONGEST} printable characters in one line")
    if field.kind in ANSWERS:
        if entry.text not in ANSWERS[field.kind]:
            raise UsageError(f"not an answer of a {field.kind} - mend: one of {', '.join(ANSWERS[field.kind])}")
        return
    known = field if isinstance(field.lexicon, tuple) else field.model_copy(update={"lexicon": None})
    found = objection(entry.text, known, Path())
    if found is None:
        return
    if found.code == "not_an_option" and field.is_marks:
        raise UsageError(f"{found.reason} - mend: choose among those of the form")
    if not confirmed:
        raise Implausible(found)
