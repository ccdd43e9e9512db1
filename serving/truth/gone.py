"""Records that left the house and were erased since: whoever got them is told, since we cannot reach their copies."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from serving.ledger.statement import FieldUse, RecordEvent, RecordKey
from serving.ledger.truth import Truth
from serving.truth.settle import by_record


@dataclass(frozen=True, kw_only=True)
class Gone:
    """A record that was delivered and is erased. `told_at` is when it was said where it had been delivered to; None
    while it waits."""

    use: FieldUse
    erased_at: str
    reason: str
    told_at: str | None

    @property
    def plain(self) -> dict[str, Any]:
        """A line of `corrections.jsonl`, told from those of fields by `event`."""
        use = self.use
        return {
            "event": "record.erased",
            "page_id": use.page_id,
            "scan": use.scan,
            "page": use.page_no,
            "form": use.form,
            "erased_at": self.erased_at,
            "reason": self.reason,
            "batch_id": use.batch_id,
        }


def gone(truth: Truth, batch_id: str | None = None, *, waiting: bool = False) -> list[Gone]:
    """The records of a batch, or all, that were delivered before they were erased; or only those of which the receiver
    was not told yet."""
    places = {
        key: found
        for key, events in by_record(truth.events(batch_id)).items()
        if (found := _after_delivery(events)) is not None
    }
    first: dict[RecordKey, FieldUse] = {}
    for use in truth.uses_on(places):
        first.setdefault(use.record, use)
    items = [_gone(use, *places[key]) for key, use in first.items()]
    return [item for item in items if not (waiting and item.told_at)]


def _gone(use: FieldUse, erased: RecordEvent, told_at: str | None) -> Gone:
    return Gone(use=use, erased_at=erased.at, reason=str(erased.facts.get("reason", "")), told_at=told_at)


def _after_delivery(events: Sequence[RecordEvent]) -> tuple[RecordEvent, str | None] | None:
    """The erasure of a record that had been delivered, and when it was delivered as erased."""
    delivered = False
    for number, event in enumerate(events):
        if event.event == "erased" and delivered:
            told = (later.at for later in events[number + 1 :] if later.event == "delivered")
            return event, next(told, None)
        delivered = delivered or event.event == "delivered"
    return None
