"""Rows of the ledger as values."""

import json
from typing import Any

from sqlalchemy import Row

from serving.ledger.plain import quality_from, reading_from, steps_from
from serving.ledger.values import Decision, PageEntry, Prediction, StoredCrop


def crop_of(row: Row[Any]) -> StoredCrop:
    """A crop with the field that it shows."""
    marks = tuple((x, y, width, height) for x, y, width, height in json.loads(row.marks))
    return StoredCrop(
        crop_id=row.crop_id,
        field=row.field,
        png=row.png,
        dpi=row.dpi,
        quality=quality_from(row.quality),
        steps=steps_from(row.steps),
        marks=marks,
    )


def page_of(row: Row[Any]) -> PageEntry:
    """A page."""
    return PageEntry(
        page_key=row.page_key,
        page_id=row.page_id,
        scan_digest=row.scan_digest,
        page_no=row.page_no,
        setup_digest=row.setup_digest,
        status=row.status,
        reason=row.reason,
        form=row.form,
        form_digest=row.form_digest,
        width_px=row.width_px,
        height_px=row.height_px,
        scanner=row.scanner,
        quality=quality_from(row.quality),
        steps=steps_from(row.steps),
        alignment=json.loads(row.alignment),
        stage_ms=json.loads(row.stage_ms),
    )


def prediction_of(row: Row[Any]) -> Prediction:
    """A prediction."""
    plain = {
        "text": row.text,
        "outcome": row.outcome,
        "confidence": row.confidence,
        "alternatives": json.loads(row.alternatives),
        "parts": json.loads(row.parts),
        "measured": json.loads(row.measured),
    }
    return Prediction(
        prediction_id=row.prediction_id,
        crop_id=row.crop_id,
        bundle_id=row.bundle_id,
        language_digest=row.language_digest,
        purpose=row.purpose,
        reading=reading_from(plain),
        latency_ms=row.latency_ms,
        created_at=row.created_at,
    )


def decision_of(row: Row[Any]) -> Decision:
    """A decision."""
    return Decision(
        prediction_id=row.prediction_id,
        policy_digest=row.policy_digest,
        decision=row.decision,
        code=row.code,
        reason=row.reason,
        threshold=row.threshold,
        probability=row.probability,
    )
