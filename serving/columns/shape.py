"""What the columns are: tables with their types, and what makes a row the same row."""

from dataclasses import dataclass
from functools import cache
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    import pyarrow as pa

VERSION = 5
"""Of the tables below: whoever finds another one makes them again."""

MEASURES = (
    "resolution_dpi", "sharpness", "contrast", "noise", "skew_deg", "illumination", "clipping", "compression",
    "ink_coverage", "bleed_through",
)  # fmt: skip
"""What is measured of pages and of fields (`recognizer.page.Quality`)."""


@dataclass(frozen=True, kw_only=True)
class Shape:
    """A table: its columns with their types, those that name a row, and the time by which rows came in."""

    columns: dict[str, str]
    key: tuple[str, ...]
    time: str

    @property
    def schema(self) -> "pa.Schema":
        """As Arrow says it."""
        types = _types()
        import pyarrow as pa

        return pa.schema([(name, types[kind]) for name, kind in self.columns.items()])


@cache
def _types() -> "dict[str, pa.DataType]":
    import pyarrow as pa

    return {
        "text": pa.string(), "name": pa.dictionary(pa.int32(), pa.string()), "number": pa.float64(),
        "count": pa.int64(), "truth": pa.bool_(), "time": pa.timestamp("us", tz="UTC"),
    }  # fmt: skip


_SAID = {
    "prediction_id": "text", "crop_id": "text", "page_id": "text", "form": "name", "field": "name", "kind": "name",
    "bundle_id": "name", "purpose": "name", "outcome": "name", "text": "text", "characters": "count",
    "confidence": "number", "runner_up": "number", "log_mass": "number", "components": "count", "parts_agree": "number",
    "latency_ms": "number", "created_at": "time",
}  # fmt: skip
_MEASURED = dict.fromkeys(MEASURES, "number")
_PLACE = {"batch_id": "name", "scan_no": "count", "page_no": "count"}

SHAPES = {
    "scan_ends": Shape(
        columns={"batch_id": "name", "scan_no": "count", "at": "time"}, key=("batch_id", "scan_no"), time="at"
    ),
    "fields": Shape(
        columns={
            **_PLACE, "scan": "text", "scanner": "name", "form_digest": "name", **_SAID, "fresh": "truth",
            "decision": "name", "code": "name", "threshold": "number", "probability": "number",
            "policy_digest": "name", "decided_at": "time", **_MEASURED,
        },
        key=("batch_id", "scan_no", "page_no", "field"),
        time="decided_at",
    ),
    "pages": Shape(
        columns={
            **_PLACE, "scan": "text", "scanner": "name", "page_id": "text", "form": "name", "form_digest": "name",
            "status": "name", "method": "name", "residual_px": "number", "width_px": "count", "height_px": "count",
            "milliseconds": "number", "created_at": "time", **_MEASURED,
        },
        key=("batch_id", "scan_no", "page_no"),
        time="created_at",
    ),
    "others": Shape(columns={**_SAID, **_MEASURED}, key=("prediction_id",), time="created_at"),
    "batches": Shape(
        columns={"batch_id": "name", "bundle_id": "name", "purpose": "name", "started_at": "time"},
        key=("batch_id",),
        time="started_at",
    ),
    "votes": Shape(
        columns={
            "token": "count", "task_id": "text", "person": "name", "role": "name", "crop_id": "text",
            "prediction_id": "text", "batch_id": "name", "form": "name", "field": "name", "kind": "name",
            "purpose": "name", "outcome": "name", "text": "text", "seconds": "number", "keystrokes": "count",
            "at": "time",
        },
        key=("token",),
        time="at",
    ),
    "vote_voids": Shape(columns={"token": "count", "at": "time"}, key=("token",), time="at"),
    "verdicts": Shape(
        columns={
            "verdict_id": "text", "crop_id": "text", "form": "name", "field": "name", "kind": "name",
            "source": "name", "blind": "truth", "outcome": "name", "text": "text", "confidence": "number",
            "valid_at": "time", "known_at": "time",
        },
        key=("verdict_id",),
        time="known_at",
    ),
    "judgements": Shape(
        columns={"verdict_id": "text", "prediction_id": "text", "correct": "truth", "known_at": "time"},
        key=("verdict_id", "prediction_id"),
        time="known_at",
    ),
    "record_events": Shape(
        columns={"seq": "count", **_PLACE, "event": "name", "at": "time"}, key=("seq",), time="at"
    ),
    "activations": Shape(
        columns={
            "seq": "count", "scope": "name", "bundle_id": "name", "replaced": "name", "how": "name", "by": "name",
            "reason": "text", "evidence": "text", "at": "time",
        },
        key=("seq",),
        time="at",
    ),
    "trials": Shape(
        columns={
            "seq": "count", "trial_id": "text", "scope": "name", "champion": "name", "challenger": "name",
            "watches": "count", "settings": "text", "by": "name", "note": "text", "at": "time",
        },
        key=("trial_id",),
        time="at",
    ),
    "trial_pairs": Shape(
        columns={
            "seq": "count", "trial_id": "name", "crop_id": "text", "champion_id": "text", "challenger_id": "text",
            "kind": "name", "quality": "name", "agree": "truth", "accepted": "truth", "probability": "number",
            "asked": "truth", "is_gold": "truth", "at": "time",
        },
        key=("trial_id", "crop_id"),
        time="at",
    ),
    "trial_ends": Shape(
        columns={
            "trial_id": "text", "outcome": "name", "by": "name", "reason": "text", "finding": "text",
            "activation_seq": "count", "at": "time",
        },
        key=("trial_id",),
        time="at",
    ),
}  # fmt: skip

BY_SCAN = ("scan_ends", "fields", "pages")
"""Tables whose rows come a scan at a time; the others by the time at which they came in."""
