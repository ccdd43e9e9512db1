"""What of the fields, pages and votes is not as it was."""

from dataclasses import dataclass, field

import numpy as np

CHANCE = 0.01
"""Of all measures that are asked together, one is called shifted by mere chance with this probability at most."""
LEAST = 8
"""Of fewer pages nothing is said."""


@dataclass(frozen=True, kw_only=True)
class Shift:
    """A measure before and since: means, how many of each, and the distance of Kolmogorov and Smirnov, in [0, 1].

    `values` are those that were compared: (before,) and (since,).
    """

    measure: str
    was: float
    is_now: float
    before: int
    since: int
    distance: float
    limit: float
    values: tuple[np.ndarray, np.ndarray] = field(repr=False, compare=False)

    @property
    def is_real(self) -> bool:
        """Whether it can hardly be chance."""
        return self.distance > self.limit

    @property
    def says(self) -> str:
        """In words."""
        return f"{self.measure}: {self.was:.3g} was usual, now {self.is_now:.3g} (KS {self.distance:.2f})"


def shift(measure: str, before: np.ndarray, since: np.ndarray, asked: int) -> Shift | None:
    """How far a measure moved; None where there is too little of it. `asked`: so many measures are asked together.

    The limit is that of Dvoretzky, Kiefer and Wolfowitz for two samples, with the constant e (Wei and Dudley 2012).
    """
    old, new = before[np.isfinite(before)], since[np.isfinite(since)]
    if min(len(old), len(new)) < LEAST:
        return None
    limit = np.sqrt(np.log(np.e * asked / CHANCE) / 2 * (1 / len(old) + 1 / len(new)))
    return Shift(
        measure=measure, was=float(old.mean()), is_now=float(new.mean()), before=len(old), since=len(new),
        distance=distance(old, new), limit=float(limit), values=(old, new),
    )  # fmt: skip


def distance(old: np.ndarray, new: np.ndarray) -> float:
    """The greatest difference of two distribution functions: what `scipy.stats.ks_2samp` says, in a fortieth of the
    time."""
    at = np.concatenate([old, new])
    below = (np.searchsorted(np.sort(values), at, "right") / len(values) for values in (old, new))
    return float(np.abs(next(below) - next(below)).max())


def oddness(values: np.ndarray, before: np.ndarray) -> np.ndarray:
    """(n,) in [0, 1]: 0 for each value that is among the usual four fifths, 1 where none was as far from the median."""
    known = before[np.isfinite(before)]
    if not len(known):
        return np.zeros(len(values))
    middle = np.median(known)
    apart = np.sort(np.abs(known - middle))
    rank = np.searchsorted(apart, np.abs(values - middle), "left") / len(apart)
    return np.where(np.isfinite(values), np.clip((rank - 0.8) / 0.2, 0, 1), 0.0)
