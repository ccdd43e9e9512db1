"""How much a measure moved, beside how surely: since when, from what to what, and by which distance."""

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np

from serving.monitors.bets import BETS, log_gains
from serving.monitors.ranks import Reference, chance
from serving.monitors.stream import Rows


@dataclass(frozen=True, kw_only=True)
class Effect:
    """The units from position `start` on against the reference: means `was` and `now`, how (`side`), the population
    stability index and the distance of Kolmogorov and Smirnov over the reference's bins."""

    start: int
    was: float
    now: float
    side: str
    psi: float
    ks: float


def effect(rows: Rows, references: Mapping[str, Reference], salt: int) -> Effect | None:
    """Of units, of which the last is that at which a stream sounded; None where none is of a category with a reference.

    The start is where those who bet would best have begun (Page 1954).
    """
    size = max((len(each.gaps) for each in references.values()), default=0)
    like = {name: each for name, each in references.items() if len(each.gaps) == size}
    at = np.flatnonzero([category in like for category in rows.categories])
    if not len(at):
        return None
    named, values = rows.categories[at], rows.values[at]
    bins, ranks = _placed(rows.where(at), like, salt)
    after = log_gains(ranks)[::-1].cumsum(axis=0)[::-1]  # from each unit to the end
    start, bet = np.unravel_index(int(after.argmax()), after.shape)
    shares = np.mean([like[each].shares for each in named[start:]], axis=0)
    found = np.bincount(bins[start:], minlength=size)
    return Effect(
        start=int(at[start]), was=float(np.mean([like[each].mean for each in named[start:]])),
        now=float(values[start:].mean()), side=BETS[int(bet)][0], psi=psi(shares, found),
        ks=float(np.abs((shares - found / found.sum()).cumsum()).max()),
    )  # fmt: skip


def _placed(rows: Rows, references: Mapping[str, Reference], salt: int) -> tuple[np.ndarray, np.ndarray]:
    """The bin of each unit, and its rank among its reference alone."""
    ties, within = chance(rows.keys, salt)
    bins, ranks = np.empty(len(rows.values), int), np.empty(len(rows.values))
    for category, reference in references.items():
        mine = rows.categories == category
        bins[mine] = reference.bins(rows.values[mine], ties[mine])
        edges = np.concatenate([[0], reference.shares.cumsum()])
        low, high = edges[bins[mine]], edges[bins[mine] + 1]
        ranks[mine] = low + within[mine] * (high - low)
    return bins, np.clip(ranks, 1e-12, 1 - 1e-12)


def psi(shares: np.ndarray, found: np.ndarray) -> float:
    """The population stability index: the symmetrized divergence of Kullback and Leibler (Jeffreys 1946) over bins.

    `shares` are those expected, `found` counts; each bin counts as if half a unit more lay in it.
    """
    seen = (found + 0.5) / (found.sum() + 0.5 * len(found))
    return float(((seen - shares) * np.log(seen / shares)).sum())
