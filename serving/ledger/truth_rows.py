"""Rows of the ledger as statements, uses and events."""

import json
from typing import Any

from sqlalchemy import Row

from serving.ledger.statement import FieldUse, RecordEvent, Statement


def use_of(row: Row[Any]) -> FieldUse:
    """A field of a record."""
    return FieldUse(
        batch_id=row.batch_id,
        scan_no=row.scan_no,
        page_no=row.page_no,
        scan=row.path,
        page_id=row.page_id,
        form=row.form,
        form_digest=row.form_digest,
        field=row.field,
        kind=row.kind,
        crop_id=row.crop_id,
        prediction_id=row.prediction_id,
        policy_digest=row.policy_digest,
        bundle_id=row.bundle_id,
        probability=row.probability,
        quality=row.quality,
        reading=reading_of(row),
        erased_at=row.erased_at,
        sensitive=row.sensitive,
    )


def reading_of(row: Row[Any]) -> Statement:
    """A reading with its decision."""
    return Statement(
        statement_id=f"{row.prediction_id}:{row.policy_digest}",
        crop_id=row.crop_id,
        source="model",
        outcome=row.outcome,
        text=row.text,
        confidence=row.confidence,
        valid_at=row.first_read,
        known_at=row.decided_at,
        by=row.bundle_id,
        decision=row.decision,
        evidence={
            "prediction_id": row.prediction_id,
            "policy_digest": row.policy_digest,
            "code": row.code,
            "reason": row.reason,
            "threshold": row.threshold,
        },
    )


def verdict_of(row: Row[Any]) -> Statement:
    """A verdict."""
    return Statement(
        statement_id=row.verdict_id,
        crop_id=row.crop_id,
        source=row.source,
        outcome=row.outcome,
        text=row.text,
        confidence=row.confidence,
        valid_at=row.valid_at,
        known_at=row.known_at,
        by=row.by,
        evidence=json.loads(row.evidence),
    )


def event_of(row: Row[Any]) -> RecordEvent:
    """Something that happened to a record."""
    return RecordEvent(
        batch_id=row.batch_id,
        scan_no=row.scan_no,
        page_no=row.page_no,
        event=row.event,
        facts=json.loads(row.facts),
        at=row.at,
    )
