"""What the API says of records and fields. Whatever holds values is noted as having left the house, first."""

from datetime import UTC, datetime, timedelta
from typing import Any

from recognizer.errors import UsageError
from serving.api.keys import Caller
from serving.api.problem import Problem
from serving.export.leave import leave
from serving.export.record import Record, record_at, shown, source_of
from serving.ledger import Ledger
from serving.ledger.outside import Happened
from serving.ledger.statement import FieldUse, Statement
from serving.truth.moment import end
from serving.truth.story import Story, story_of

HELD_BACK_S = 5.0
"""Events so young are not told yet: a transaction that is a moment late may still file one before them."""

Plain = dict[str, Any]


def record(ledger: Ledger, caller: Caller, page_id: str, batch_id: str | None, *, incomplete: bool) -> Plain:
    """The record of a page as it is believed now; its values where it is complete, or where incomplete will do."""
    with ledger.outside_to_read() as outside:
        key = outside.record_of(page_id, batch_id)
    if key is None:
        raise Problem(404, "there is no record of this page - mend: page_id and batch_id as the records say them")
    found = record_at(ledger, key)
    said: Plain = {"batch_id": found.batch_id} | found.plain_page()
    said |= {"complete": found.is_complete, "open_fields": found.open_fields, "known_at": found.known_at or None}
    if not (found.is_complete or incomplete or _is_erased(found)):
        return said
    leave(ledger, [found])
    return said | {"fields": found.plain(mask=not caller.may("sensitive"))["fields"]}


def _is_erased(found: Record) -> bool:
    return found.page.status == "erased"


def since(ledger: Ledger, events: tuple[str, ...], after: int, limit: int, held_back_s: float) -> Plain:
    """What happened to records after an event. `next` is where to go on; nothing is told twice, and nothing missed."""
    before = (datetime.now(UTC) - timedelta(seconds=held_back_s)).isoformat(timespec="microseconds")
    with ledger.outside_to_read() as outside:
        found = outside.happened(events, after=after, before=before, limit=limit)
    return {"events": [_happened(one) for one in found], "next": found[-1].seq if found else after}


def _happened(one: Happened) -> Plain:
    event = one.event
    said = {"seq": one.seq, "type": f"record.{event.event}", "at": event.at, "batch_id": event.batch_id}
    said |= {"page_id": one.page_id, "scan": one.scan, "page": event.page_no or None, "form": one.form}
    return said | ({"fields": list(event.facts.get("fields", ()))} if event.event == "reopened" else {})


def truth(
    ledger: Ledger, caller: Caller, field: str, batch_id: str | None, known_at: str | None, valid_at: str | None
) -> Plain:
    """All that was said of a field, and what is believed: as known at a time, of a time (ISO 8601; None: now)."""
    try:
        story = story_of(ledger, field, batch_id)
    except UsageError as error:
        raise Problem(404, str(error)) from error
    leave(ledger, [record_at(ledger, use.record) for use in story.uses if batch_id in (None, use.batch_id)])
    believed = story.belief(*(None if at is None else end(at) for at in (known_at, valid_at)))
    return _place(story) | {
        "now": None if believed is None else _said(believed, story.use, caller),
        "story": [_said(said, story.use, caller) for said, _ in story.chapters],
    }


def _place(story: Story) -> Plain:
    use = story.use
    records = [{"batch_id": use.batch_id, "page_id": use.page_id, "scan": use.scan, "page": use.page_no}
               for use in story.uses]  # fmt: skip
    return {"crop_id": story.crop_id, "form": use.form, "field": use.field, "kind": use.kind, "records": records}


def _said(said: Statement, use: FieldUse, caller: Caller) -> Plain:
    return {
        "value": shown(said.text, use, mask=not caller.may("sensitive")),
        "outcome": said.outcome,
        "confidence": said.confidence,
        "source": source_of(said),
        "decision": said.decision,
        "settled": said.settles,
        "valid_at": said.valid_at,
        "known_at": said.known_at,
    }
