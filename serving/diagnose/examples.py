"""Crops from before and since, side by side: typical ones, and those that are most unlike them."""

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from serving.diagnose.diagnosis import Diagnosis
from serving.diagnose.scores import floats
from serving.diagnose.stage import PAGE
from serving.ledger import Ledger
from serving.ledger.masking import SENSITIVE_KINDS
from serving.ledger.statement import FieldUse

if TYPE_CHECKING:
    import pandas as pd

MOST = 6
CHOICE = 200
"""Among how many of the most unusual fields is chosen."""


@dataclass(frozen=True, kw_only=True)
class Example:
    """A field and its picture (PNG), which is None where it must not be seen."""

    use: FieldUse
    png: bytes | None


@dataclass(frozen=True, kw_only=True)
class Pair:
    """A field since the trouble began, and the same one of a page before; None where there is none."""

    old: Example | None
    new: Example


def examples(ledger: Ledger, found: Diagnosis) -> tuple[Pair, ...]:
    """Pairs of the fields that are meant: of different fields and pages, as far as there are."""
    chosen = _unlike(found.fields, found.scores.odd[found.meant])
    news = [found.fields.iloc[number] for number in chosen]
    olds: list[pd.Series | None] = []
    for row in news:
        olds.append(_typical(found, row, {old["prediction_id"] for old in olds if old is not None}))
    shown = _examples(ledger, [row for row in (*olds, *news) if row is not None])
    return tuple(
        Pair(old=None if old is None else shown.get(old["prediction_id"]), new=shown[new["prediction_id"]])
        for old, new in zip(olds, news, strict=True)
        if new["prediction_id"] in shown
    )


def uses_of(ledger: Ledger, rows: "Sequence[pd.Series]") -> dict[str, FieldUse]:
    """Where predictions stand, by id."""
    with ledger.truth() as truth:
        uses = truth.uses_of([row["crop_id"] for row in rows])
    return {use.prediction_id: use for use in uses}


def _unlike(fields: "pd.DataFrame", odd: np.ndarray) -> list[int]:
    """The most unusual ones; those that say nothing to whoever sees them (blank, not to be seen) come last."""
    order = np.argsort(-odd, kind="stable")[:CHOICE]
    waiting = [int(n) for n in order if odd[n] >= odd.max() / 2]
    dull = np.asarray((fields["outcome"] == "blank") | fields["kind"].isin(SENSITIVE_KINDS))
    names, pages = list(fields["field"]), [tuple(row) for row in fields[list(PAGE)].to_numpy()]
    chosen: list[int] = []
    had: Counter[object] = Counter()
    while waiting and len(chosen) < MOST:
        best = min(waiting, key=lambda n: (dull[n], had[names[n]], had[pages[n]], -odd[n]))
        waiting.remove(best)
        chosen.append(best)
        had.update([names[best], pages[best]])
    return chosen


def _typical(found: Diagnosis, row: "pd.Series", had: set[str]) -> "pd.Series | None":
    """The same field of a page before, of the same source if there is one, as near to the median as any that is not
    shown yet."""
    old = found.seen.before
    old = old[(old["form"] == row["form"]) & (old["field"] == row["field"])]
    for better in (
        lambda rows: rows["outcome"] != "blank",
        lambda rows: ~rows["prediction_id"].isin(had),
        lambda rows: rows["source"] == row["source"],
    ):
        old = old[better(old)] if better(old).any() else old
    if old.empty:
        return None
    if found.scores.asked not in old:
        return old.iloc[-1]
    values = floats(old, found.scores.asked)
    apart = np.abs(values - np.nanmedian(values)) if np.isfinite(values).any() else np.zeros(len(values))
    return old.iloc[int(np.argmin(np.nan_to_num(apart, nan=np.inf)))]


def _examples(ledger: Ledger, rows: "Sequence[pd.Series]") -> dict[str, Example]:
    uses = uses_of(ledger, rows)
    return {
        name: Example(use=use, png=None if use.is_sensitive or use.erased_at else ledger.crop_png(use.crop_id))
        for name, use in uses.items()
        if name in {row["prediction_id"] for row in rows}
    }
