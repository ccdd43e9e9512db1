"""What a batch came to, beside what is really written on its paper."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, get_args

from recognizer.form import Field
from serving.consensus.answer import Entry, Said, same
from serving.export.record import records_in
from serving.ledger import ACCEPTED, Ledger
from serving.ledger.statement import FieldUse, Statement
from serving.truth.agreement import Fields

READABLE = ("read", "blank")


@dataclass(frozen=True, kw_only=True)
class CameTo:
    """Records and fields, counted. Pages that are no record (unreadable, of no form) are left out.

    `accepted` are fields whose reading the machine took for sure, `accepted_right` those of them that it read right;
    `right` are fields whose record says what is written. `wrong` names the others by their addresses.
    """

    records: int
    complete: int
    fields: int
    accepted: int
    accepted_right: int
    right: int
    wrong: tuple[str, ...]

    @property
    def accepted_accuracy(self) -> float | None:
        """The share of accepted readings that are right; None where none was accepted."""
        return self.accepted_right / self.accepted if self.accepted else None

    @property
    def error(self) -> float:
        """The share of fields of which the record is wrong."""
        return 1 - self.right / self.fields if self.fields else 0.0


def came_to(ledger: Ledger, batch_id: str, truth: Mapping[str, Entry]) -> CameTo:
    """Compare the records of a batch with the truth of its crops. What a person would call the same is the same."""
    fields = Fields(ledger.form_definition)
    records = [record for record in records_in(ledger, batch_id) if record.page.status in READABLE]
    items = [item for record in records for item in record.items]
    accepted = [item.use for item in items if item.use.reading.decision in ACCEPTED]
    wrong = [item.use for item in items if not _says(item.said, truth[item.use.crop_id], fields.of(item.use))]
    return CameTo(
        records=len(records),
        complete=sum(record.is_complete for record in records),
        fields=len(items),
        accepted=len(accepted),
        accepted_right=sum(_says(use.reading, truth[use.crop_id], fields.of(use)) for use in accepted),
        right=len(items) - len(wrong),
        wrong=tuple(use.address for use in wrong),
    )


def _says(said: Statement, true: Entry, field: Field | None) -> bool:
    if (said.outcome, said.text) == (true.outcome, true.text):
        return True
    if field is None or said.outcome not in get_args(Said) or (said.outcome == "text") != bool(said.text.strip()):
        return False
    return same(Entry(text=said.text, outcome=said.outcome), true, field)  # type: ignore[arg-type]  # as asked above


def written(pages: Sequence[Mapping[str, Any]], uses: Iterable[FieldUse]) -> dict[str, Entry]:
    """What is written on each crop of a batch, from the truth as the sample scans come with it (`truth.json`)."""
    values = {(page["scan"], page["page"]): page["fields"] for page in pages}
    return {use.crop_id: _entry(values[use.scan, use.page_no][use.field]) for use in uses}


def _entry(value: str) -> Entry:
    return Entry(text=value) if value else Entry(outcome="blank")
