"""The story of one field: all that was said of it, by whom, and what was believed from then on."""

from collections.abc import Sequence
from dataclasses import dataclass

from recognizer.errors import UsageError
from serving.ledger import Ledger
from serving.ledger.statement import FieldUse, RecordEvent, Statement
from serving.ledger.truth import Truth
from serving.truth.belief import belief, beliefs
from serving.truth.settle import by_record

LEAST_PREFIX = 8
"""Characters of an id that are enough where no other begins with them."""


@dataclass(frozen=True, kw_only=True)
class Story:
    """One crop: where it is used, what was said of it in the order in which it was learned, and what became of its
    records. `statements` are never empty."""

    crop_id: str
    uses: tuple[FieldUse, ...]
    statements: tuple[Statement, ...]
    events: tuple[RecordEvent, ...]

    @property
    def use(self) -> FieldUse:
        """Where it was first used."""
        return self.uses[0]

    @property
    def chapters(self) -> list[tuple[Statement, Statement | None]]:
        """Each statement with what was believed from then on."""
        return beliefs(self.statements)

    def belief(self, known_at: str | None = None, valid_at: str | None = None) -> Statement | None:
        """What counts, as known at a time and true at a time (see `serving.truth.belief`)."""
        return belief(self.statements, known_at, valid_at)


def story_of(ledger: Ledger, name: str, batch_id: str | None = None) -> Story:
    """The story of a field: SCAN:PAGE:FIELD, or the id of a crop or prediction (or its beginning).

    Raises UsageError where it names no field, or several.
    """
    with ledger.truth() as truth:
        return tell(truth, crop_named(truth, name, batch_id))


def tell(truth: Truth, crop_id: str) -> Story:
    """The story of a crop that a batch used."""
    uses = truth.uses_of([crop_id])
    said = [*truth.readings_of([crop_id]).get(crop_id, ()), *truth.verdicts_on([crop_id]).get(crop_id, ())]
    history = by_record(truth.events(records={use.record for use in uses}))
    events = [event for use in uses for event in history[use.record]]
    return Story(
        crop_id=crop_id,
        uses=tuple(uses),
        statements=tuple(said for said, _ in beliefs(said)),
        events=tuple(sorted(events, key=lambda event: event.at)),
    )


def crop_named(truth: Truth, name: str, batch_id: str | None = None) -> str:
    """The crop that a name stands for. Raises UsageError."""
    found = _at_place(truth, name, batch_id) if name.count(":") >= 2 else _with_id(truth, name)
    if not found:
        raise UsageError(f"no batch has the field {name} - mend: write SCAN:PAGE:FIELD as in the records, or an id")
    if len(found) > 1:
        raise UsageError(f"{name} names several fields - mend: {_mend(name)}")
    return found[0]


def _mend(name: str) -> str:
    return "say of which batch with --batch" if ":" in name else "write more of the id"


def _at_place(truth: Truth, name: str, batch_id: str | None) -> Sequence[str]:
    scan, page, field = name.rsplit(":", 2)
    if not (page.isascii() and page.isdigit()):
        raise UsageError(f"{name}: {page!r} is no page number - mend: write SCAN:PAGE:FIELD, as in claim.pdf:1:ssn")
    return list(dict.fromkeys(use.crop_id for use in truth.uses_at(scan, int(page), field, batch_id)))


def _with_id(truth: Truth, name: str) -> Sequence[str]:
    if len(name) < LEAST_PREFIX or not name.isalnum():
        raise UsageError(f"{name} is no field - mend: write SCAN:PAGE:FIELD, or {LEAST_PREFIX} characters of an id")
    crops = [crop_id for crop_id in truth.crops_named(name) if truth.uses_of([crop_id])]
    return crops
