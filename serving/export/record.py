"""One record as it is believed now: what the page is, and what is known of each of its fields."""

from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from recognizer.errors import LedgerError
from serving.ledger import BatchPage, Ledger
from serving.ledger.erasure import ERASED
from serving.ledger.statement import FieldUse, RecordKey, Statement
from serving.ledger.truth import Truth
from serving.truth.settle import Content, Now, grouped, is_complete, verdicts_in

SHORT_ID = 12
AT_ONCE = 100
"""Records that are asked for together: memory stays flat, however large the batch."""

Plain = dict[str, Any]
PAGE = ("page_id", "scan", "page", "form", "status", "reason")
"""What a record says of its page."""

NOTHING_LEFT = {"value": "", "outcome": ERASED}
"""What an erased record says of each of its fields; `status` and `reason` say that it was erased, and when."""


@dataclass(frozen=True, kw_only=True)
class Record:
    """A page of a batch, and what is believed of its fields, in the order of the form."""

    batch_id: str
    page: BatchPage
    items: tuple[Now, ...]

    @property
    def key(self) -> RecordKey:
        """Which record it is."""
        return self.batch_id, self.page.scan_no, self.page.page_no

    @property
    def is_complete(self) -> bool:
        """Whether the page could be read, or is blank, and all of its fields are settled."""
        return self.page.status in ("read", "blank") and is_complete(self.items)

    @property
    def open_fields(self) -> list[str]:
        """The fields that nobody is sure of yet."""
        return [item.use.field for item in self.items if not item.said.settles]

    @property
    def known_at(self) -> str:
        """When the latest of what it says was learned; "" for a record without fields."""
        return max((item.said.known_at for item in self.items), default="")

    @property
    def content(self) -> Content:
        """What is noted of it when it leaves the house."""
        return Content(record=self.key, complete=self.is_complete, verdicts=verdicts_in(self.items))

    def plain(self, *, mask: bool = False) -> Plain:
        """The record as an object of JSON; sensitive values as they are, or masked."""
        erased = NOTHING_LEFT if self.page.status == ERASED else {}
        fields = {item.use.field: plain_field(item, mask=mask) | erased for item in self.items}
        return self.plain_page() | {"fields": fields}

    def plain_page(self) -> Plain:
        """What it says of its page. `page` is None for a file that was rejected as a whole."""
        page = self.page
        said = page.page_id, page.scan, page.page_no or None, page.form, page.status, page.reason
        return dict(zip(PAGE, said, strict=True))


def plain_field(item: Now, *, mask: bool = False) -> Plain:
    """The field as its batch read it, or as people have settled it: then the machine's decision has no say."""
    said, use = item.said, item.use
    found = {
        "value": shown(said.text, use, mask=mask),
        "outcome": said.outcome,
        "confidence": said.confidence,
        "decision": said.decision or "settled",
        "source": source_of(said),
        "prediction_id": use.prediction_id,
    }
    return found if item.verdict_id is None else found | {"verdict_id": item.verdict_id}


def source_of(said: Statement) -> str:
    """Who says it: the model, by the beginning of its id; crowd, expert or customer, but no person."""
    return f"model:{said.by[:SHORT_ID]}" if said.source == "model" else said.source


def shown(text: str, use: FieldUse, *, mask: bool) -> str:
    """The value; masked where that is asked for and the field is sensitive."""
    return use.shown(text) if mask else text


def records_in(ledger: Ledger, batch_id: str, only: Collection[RecordKey] | None = None) -> Iterator[Record]:
    """The records of a batch (or those of them), in the order of scans and pages, each as it is believed when it is
    asked for."""
    pages = [page for page in ledger.pages(batch_id) if only is None or _key(batch_id, page) in only]
    for start in range(0, len(pages), AT_ONCE):
        some = pages[start : start + AT_ONCE]
        with ledger.truth() as truth:
            found = fields_now(truth, [_key(batch_id, page) for page in some])
        for page in some:
            yield Record(batch_id=batch_id, page=page, items=tuple(found.get(_key(batch_id, page), ())))


def record_at(ledger: Ledger, key: RecordKey) -> Record:
    """One record as it is believed now. Raises LedgerError where there is none."""
    batch_id, *place = key
    page = next(iter(ledger.pages(batch_id, (place[0], place[1]))), None)
    if page is None:
        raise LedgerError(f"the ledger knows no page {place[1]} of scan {place[0]} of the batch {batch_id}")
    with ledger.truth() as truth:
        return Record(batch_id=batch_id, page=page, items=tuple(fields_now(truth, [key]).get(key, ())))


def fields_now(
    truth: Truth, keys: Collection[RecordKey], known_at: str | None = None
) -> Mapping[RecordKey, Sequence[Now]]:
    """The fields of these records as known at a time (None: now)."""
    uses = truth.uses_on(keys)
    return grouped(uses, truth.verdicts_on([use.crop_id for use in uses]), known_at)


def _key(batch_id: str, page: BatchPage) -> RecordKey:
    return batch_id, page.scan_no, page.page_no
