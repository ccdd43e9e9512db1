"""A survey of the terrain: the ground, its slices with what they would save, and the map."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date
from pathlib import Path
from typing import Any

import numpy as np

from recognizer.errors import UsageError
from serving.columns import Asking, columns_of, sync
from serving.ledger import Ledger
from serving.promise import Policy
from training.terrain.chart import Chart, chart
from training.terrain.gain import PER_PAGES, Gain, gains
from training.terrain.ground import Ground, ground
from training.terrain.slices import slices

MOST = 25
"""Subproblems that are listed."""
ALIKE = 0.8
"""Two conditions that share so much of their fields are one: the one that saves more is told."""


@dataclass(frozen=True, kw_only=True)
class Survey:
    """`fields` are the gains of solving whole fields, `conditions` those of conditions that cost more than usual, each
    the most first; `kinds` is a row for each kind of field. `rate` is what a minute of people costs."""

    land: Ground
    fields: tuple[Gain, ...]
    conditions: tuple[Gain, ...]
    unread: float
    kinds: tuple[Mapping[str, Any], ...]
    map: Chart
    rate: float

    @property
    def minutes(self) -> float:
        """What a thousand pages cost now, likely harm included."""
        return sum(gain.minutes for gain in self.fields)


def survey(ledger: Ledger, store: Path, bundle: Path, until: date, policy: Policy) -> Survey:
    """Survey what came in up to a day. Raises UsageError where there is nothing, BundleError for a damaged bundle."""
    keep = columns_of(store)
    sync(ledger, keep)
    with Asking(keep) as asking:
        land = ground(asking, until, policy)
    if not len(land.fields):
        raise UsageError(f"nothing was read up to {until} - mend: penfield recognize, or a later --date")
    mapped = chart(ledger, land, bundle)
    told = gains(land.fields, slices(land.fields, mapped.styles))
    per_page = float(land.fields["keying_s"].where(~land.fields["accepted"].astype(bool)).mean())
    per_page *= len(land.fields) / land.pages
    return Survey(
        land=land, fields=tuple(gain for gain in told if gain.slice.what == "field")[:MOST],
        conditions=tuple(_unlike([gain for gain in told if gain.slice.what != "field" and gain.is_sure]))[:MOST],
        unread=_unread(land, per_page), kinds=tuple(_kinds(land)), map=mapped, rate=policy.wage_per_hour / 60,
    )  # fmt: skip


def _unread(land: Ground, per_page_s: float) -> float:
    """Minutes in a thousand pages that those take which no form fits or nobody can read: people key all of them."""
    lost = sum(land.lost.values())
    return 0.0 if np.isnan(per_page_s) else lost / (lost + land.pages) * PER_PAGES * per_page_s / 60


def _unlike(found: list[Gain]) -> list[Gain]:
    """Without those that are nearly the same fields as one before them."""
    kept: list[Gain] = []
    for gain in found:
        rows = set(gain.slice.rows.tolist())
        shared = (len(rows & set(other.slice.rows.tolist())) / min(len(rows), other.fields) for other in kept)
        if all(share < ALIKE for share in shared):
            kept.append(gain)
    return kept


def _kinds(land: Ground) -> list[dict[str, Any]]:
    found = []
    for kind, rows in land.fields.groupby("kind", observed=True):
        accepted = rows["accepted"].astype(bool)
        judged = rows[accepted & rows["correct"].notna()]
        found.append({
            "kind": str(kind), "fields": len(rows), "automation": float(accepted.mean()),
            "blank": float(rows["outcome"].eq("blank").mean()),
            "no_answer": float((~rows["outcome"].isin(["text", "blank"])).mean()),
            "characters": float(rows["characters"].where(rows["outcome"].eq("text")).median()),
            "seconds": float(rows.loc[rows["votes"] > 0, "seconds"].mean()),
            "audited": len(judged), "right": float(judged["correct"].eq(True).mean()),
            "minutes": float(rows["cost_s"].sum() / 60 / land.pages * PER_PAGES),
        })  # fmt: skip
    return sorted(found, key=lambda row: -row["minutes"])
