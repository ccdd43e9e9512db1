"""A batch as data frames: what reports, Parquet files and MLflow get to see. Sensitive values are masked here."""

import json
from typing import Any

import pandas as pd
from sqlalchemy import Connection, Row, and_, func, select

from serving.ledger import schema
from serving.ledger.masking import is_sensitive, masked
from serving.ledger.queries import CHUNK

PREDICTION_COLUMNS = (
    "prediction_id", "batch_id", "page_id", "scan", "page", "form", "field", "kind", "crop_id", "bundle_id", "purpose",
    "outcome", "text", "confidence", "decision", "decision_reason", "threshold", "probability", "alternatives",
    "latency_ms", "created_at", "sensitive",
)  # fmt: skip
PAGE_COLUMNS = ("page_id", "scan", "scanner", "page", "form", "status", "reason", "steps")


def predictions_frame(connection: Connection, batch_id: str, page_keys: list[str] | None) -> pd.DataFrame:
    """One row per prediction, in the order of scans, pages and fields.

    A file that lies twice in a batch is predicted once: its rows stand with the first of its names. `decision_reason`
    is "code: sentence"; `alternatives` is JSON; `quality_*` are the measures of the field.
    """
    chunks = [None] if page_keys is None else [page_keys[i : i + CHUNK] for i in range(0, len(page_keys), CHUNK)]
    rows = [row for chunk in chunks for row in _prediction_rows(connection, batch_id, chunk)]
    frame = _frame([_prediction_record(row) for row in rows], PREDICTION_COLUMNS)
    frame["created_at"] = pd.to_datetime(frame["created_at"], utc=True)
    return frame.astype(
        {"page": "Int64", "confidence": float, "threshold": float, "probability": float, "latency_ms": float}
    )


def pages_frame(connection: Connection, batch_id: str) -> pd.DataFrame:
    """One row per page: `quality_*` measures, `align_*` facts of the alignment, `ms_*` milliseconds by stage."""
    frame = _frame([_page_record(row) for row in _page_rows(connection, batch_id)], PAGE_COLUMNS)
    return frame.astype({"page": "Int64"})


def _prediction_rows(connection: Connection, batch_id: str, page_keys: list[str] | None) -> list[Row[Any]]:
    fields, filed, pages, cut = schema.batch_fields, schema.batch_pages, schema.pages, schema.page_fields
    said, decided, crops, scans = schema.predictions, schema.decisions, schema.crops, schema.scans
    first = (
        select(func.min(fields.c.scan_no).label("scan_no"), fields.c.prediction_id)
        .where(fields.c.batch_id == batch_id)
        .group_by(fields.c.prediction_id)
        .subquery()
    )
    place = and_(
        filed.c.batch_id == fields.c.batch_id,
        filed.c.scan_no == fields.c.scan_no,
        filed.c.page_no == fields.c.page_no,
    )
    policy = and_(decided.c.prediction_id == fields.c.prediction_id, decided.c.policy_digest == fields.c.policy_digest)
    query = (
        select(
            said, fields.c.batch_id, fields.c.field, fields.c.page_no, pages.c.page_id, pages.c.form,
            scans.c.path, cut.c.kind, cut.c.sensitive, crops.c.quality, decided.c.decision, decided.c.code,
            decided.c.reason, decided.c.threshold, decided.c.probability,
        )
        .select_from(fields)
        .join(first, and_(first.c.prediction_id == fields.c.prediction_id, first.c.scan_no == fields.c.scan_no))
        .join(filed, place)
        .join(pages, pages.c.page_key == filed.c.page_key)
        .join(scans, and_(scans.c.batch_id == fields.c.batch_id, scans.c.scan_no == fields.c.scan_no))
        .join(cut, and_(cut.c.page_key == filed.c.page_key, cut.c.field == fields.c.field))
        .join(said, said.c.prediction_id == fields.c.prediction_id)
        .join(decided, policy)
        .join(crops, crops.c.crop_id == said.c.crop_id)
        .where(fields.c.batch_id == batch_id)
        .order_by(fields.c.scan_no, fields.c.page_no, cut.c.position)
    )  # fmt: skip
    if page_keys is not None:
        query = query.where(filed.c.page_key.in_(page_keys))
    return list(connection.execute(query))


def _page_rows(connection: Connection, batch_id: str) -> list[Row[Any]]:
    filed, pages, scans = schema.batch_pages, schema.pages, schema.scans
    query = (
        select(pages, scans.c.path)
        .select_from(filed)
        .join(pages, pages.c.page_key == filed.c.page_key)
        .join(scans, and_(scans.c.batch_id == filed.c.batch_id, scans.c.scan_no == filed.c.scan_no))
        .where(filed.c.batch_id == batch_id)
        .order_by(filed.c.scan_no, filed.c.page_no)
    )
    return list(connection.execute(query))


def _prediction_record(row: Row[Any]) -> dict[str, Any]:
    sensitive = is_sensitive(row.kind, row.sensitive)
    record = {name: getattr(row, name, None) for name in PREDICTION_COLUMNS}
    record |= {
        "scan": row.path,
        "page": row.page_no,
        "text": masked(row.text, row.kind) if sensitive else row.text,
        "alternatives": "[]" if sensitive else row.alternatives,
        "sensitive": sensitive,
        "decision_reason": f"{row.code}: {row.reason}",
    }
    return record | _prefixed("quality", row.quality)


def _page_record(row: Row[Any]) -> dict[str, Any]:
    record = {name: getattr(row, name, None) for name in PAGE_COLUMNS}
    record |= {"scan": row.path, "page": row.page_no or None}
    return (
        record | _prefixed("quality", row.quality) | _prefixed("align", row.alignment) | _prefixed("ms", row.stage_ms)
    )


def _prefixed(prefix: str, text: str | None) -> dict[str, Any]:
    """The single values of a JSON object as columns; lists and objects stay JSON."""
    facts = json.loads(text) if text else {}
    return {
        f"{prefix}_{name}": json.dumps(value) if isinstance(value, list | dict) else value
        for name, value in facts.items()
    }


def _frame(records: list[dict[str, Any]], columns: tuple[str, ...]) -> pd.DataFrame:
    """A frame whose fixed columns come first, in their order, even when it has no rows."""
    others = dict.fromkeys(name for record in records for name in record if name not in columns)
    return pd.DataFrame.from_records(records, columns=[*columns, *others])
