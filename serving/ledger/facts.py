"""A batch in figures."""

import json

from sqlalchemy import Connection, and_, case, func, select

from serving.ledger import schema
from serving.ledger.values import ACCEPTED, BatchFacts


def batch_facts(connection: Connection, batch_id: str) -> BatchFacts | None:
    """A batch in figures."""
    table, events = schema.batches, schema.batch_events
    batch = connection.execute(select(table).where(table.c.batch_id == batch_id)).one_or_none()
    if batch is None:
        return None
    happened = connection.execute(select(events).where(events.c.batch_id == batch_id).order_by(events.c.seq)).all()
    finished = next((row for row in happened if row.event == "finished"), None)
    by_status = _pages_by_status(connection, batch_id)
    fields, accepted, unpromised = _decided(connection, batch_id)
    count = select(func.count()).select_from(schema.scans).where(schema.scans.c.batch_id == batch_id)
    return BatchFacts(
        batch_id=batch_id,
        bundle_id=batch.bundle_id,
        purpose=batch.purpose,
        params=json.loads(batch.params),
        forms=_forms(connection, batch_id),
        started_at=batch.started_at,
        finished_at=finished.at if finished else None,
        finish_facts=json.loads(finished.facts) if finished else {},
        scans=connection.scalar(count) or 0,
        pages=sum(by_status.values()),
        pages_by_status=by_status,
        fields=fields,
        accepted=accepted,
        review=fields - accepted,
        unpromised=unpromised,
        resumed=sum(row.event == "resumed" for row in happened),
        bundles=_bundles(connection, batch_id),
    )


def _pages_by_status(connection: Connection, batch_id: str) -> dict[str, int]:
    filed, pages = schema.batch_pages, schema.pages
    query = (
        select(pages.c.status, func.count())
        .join(filed, filed.c.page_key == pages.c.page_key)
        .where(filed.c.batch_id == batch_id)
        .group_by(pages.c.status)
        .order_by(pages.c.status)
    )
    return {row[0]: row[1] for row in connection.execute(query)}


def _bundles(connection: Connection, batch_id: str) -> dict[str, int]:
    """How many fields each model has read, most first."""
    fields, said = schema.batch_fields, schema.predictions
    count = func.count().label("count")
    query = (
        select(said.c.bundle_id, count)
        .select_from(fields)
        .join(said, said.c.prediction_id == fields.c.prediction_id)
        .where(fields.c.batch_id == batch_id)
        .group_by(said.c.bundle_id)
        .order_by(count.desc(), said.c.bundle_id)
    )
    return {row[0]: row[1] for row in connection.execute(query)}


def _decided(connection: Connection, batch_id: str) -> tuple[int, int, int]:
    """How many fields there are, how many were accepted, and how many could not be for want of labels."""
    fields, decided = schema.batch_fields, schema.decisions
    same = and_(decided.c.prediction_id == fields.c.prediction_id, decided.c.policy_digest == fields.c.policy_digest)
    accepted = func.coalesce(func.sum(case((decided.c.decision.in_(ACCEPTED), 1), else_=0)), 0)
    unpromised = func.coalesce(func.sum(case((decided.c.code == "no_promise", 1), else_=0)), 0)
    query = select(func.count(), accepted, unpromised).select_from(fields).join(decided, same)
    row = connection.execute(query.where(fields.c.batch_id == batch_id)).one()
    return int(row[0]), int(row[1]), int(row[2])


def _forms(connection: Connection, batch_id: str) -> dict[str, str]:
    filed, pages = schema.batch_pages, schema.pages
    query = (
        select(pages.c.form_digest, pages.c.form)
        .distinct()
        .join(filed, filed.c.page_key == pages.c.page_key)
        .where(filed.c.batch_id == batch_id, pages.c.form.is_not(None))
    )
    return {name: digest for digest, name in connection.execute(query)}
