"""What a batch comes to in numbers: the same ones for the report and for MLflow's metrics."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import TYPE_CHECKING

from serving.ledger import ACCEPTED

if TYPE_CHECKING:
    import pandas as pd

    from serving.ledger import BatchFacts

STAGES = ("decode", "measure", "blank", "repair", "align", "cut", "read")
"""The order of a page's stages; others follow in that of the alphabet."""

MEASURES: Mapping[str, tuple[str, str]] = {
    "resolution_dpi": ("Resolution", "dpi"),
    "sharpness": ("Sharpness", "0 to 1, more is better"),
    "contrast": ("Contrast", "0 to 1, more is better"),
    "noise": ("Noise", "grey levels, less is better"),
    "skew_deg": ("Skew", "degrees"),
    "illumination": ("Uneven light", "0 to 1"),
    "clipping": ("Clipping", "0 to 1, less is better"),
    "compression": ("Compression", "0 to 1, less is better"),
    "ink_coverage": ("Ink", "share of the page"),
    "bleed_through": ("Bleed-through", "0 to 1, less is better"),
}


@dataclass(frozen=True, kw_only=True)
class KindRow:
    """The fields of one kind; `threshold` is the one they were judged by, None where there were several or none."""

    kind: str
    fields: int
    accepted: int
    review: int
    blank: int
    mean_confidence: float
    threshold: float | None


@dataclass(frozen=True, kw_only=True)
class StageRow:
    """How long one stage took: per page, but `read`, which is per field."""

    stage: str
    count: int
    median_ms: float
    p90_ms: float
    total_s: float


@dataclass(frozen=True, kw_only=True)
class QualityRow:
    """One measure of quality over all pages that have it."""

    name: str
    label: str
    unit: str
    p10: float
    median: float
    p90: float


@dataclass(frozen=True, kw_only=True)
class Summary:
    """One batch in numbers. `seconds` is None while the batch has not finished."""

    scans: int
    pages: int
    fields: int
    accepted: int
    review: int
    pages_by_status: Mapping[str, int]
    rejected_by_code: Mapping[str, int]
    fields_by_outcome: Mapping[str, int]
    kinds: tuple[KindRow, ...]
    stages: tuple[StageRow, ...]
    quality: tuple[QualityRow, ...]
    seconds: float | None

    @property
    def accepted_rate(self) -> float:
        """Share of the fields that were accepted without a person; 0 where there are no fields."""
        return self.accepted / self.fields if self.fields else 0.0

    def metrics(self) -> dict[str, float]:
        """The numbers under the names they have in MLflow; a slash groups them in its UI."""
        found = {
            "scans": self.scans,
            "pages": self.pages,
            "fields": self.fields,
            "accepted": self.accepted,
            "review": self.review,
            "accepted_rate": self.accepted_rate,
        }
        found |= {f"pages/{status}": count for status, count in self.pages_by_status.items()}
        found |= {f"rejected/{code}": count for code, count in self.rejected_by_code.items()}
        found |= {f"outcome/{outcome}": count for outcome, count in self.fields_by_outcome.items()}
        for kind in self.kinds:
            found[f"confidence_mean/{kind.kind}"] = kind.mean_confidence
            found[f"accepted_rate_by_kind/{kind.kind}"] = kind.accepted / kind.fields
        for stage in self.stages:
            found[f"latency_ms_median/{stage.stage}"] = stage.median_ms
            found[f"latency_ms_p90/{stage.stage}"] = stage.p90_ms
        found |= {f"quality_median/{row.name}": row.median for row in self.quality}
        if self.seconds:
            found |= {"seconds": self.seconds, "pages_per_second": self.pages / self.seconds}
        return {name: float(value) for name, value in found.items()}


def summarize(batch: BatchFacts, predictions: pd.DataFrame, pages: pd.DataFrame) -> Summary:
    """The numbers of a batch, from what the ledger holds of it."""
    status = pages["status"].astype(str)
    rejected = status[status.str.startswith("rejected")]
    decision = predictions["decision"]
    return Summary(
        scans=batch.scans,
        pages=len(pages),
        fields=len(predictions),
        accepted=int(decision.isin(ACCEPTED).sum()),
        review=int((~decision.isin(ACCEPTED)).sum()),
        pages_by_status=_counts(status.str.split(":").str[0].str.strip()),
        rejected_by_code=_counts(rejected.str.partition(":")[2].str.strip()) if len(rejected) else {},
        fields_by_outcome=_counts(predictions["outcome"].astype(str)),
        kinds=tuple(_kind(str(kind), rows) for kind, rows in predictions.groupby("kind", sort=True)),
        stages=_stages(predictions, pages),
        quality=_quality(pages),
        seconds=_seconds(batch),
    )


def _counts(values: pd.Series) -> dict[str, int]:
    return {str(value): int(count) for value, count in values.value_counts().items()}


def _kind(kind: str, rows: pd.DataFrame) -> KindRow:
    thresholds = rows["threshold"].dropna().unique()
    return KindRow(
        kind=kind,
        fields=len(rows),
        accepted=int(rows["decision"].isin(ACCEPTED).sum()),
        review=int((~rows["decision"].isin(ACCEPTED)).sum()),
        blank=int((rows["outcome"] == "blank").sum()),
        mean_confidence=float(rows["confidence"].mean()),
        threshold=float(thresholds[0]) if len(thresholds) == 1 else None,
    )


def _stages(predictions: pd.DataFrame, pages: pd.DataFrame) -> tuple[StageRow, ...]:
    columns = {name: pages[f"ms_{name}"] for name in stage_names(pages)}
    columns["read one field"] = predictions["latency_ms"]
    rows = []
    for stage, values in columns.items():
        known = values.dropna().astype(float)
        if len(known):
            row = StageRow(
                stage=stage,
                count=len(known),
                median_ms=float(known.median()),
                p90_ms=float(known.quantile(0.9)),
                total_s=float(known.sum()) / 1000,
            )
            rows.append(row)
    return tuple(rows)


def stage_names(pages: pd.DataFrame) -> list[str]:
    """The stages of which there are times, in the order in which a page goes through them."""
    names = [column.removeprefix("ms_") for column in pages.columns if column.startswith("ms_")]
    return sorted(names, key=lambda name: (STAGES.index(name) if name in STAGES else len(STAGES), name))


def _quality(pages: pd.DataFrame) -> tuple[QualityRow, ...]:
    rows = []
    for name, (label, unit) in MEASURES.items():
        if f"quality_{name}" in pages and len(known := pages[f"quality_{name}"].dropna().astype(float)):
            p10, median, p90 = (float(known.quantile(q)) for q in (0.1, 0.5, 0.9))
            rows.append(QualityRow(name=name, label=label, unit=unit, p10=p10, median=median, p90=p90))
    return tuple(rows)


def _seconds(batch: BatchFacts) -> float | None:
    if batch.finished_at is None:
        return None
    if batch.finish_facts.get("seconds") is not None:
        return float(batch.finish_facts["seconds"])
    return (datetime.fromisoformat(batch.finished_at) - datetime.fromisoformat(batch.started_at)).total_seconds()
