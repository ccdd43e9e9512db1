"""Ranks: where a page lies among those of a closed reference, as a number that is uniform while nothing changes.

The reference's n values part the line into n + 1 gaps. Of pages that are exchangeable with them, the next lies in each
gap with probability 1 / (n + 1); after t more, of which c lay in a gap, with (1 + c) / (n + 1 + t): Polya's urn. So a
page's rank among the reference and all that came since is uniform given all ranks before, however long one looks, and
nothing but a count per gap needs to be remembered. (That is an online conformal p-value: Vovk, Gammerman and Shafer,
Algorithmic Learning in a Random World, 2005. A rank among the reference alone is uniform too, but ranks of several
pages are not independent then, and who bets on them wins in the end though nothing changes.)

Gaps are put together into bins, one, one, two, four, eight ... from either end, so that ends are told apart finely.
Equal values are put in order by chance, as is a page within its bin.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np


def gaps(n: int) -> np.ndarray:
    """(k,) of int: how many of the n + 1 gaps lie in each bin; about 2 log2(n) bins, the same from either end."""
    half, sizes = (n + 1) // 2, [1]
    while sum(sizes) < half:
        sizes.append(min(sum(sizes), half - sum(sizes)))
    middle = [] if (n + 1) % 2 == 0 else [1]
    return np.array([*sizes, *middle, *reversed(sizes)], int)


@dataclass(frozen=True, kw_only=True, eq=False)
class Reference:
    """The bins of n values: (k - 1,) `edges` with the `ties` that put equal values in order, and (k,) `gaps` in each;
    and their `mean`."""

    edges: np.ndarray
    ties: np.ndarray
    gaps: np.ndarray
    mean: float

    @classmethod
    def of(cls, values: np.ndarray, ties: np.ndarray) -> "Reference":
        """Of (n,) finite values, n >= 1."""
        order, counts = np.lexsort((ties, values)), gaps(len(values))
        at = order[np.cumsum(counts)[:-1] - 1]
        return cls(edges=values[at], ties=ties[at], gaps=counts, mean=float(values.mean()))

    @classmethod
    def from_plain(cls, plain: Mapping[str, Any]) -> "Reference":
        """What `plain` wrote."""
        lists = {name: np.array(plain[name], float) for name in ("edges", "ties")}
        return cls(**lists, gaps=np.array(plain["gaps"], int), mean=float(plain["mean"]))

    @property
    def plain(self) -> dict[str, Any]:
        """For JSON."""
        lists = {name: getattr(self, name).tolist() for name in ("edges", "ties", "gaps")}
        return lists | {"mean": self.mean}

    @property
    def shares(self) -> np.ndarray:
        """(k,) of units expected in each bin."""
        return np.asarray(self.gaps / self.gaps.sum())

    def bins(self, values: np.ndarray, ties: np.ndarray) -> np.ndarray:
        """(t,) of int: the bin of each value."""
        above = values[:, None] > self.edges
        level = (values[:, None] == self.edges) & (ties[:, None] > self.ties)
        return np.asarray((above | level).sum(axis=1))


def p_values(
    bins: np.ndarray, within: np.ndarray, gaps: np.ndarray, counts: np.ndarray
) -> tuple[np.ndarray, np.ndarray]:
    """The (..., t) ranks in (0, 1) of pages that lie in these bins, lowest 0, and the counts after them.

    `within` in (0, 1) puts each page in order within its bin; `gaps` and `counts`, (..., k), are those before them.
    """
    one_hot = np.asarray(bins[..., None] == np.arange(gaps.shape[-1]), float)
    seen = one_hot.cumsum(axis=-2)
    mass = gaps[..., None, :] + counts[..., None, :] + seen - one_hot
    below = (mass.cumsum(axis=-1) * one_hot).sum(axis=-1)
    own = (mass * one_hot).sum(axis=-1)
    total = mass.sum(axis=-1)
    after = counts + seen[..., -1, :] if bins.shape[-1] else counts
    return (below - own + within * own) / total, after


def chance(keys: np.ndarray, salt: int, names: Sequence[int] = (0, 1)) -> tuple[np.ndarray, ...]:
    """For each name (t,) numbers in (0, 1) that are as if by chance, and the same again for the same keys (uint64).

    SplitMix64 (Steele, Lea and Flood 2014).
    """
    found = []
    for name in names:
        with np.errstate(over="ignore"):
            x = keys ^ np.uint64(salt) ^ np.uint64(0x9E3779B97F4A7C15 * (name + 1) % 2**64)
            x = (x ^ (x >> np.uint64(30))) * np.uint64(0xBF58476D1CE4E5B9)
            x = (x ^ (x >> np.uint64(27))) * np.uint64(0x94D049BB133111EB)
            x = x ^ (x >> np.uint64(31))
        found.append(((x >> np.uint64(11)).astype(float) + 0.5) / 2.0**53)
    return tuple(found)
