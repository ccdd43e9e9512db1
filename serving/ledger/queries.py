"""The questions that are asked of the ledger while a batch runs and when its records are written."""

import json
from collections import defaultdict
from typing import Any

from sqlalchemy import Connection, Select, and_, select

from serving.ledger import schema
from serving.ledger.erased import erased_words
from serving.ledger.erasure import ERASED
from serving.ledger.rows import crop_of, decision_of, page_of, prediction_of
from serving.ledger.values import (
    Answer,
    BatchPage,
    PageEntry,
    Parcel,
    Prediction,
    ScanEntry,
    StoredCrop,
)

CHUNK = 500
"""How many ids one query names; databases limit it."""

BATCHES_BACK = 50
"""So many batches are looked through for what a model read last."""


def predictions(connection: Connection, ids: list[str]) -> dict[str, Prediction]:
    """Predictions by id."""
    table = schema.predictions
    found: dict[str, Prediction] = {}
    for start in range(0, len(ids), CHUNK):
        query = select(table).where(table.c.prediction_id.in_(ids[start : start + CHUNK]))
        found |= {row.prediction_id: prediction_of(row) for row in connection.execute(query)}
    return found


def last_readings(connection: Connection, bundle_id: str, begun_with: str, since: str, most: int) -> list[Prediction]:
    """What a model read last in production after a time, oldest first, in batches that were begun with a model."""
    batches, used, predictions = schema.batches, schema.batch_fields, schema.predictions
    begun = (
        select(batches.c.batch_id)
        .where(batches.c.purpose == "production", batches.c.bundle_id == begun_with)
        .order_by(batches.c.seq.desc())
        .limit(BATCHES_BACK)
    )
    query = (
        select(predictions)
        .where(predictions.c.prediction_id.in_(select(used.c.prediction_id).where(used.c.batch_id.in_(begun))))
        .where(predictions.c.bundle_id == bundle_id, predictions.c.purpose == "production")
        .where(predictions.c.created_at > since)
        .order_by(predictions.c.created_at.desc(), predictions.c.prediction_id)
        .limit(most)
    )
    return [prediction_of(row) for row in connection.execute(query)][::-1]


def stored_pages(connection: Connection, scan_digest: str, setup_digest: str) -> dict[int, PageEntry]:
    """The pages of a scan under a setup, by number, without the rejected and the erased."""
    pages = schema.pages
    query = select(pages).where(
        pages.c.scan_digest == scan_digest,
        pages.c.setup_digest == setup_digest,
        pages.c.status.not_like("rejected%"),
        erased_at(pages.c.page_key).is_(None),
    )
    return {row.page_no: page_of(row) for row in connection.execute(query)}


def stored_crops(connection: Connection, page_key: str) -> tuple[StoredCrop, ...]:
    """The crops of a page, in the order of the form."""
    cut, crops = schema.page_fields, schema.crops
    query = (
        select(cut.c.field, crops)
        .join(crops, crops.c.crop_id == cut.c.crop_id)
        .where(cut.c.page_key == page_key)
        .order_by(cut.c.position)
    )
    return tuple(crop_of(row) for row in connection.execute(query))


def pages_done(connection: Connection, batch_id: str) -> set[tuple[int, int]]:
    """(scan_no, page_no) of the pages in a batch."""
    table = schema.batch_pages
    rows = connection.execute(select(table.c.scan_no, table.c.page_no).where(table.c.batch_id == batch_id))
    return {(row.scan_no, row.page_no) for row in rows}


def scans_done(connection: Connection, batch_id: str) -> set[int]:
    """Numbers of the scans whose end is noted."""
    table = schema.scan_ends
    return set(connection.scalars(select(table.c.scan_no).where(table.c.batch_id == batch_id)))


def page_count(connection: Connection, scan_digest: str) -> int | None:
    """Pages of a scan of which one batch took in every page."""
    scans, ends, filed, pages = schema.scans, schema.scan_ends, schema.batch_pages, schema.pages
    here = and_(filed.c.batch_id == ends.c.batch_id, filed.c.scan_no == ends.c.scan_no)
    rejected = (
        select(filed.c.page_key)
        .join(pages, pages.c.page_key == filed.c.page_key)
        .where(here, pages.c.status.like("rejected%"))
        .exists()
    )
    query = (
        select(ends.c.page_count)
        .join(scans, and_(scans.c.batch_id == ends.c.batch_id, scans.c.scan_no == ends.c.scan_no))
        .where(scans.c.scan_digest == scan_digest, ~rejected)
        .limit(1)
    )
    return connection.scalar(query)


def scans(connection: Connection, batch_id: str) -> tuple[ScanEntry, ...]:
    """The files of a batch."""
    table = schema.scans
    rows = connection.execute(select(table).where(table.c.batch_id == batch_id).order_by(table.c.scan_no))
    return tuple(
        ScanEntry(scan_no=row.scan_no, path=row.path, scan_digest=row.scan_digest, place=row.place) for row in rows
    )


def batch_pages(connection: Connection, batch_id: str, place: tuple[int, int] | None = None) -> tuple[BatchPage, ...]:
    """The pages of a batch in short, or the one at (scan_no, page_no); of an erased one, that it is."""
    filed, pages, scans = schema.batch_pages, schema.pages, schema.scans
    query = (
        select(
            filed.c.scan_no,
            filed.c.page_no,
            scans.c.path.label("scan"),
            pages.c.page_id,
            pages.c.form,
            pages.c.status,
            pages.c.reason,
            erased_at(pages.c.page_key).label("erased_at"),
        )
        .join(pages, pages.c.page_key == filed.c.page_key)
        .join(scans, and_(scans.c.batch_id == filed.c.batch_id, scans.c.scan_no == filed.c.scan_no))
        .where(filed.c.batch_id == batch_id)
        .order_by(filed.c.scan_no, filed.c.page_no)
    )
    if place is not None:
        query = query.where(filed.c.scan_no == place[0], filed.c.page_no == place[1])
    return tuple(_page_in_short(dict(row._mapping)) for row in connection.execute(query))


def _page_in_short(row: dict[str, Any]) -> BatchPage:
    at = row.pop("erased_at")
    return BatchPage(**row) if at is None else BatchPage(**row | {"status": ERASED, "reason": erased_words(at)})


def erased_at(key: Any) -> Any:
    """When a row was erased, by its key, as an expression; NULL where it was not."""
    erased, erasures = schema.erased, schema.erasures
    of_row = erased.c.table_name == key.table.name, erased.c.row_key == key
    found = select(erasures.c.at).join(erased, erased.c.erasure_id == erasures.c.erasure_id).where(*of_row)
    return found.correlate(key.table).scalar_subquery()


def answers(
    connection: Connection, batch_id: str, place: tuple[int, int] | None = None
) -> dict[tuple[int, int], tuple[Answer, ...]]:
    """The answers of a batch, or of its page at (scan_no, page_no), by (scan_no, page_no)."""
    found: dict[tuple[int, int], list[Answer]] = defaultdict(list)
    query = _answer_rows(batch_id)
    if place is not None:
        fields = schema.batch_fields
        query = query.where(fields.c.scan_no == place[0], fields.c.page_no == place[1])
    for row in connection.execute(query):
        answer = Answer(field=row.field, prediction=prediction_of(row), decision=decision_of(row))
        found[row.scan_no, row.page_no].append(answer)
    return {place: tuple(items) for place, items in found.items()}


def _answer_rows(batch_id: str) -> Select[Any]:
    fields, said, decided = schema.batch_fields, schema.predictions, schema.decisions
    pages, cut = schema.batch_pages, schema.page_fields
    same_page = and_(
        pages.c.batch_id == fields.c.batch_id,
        pages.c.scan_no == fields.c.scan_no,
        pages.c.page_no == fields.c.page_no,
    )
    same_policy = and_(
        decided.c.prediction_id == fields.c.prediction_id, decided.c.policy_digest == fields.c.policy_digest
    )
    decision = [column for column in decided.c if column.name not in ("prediction_id", "created_at")]
    return (
        select(fields.c.scan_no, fields.c.page_no, fields.c.field, said, *decision)
        .join(said, said.c.prediction_id == fields.c.prediction_id)
        .join(decided, same_policy)
        .join(pages, same_page)
        .join(cut, and_(cut.c.page_key == pages.c.page_key, cut.c.field == fields.c.field))
        .where(fields.c.batch_id == batch_id)
        .order_by(fields.c.scan_no, fields.c.page_no, cut.c.position)
    )


def has_batch(connection: Connection, batch_id: str) -> bool:
    """Whether a batch was started."""
    table = schema.batches
    return connection.scalar(select(table.c.seq).where(table.c.batch_id == batch_id)) is not None


def unfinished_batch(connection: Connection, order: str) -> str | None:
    """The batch of an order that was begun last and has not come to its end."""
    table, events = schema.batches, schema.batch_events
    ends = select(events.c.batch_id).where(events.c.event == "finished")
    query = select(table.c.batch_id, table.c.params).where(table.c.batch_id.not_in(ends)).order_by(table.c.seq.desc())
    return next(
        (row.batch_id for row in connection.execute(query) if json.loads(row.params).get("order") == order), None
    )


def latest_batch(connection: Connection) -> str | None:
    """The batch started last."""
    table = schema.batches
    return connection.scalar(select(table.c.batch_id).order_by(table.c.seq.desc()).limit(1))


def form_definition(connection: Connection, form_digest: str) -> str | None:
    """A form's definition, JSON."""
    table = schema.forms
    return connection.scalar(select(table.c.definition).where(table.c.form_digest == form_digest))


def crop_png(connection: Connection, crop_id: str) -> bytes | None:
    """A crop's image."""
    table = schema.crops
    return connection.scalar(select(table.c.png).where(table.c.crop_id == crop_id))


def pending(connection: Connection, limit: int) -> list[Parcel]:
    """Parcels without a delivery, oldest first."""
    box, done = schema.outbox, schema.deliveries
    query = (
        select(box)
        .outerjoin(done, done.c.key == box.c.key)
        .where(done.c.key.is_(None))
        .order_by(box.c.seq)
        .limit(limit)
    )
    return [
        Parcel(key=row.key, kind=row.kind, batch_id=row.batch_id, payload=json.loads(row.payload))
        for row in connection.execute(query)
    ]
