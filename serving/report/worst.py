"""What a person should look at first: the doubtful fields, and the pages that went wrong."""

from __future__ import annotations

import base64
import json
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from serving.ledger import ACCEPTED
from serving.report.summary import MEASURES

if TYPE_CHECKING:
    import pandas as pd

CropPng = Callable[[str], bytes]


@dataclass(frozen=True, kw_only=True)
class DoubtfulField:
    """One prediction that a person should check; `picture` is a data URI, "" where the crop stays in the ledger."""

    prediction_id: str
    scan: str
    page: int
    field: str
    kind: str
    text: str
    outcome: str
    confidence: float
    reason: str
    alternatives: Sequence[tuple[str, float]]
    picture: str


@dataclass(frozen=True, kw_only=True)
class WorstPage:
    """One page that could not be read, or of which much goes to review; `remarks` are its odd measures."""

    scan: str
    page: int | None
    status: str
    reason: str
    fields: int
    review: int
    remarks: str


def doubtful(predictions: pd.DataFrame) -> pd.DataFrame:
    """The predictions that go to review, the least sure first."""
    return predictions[~predictions["decision"].isin(ACCEPTED)].sort_values(["confidence", "prediction_id"])


def doubtful_fields(predictions: pd.DataFrame, crop_png: CropPng, limit: int) -> list[DoubtfulField]:
    """The least sure of them, with their pictures; nothing of a sensitive field but that it is doubtful."""
    return [_doubtful_field(row, crop_png) for row in doubtful(predictions).head(limit).to_dict("records")]


def _doubtful_field(row: dict[str, Any], crop_png: CropPng) -> DoubtfulField:
    hidden = row["sensitive"]
    picture = "" if hidden else "data:image/png;base64," + base64.b64encode(crop_png(row["crop_id"])).decode()
    return DoubtfulField(
        prediction_id=row["prediction_id"],
        scan=row["scan"],
        page=row["page"],
        field=row["field"],
        kind=row["kind"],
        text="" if hidden else row["text"],
        outcome=row["outcome"],
        confidence=row["confidence"],
        reason=(row["decision_reason"] or "").partition(": ")[2],
        alternatives=[] if hidden else alternatives(row["alternatives"]),
        picture=picture,
    )


def alternatives(text: str | None, limit: int = 3) -> list[tuple[str, float]]:
    """The next best texts and how sure the model was of each, from the ledger's JSON."""
    return [(item["text"], item["confidence"]) for item in json.loads(text or "[]")[:limit]]


def worst_pages(predictions: pd.DataFrame, pages: pd.DataFrame, limit: int) -> list[WorstPage]:
    """Pages that could not be read, then those of which the largest part goes to review."""
    review = predictions[~predictions["decision"].isin(ACCEPTED)].groupby("page_id").size()
    fields = predictions.groupby("page_id").size()
    rows = [_worst_page(row, fields, review, pages) for row in pages.to_dict("records")]
    rows = [row for row in rows if row.status not in ("read", "blank") or row.review]
    rows.sort(
        key=lambda row: (row.status == "read", row.status, -row.review / max(1, row.fields), row.scan, row.page or 0)
    )
    return rows[:limit]


def _worst_page(row: dict[str, Any], fields: pd.Series, review: pd.Series, pages: pd.DataFrame) -> WorstPage:
    import pandas as pd

    return WorstPage(
        scan=row["scan"],
        page=None if pd.isna(row["page"]) else int(row["page"]),
        status=row["status"],
        reason=row["reason"] or "",
        fields=int(fields.get(row["page_id"], 0)),
        review=int(review.get(row["page_id"], 0)),
        remarks=_odd_measures(row, pages),
    )


def _odd_measures(row: dict[str, Any], pages: pd.DataFrame) -> str:
    """The two measures that lie furthest from the batch's median, where they lie well outside its spread."""
    odd = []
    for name, (label, _) in MEASURES.items():
        column = f"quality_{name}"
        if column not in pages or row[column] is None or row[column] != row[column]:
            continue
        known = pages[column].dropna().astype(float)
        spread = float((known - known.median()).abs().median()) * 1.4826 + 1e-3
        distance = (row[column] - float(known.median())) / spread
        if abs(distance) > 4:
            odd.append((abs(distance), f"{label.lower()} {row[column]:.3g} (median {known.median():.3g})"))
    return ", ".join(text for _, text in sorted(odd, reverse=True)[:2])
