"""Records as those outside ask for them: by page, or by what happened since."""

from collections.abc import Sequence
from typing import Any

from sqlalchemy import Connection, and_, select

from serving.ledger import schema
from serving.ledger.outside.values import Happened
from serving.ledger.schema.truth import record_events
from serving.ledger.statement import RecordKey
from serving.ledger.truth_rows import event_of


def record_of(connection: Connection, page_id: str, batch_id: str | None) -> RecordKey | None:
    """The record of a page in a batch of production, or in the last one that has it."""
    filed, pages, batches = schema.batch_pages, schema.pages, schema.batches
    query = (
        select(filed.c.batch_id, filed.c.scan_no, filed.c.page_no)
        .join(pages, pages.c.page_key == filed.c.page_key)
        .join(batches, batches.c.batch_id == filed.c.batch_id)
        .where(pages.c.page_id == page_id, batches.c.purpose == "production")
        .order_by(batches.c.seq.desc(), filed.c.scan_no)
    )
    if batch_id is not None:
        query = query.where(filed.c.batch_id == batch_id)
    row = connection.execute(query.limit(1)).one_or_none()
    return None if row is None else (row.batch_id, row.scan_no, row.page_no)


def happened(connection: Connection, events: Sequence[str], after: int, before: str, limit: int) -> list[Happened]:
    """What happened to records after the event with a number and before a time, oldest first."""
    table, filed, pages, scans = record_events, schema.batch_pages, schema.pages, schema.scans
    place: Any = and_(*[filed.c[name] == table.c[name] for name in ("batch_id", "scan_no", "page_no")])
    query = (
        select(table, pages.c.page_id, scans.c.path, pages.c.form)
        .join(filed, place)
        .join(pages, pages.c.page_key == filed.c.page_key)
        .join(scans, and_(scans.c.batch_id == filed.c.batch_id, scans.c.scan_no == filed.c.scan_no))
        .where(table.c.seq > after, table.c.at < before, table.c.event.in_(events))
        .order_by(table.c.seq)
        .limit(limit)
    )
    return [
        Happened(seq=row.seq, event=event_of(row), page_id=row.page_id, scan=row.path, form=row.form)
        for row in connection.execute(query)
    ]
