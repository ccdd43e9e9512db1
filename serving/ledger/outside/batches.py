"""Batches of production in one line each."""

from sqlalchemy import Connection, and_, func, select

from serving.ledger import schema
from serving.ledger.outside.values import BatchLine
from serving.ledger.schema.truth import record_events


def batch_lines(connection: Connection, since: str, limit: int | None) -> list[BatchLine]:
    """Batches that were started since a time, oldest first."""
    batches, events, filed = schema.batches, schema.batch_events, schema.batch_pages
    finished = (
        select(func.min(events.c.at))
        .where(events.c.batch_id == batches.c.batch_id, events.c.event == "finished")
        .scalar_subquery()
    )
    pages = select(func.count()).where(filed.c.batch_id == batches.c.batch_id).scalar_subquery()
    query = (
        select(
            batches.c.batch_id, batches.c.started_at, finished.label("finished_at"), pages.label("pages"),
            _complete().label("complete"), _reopened().label("reopened"),
        )
        .where(batches.c.purpose == "production", batches.c.started_at >= since)
        .order_by(batches.c.seq)
        .limit(limit)
    )  # fmt: skip
    return [BatchLine(**row._mapping) for row in connection.execute(query)]


def _complete():  # type: ignore[no-untyped-def]  # SQLAlchemy's scalar subqueries have no short name
    here = record_events.c.batch_id == schema.batches.c.batch_id
    return select(func.count()).where(here, record_events.c.event == "completed").scalar_subquery()


def _reopened():  # type: ignore[no-untyped-def]  # as above
    """Records whose last delivery is older than their last re-opening."""
    later = record_events.alias("later")
    place = [later.c[name] == record_events.c[name] for name in ("batch_id", "scan_no", "page_no")]
    newer = select(later.c.seq).where(
        and_(*place), later.c.seq > record_events.c.seq, later.c.event.in_(("delivered", "reopened"))
    )
    here = record_events.c.batch_id == schema.batches.c.batch_id
    query = select(func.count()).where(here, record_events.c.event == "reopened", ~newer.exists())
    return query.scalar_subquery()
