"""Parts of an answer: what of it stands in some of the field's cells, and what parts say together."""

from collections.abc import Sequence

from serving.consensus.answer import Entry

SPREADS = ("blank",)
"""Non-answers that hold of each part where they hold of the whole."""


def part_of(entry: Entry, first: int, signs: int, of_signs: int) -> Entry | None:
    """What of an answer stands in the cells from `first` on (counted from 0). None where that is not known: the answer
    does not fill all cells, or it is a non-answer of which a part may be something else."""
    if entry.outcome != "text":
        return Entry(outcome=entry.outcome) if entry.outcome in SPREADS else None
    bare = "".join(char for char in entry.text if char.isalnum())
    return Entry(text=bare[first : first + signs]) if len(bare) == of_signs else None


def joined(parts: Sequence[Entry]) -> Entry:
    """What the answers to all parts of a field, in the order of reading, say of the whole.

    Texts are put together, blank parts among them left out, as whoever sees the whole would key it. Where all say the
    same non-answer, so does the whole. One part that shows no field makes the whole `wrong_crop`; every other mixture
    is `illegible`: nobody can say what the whole is.
    """
    outcomes = {part.outcome for part in parts}
    if outcomes <= {"text", "blank"} and "text" in outcomes:
        return Entry(text="".join(part.text for part in parts))
    if len(outcomes) == 1:
        return Entry(outcome=parts[0].outcome)
    return Entry(outcome="wrong_crop" if "wrong_crop" in outcomes else "illegible")
