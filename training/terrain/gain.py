"""What solving a slice would save, and how sure that is.

A field whose every reading could be accepted and right would cost nothing. A condition (long, blurred, of a style)
that did no more harm would cost what other fields of the same name cost without it: only the difference is to be
gained, so that a slice is not dear just because it holds much of a dear field. Intervals come from resampling pages (a
cluster bootstrap: fields of one page share writer and scanner).
"""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from training.terrain.slices import Slice

if TYPE_CHECKING:
    import pandas as pd

REPEATS = 200
SURE = 0.9
PER_PAGES = 1_000


@dataclass(frozen=True, kw_only=True)
class Gain:
    """Minutes of people that solving a slice saves in a thousand pages, in expectation and between `low` and `high` in
    nine of ten resamples; `share` is its part of all that the ground costs. `review` is the share of its fields that
    people keyed or must key, `wrong` that of its accepted fields which blind votes contradict (None: nobody was asked).
    """

    slice: Slice
    fields: int
    pages: int
    minutes: float
    low: float
    high: float
    share: float
    review: float
    wrong: float | None

    @property
    def is_sure(self) -> bool:
        """Whether there is anything to gain, as far as the pages tell."""
        return self.low > 0


def gains(fields: "pd.DataFrame", found: Sequence[Slice], seed: int = 0) -> list[Gain]:
    """What each slice is worth, the most first."""
    if not len(fields):
        return []
    names, pages = np.unique(fields["page"].to_numpy(str), return_inverse=True)
    cost = fields["cost_s"].to_numpy(float)
    weights = _weights(len(names), seed)
    total = _sums(cost, pages, weights)[0]
    groups = fields.groupby(["form", "field"], observed=True).ngroup().to_numpy()
    told = [_gain(fields, each, pages, cost, groups, weights, total) for each in found]
    return sorted(told, key=lambda gain: -gain.minutes)


def _weights(pages: int, seed: int) -> np.ndarray:
    """(1 + REPEATS, pages) how often each page counts: once, and in each resample."""
    rng = np.random.default_rng(seed)
    drawn = rng.multinomial(pages, np.full(pages, 1 / pages), size=REPEATS)
    return np.concatenate([np.ones((1, pages)), drawn]).astype(np.float32)


def _sums(values: np.ndarray, pages: np.ndarray, weights: np.ndarray) -> np.ndarray:
    """(1 + REPEATS,) the sum of (n,) values on these pages, in each resample."""
    return weights @ np.bincount(pages, values, minlength=weights.shape[1]).astype(np.float32)


def _gain(
    fields: "pd.DataFrame", each: Slice, pages: np.ndarray, cost: np.ndarray, groups: np.ndarray, weights: np.ndarray,
    total: float,
) -> Gain:  # fmt: skip
    rows = each.rows
    saved = _sums(cost[rows], pages[rows], weights)
    if each.what != "field":
        saved = saved - _usual(rows, pages, cost, groups, weights)
    per = PER_PAGES / 60 / weights.shape[1]
    low, high = np.quantile(saved[1:], [(1 - SURE) / 2, (1 + SURE) / 2])
    inside = fields.iloc[rows]
    judged = inside[inside["accepted"].astype(bool) & inside["correct"].notna()]
    return Gain(
        slice=each, fields=len(rows), pages=len(np.unique(pages[rows])), minutes=float(saved[0] * per),
        low=float(low * per), high=float(high * per), share=float(saved[0] / total) if total else 0.0,
        review=float((~inside["accepted"].astype(bool)).mean()),
        wrong=float(judged["correct"].eq(False).mean()) if len(judged) else None,
    )  # fmt: skip


def _usual(
    rows: np.ndarray, pages: np.ndarray, cost: np.ndarray, groups: np.ndarray, weights: np.ndarray
) -> np.ndarray:
    """What as many fields of the same names cost outside the slice, in each resample."""
    outside = np.ones(len(cost), bool)
    outside[rows] = False
    usual = np.zeros(len(weights))
    for group in np.unique(groups[rows]):
        within, without = rows[groups[rows] == group], np.flatnonzero(outside & (groups == group))
        one = _sums(np.ones(len(within)), pages[within], weights)
        if len(without):
            mean = _sums(cost[without], pages[without], weights) / np.maximum(
                _sums(np.ones(len(without)), pages[without], weights), 1
            )
        else:
            mean = _sums(cost[within], pages[within], weights) / np.maximum(one, 1)  # nothing to compare it with
        usual += one * mean
    return usual
