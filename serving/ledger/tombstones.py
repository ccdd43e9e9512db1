"""What is known of erasures: tombstones by scan, what is not finished, and pages by the names that people give them."""

import json
from collections import defaultdict
from collections.abc import Collection, Mapping
from typing import Any

from sqlalchemy import ColumnElement, Connection, Row, and_, func, or_, select
from sqlalchemy import exists as exists_

from serving.ledger import schema
from serving.ledger.desk.insert import insert
from serving.ledger.erasure import PagePlace, Tombstone
from serving.ledger.queries import CHUNK

SWEPT, REFUSED = "swept", "refused"
Stones = Mapping[tuple[str, int], tuple[Tombstone, ...]]
"""By digest of the scan and number of the page, oldest first."""


def is_erased(column: Any, table: str) -> ColumnElement[bool]:
    """The condition that the row of `table` with this key was erased."""
    erased = schema.erased
    return exists_().where(erased.c.table_name == table, erased.c.row_key == column)


def tombstones(connection: Connection, scan_digests: Collection[str] | None = None) -> Stones:
    """The tombstones of these scans, or all."""
    table, found = schema.erasures, defaultdict(list)
    query = select(table).order_by(table.c.at, table.c.erasure_id)
    listed = None if scan_digests is None else sorted(set(scan_digests))
    chunks = [None] if listed is None else [listed[i : i + CHUNK] for i in range(0, len(listed), CHUNK)]
    for some in chunks:
        rows = connection.execute(query if some is None else query.where(table.c.scan_digest.in_(some))).all()
        events = _events(connection, [row.erasure_id for row in rows])
        for row in rows:
            found[row.scan_digest, row.page_no].append(_stone(row, events))
    return {place: tuple(stones) for place, stones in found.items()}


def tombstone_of(connection: Connection, table: str, key: str) -> Tombstone | None:
    """The tombstone of a row, where it has one."""
    erased, erasures = schema.erased, schema.erasures
    query = (
        select(erasures)
        .join(erased, erased.c.erasure_id == erasures.c.erasure_id)
        .where(erased.c.table_name == table, erased.c.row_key == key)
    )
    row = connection.execute(query).one_or_none()
    return None if row is None else _stone(row, _events(connection, [row.erasure_id]))


def note(connection: Connection, erasure_id: str, event: str, now: str) -> None:
    """Note something about an erasure, once."""
    table = schema.erasure_events
    known = select(table.c.seq).where(table.c.erasure_id == erasure_id, table.c.event == event)
    if connection.scalar(known) is None:
        connection.execute(insert(connection, table).values(erasure_id=erasure_id, event=event, at=now))


def pages_named(connection: Connection, name: str, batch_id: str | None = None) -> list[PagePlace]:
    """The pages that a name stands for: SCAN:PAGE, BATCH:SCAN_NO:PAGE, or an id of a page (or its beginning)."""
    scans, pages, filed = schema.scans, schema.pages, schema.batch_pages
    conditions = [pages.c.page_id.startswith(name, autoescape=True)] if name.isalnum() else []
    before, _, page = name.rpartition(":")
    if page.isdigit() and page.isascii():
        conditions.append(and_(scans.c.path == before, filed.c.page_no == int(page)))
        batch, _, scan_no = before.rpartition(":")
        if scan_no.isdigit() and scan_no.isascii():
            at = filed.c.scan_no == int(scan_no), filed.c.page_no == int(page)
            conditions.append(and_(filed.c.batch_id == batch, *at))
    if "-" in name:  # pages of tests and of other intakes are named so
        conditions.append(pages.c.page_id == name)
    if not conditions:
        return []
    within = [] if batch_id is None else [filed.c.batch_id == batch_id]
    return _places(connection, or_(*conditions), *within)


def pages_before(connection: Connection, before: str) -> list[PagePlace]:
    """The pages that no batch has used since a time, and that are not erased yet."""
    filed, batches, pages = schema.batch_pages, schema.batches, schema.pages
    recent = (
        select(pages.c.page_id)
        .join(filed, filed.c.page_key == pages.c.page_key)
        .join(batches, batches.c.batch_id == filed.c.batch_id)
        .where(batches.c.started_at >= before)
    )
    old = schema.pages.c.page_id.not_in(recent)
    return _places(connection, old, ~is_erased(schema.pages.c.page_key, "pages"))


def _places(connection: Connection, *where: ColumnElement[bool]) -> list[PagePlace]:
    scans, pages, filed = schema.scans, schema.pages, schema.batch_pages
    query = (
        select(pages.c.scan_digest, pages.c.page_no, pages.c.page_id, func.min(scans.c.path).label("scan"))
        .join(filed, filed.c.page_key == pages.c.page_key)
        .join(scans, and_(scans.c.batch_id == filed.c.batch_id, scans.c.scan_no == filed.c.scan_no))
        .where(*where)
        .group_by(pages.c.scan_digest, pages.c.page_no, pages.c.page_id)
        .order_by(func.min(scans.c.path), pages.c.page_no)
    )
    return [PagePlace(**row._mapping) for row in connection.execute(query)]


def _events(connection: Connection, erasure_ids: list[str]) -> dict[str, set[str]]:
    table, found = schema.erasure_events, defaultdict(set)
    for start in range(0, len(erasure_ids), CHUNK):
        query = select(table.c.erasure_id, table.c.event)
        for row in connection.execute(query.where(table.c.erasure_id.in_(erasure_ids[start : start + CHUNK]))):
            found[row.erasure_id].add(row.event)
    return found


def _stone(row: Row[Any], events: Mapping[str, set[str]]) -> Tombstone:
    plain = {name: row._mapping[name] for name in schema.erasures.c.keys()}  # noqa: SIM118 # a column has no items
    plain["counts"] = json.loads(row.counts)
    return Tombstone(**plain, events=frozenset(events.get(row.erasure_id, ())))
