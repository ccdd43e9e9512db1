"""How good readings and their confidences are, with intervals."""

from collections.abc import Callable, Sequence

import numpy as np
from rapidfuzz.distance import Levenshtein
from scipy.stats import rankdata

BINS = 15
RESAMPLES = 1000


def edits(read: Sequence[str], truth: Sequence[str]) -> np.ndarray:
    """(n,) edit distances in characters."""
    return np.array([Levenshtein.distance(a, b) for a, b in zip(read, truth, strict=True)], int)


def cer(distances: np.ndarray, lengths: np.ndarray) -> float:
    """Edits per true character, over all texts together."""
    return float(distances.sum() / max(1, lengths.sum()))


def interval(
    measure: Callable[[np.ndarray], float], writers: Sequence[str], fewest: int = 10, seed: int = 0
) -> tuple[float, float]:
    """95% percentile bootstrap of `measure`, which is given the indices of a resample.

    Whole writers are drawn, as samples of one hand go wrong together; fewer than `fewest` would say nothing of others,
    so that then samples are drawn, and the interval is about these very writers.
    """
    people, number = np.unique(np.array(writers), return_inverse=True)
    if len(people) < fewest:
        number = np.arange(len(writers))
    groups = np.split(np.argsort(number, kind="stable"), np.cumsum(np.bincount(number))[:-1])
    rng = np.random.default_rng(seed)
    drawn = (rng.integers(len(groups), size=len(groups)) for _ in range(RESAMPLES))
    found = [measure(np.concatenate([groups[g] for g in chosen])) for chosen in drawn]
    low, high = np.percentile(found, (2.5, 97.5))
    return float(low), float(high)


def calibration_error(confidence: np.ndarray, right: np.ndarray, bins: int = BINS) -> float:
    """ECE: mean distance of confidence and accuracy over bins of equal mass (Naeini et al., 2015)."""
    if len(confidence) == 0:
        return float("nan")
    parts = [part for part in np.array_split(np.argsort(confidence, kind="stable"), bins) if len(part)]
    return float(sum(len(p) * abs(confidence[p].mean() - right[p].mean()) for p in parts) / len(confidence))


def auroc(confidence: np.ndarray, right: np.ndarray) -> float:
    """Probability that a right reading is surer than a wrong one; ties count half. NaN where all are of one sort."""
    rights = int(right.sum())
    wrongs = len(right) - rights
    if not rights or not wrongs:
        return float("nan")
    return float((rankdata(confidence)[right].sum() - rights * (rights + 1) / 2) / (rights * wrongs))


def risk_coverage(confidence: np.ndarray, right: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """(coverage, risk) for every threshold that tells readings apart: those of equal confidence stand together."""
    order = np.argsort(-confidence, kind="stable")
    wrong, ranks = np.cumsum(~right[order]), np.arange(1, len(order) + 1)
    last = np.append(np.diff(confidence[order]) != 0, True)
    return ranks[last] / len(order), wrong[last] / ranks[last]


def aurc(confidence: np.ndarray, right: np.ndarray) -> float:
    """Area under the risk-coverage curve: mean risk over all coverages (Geifman et al., 2019)."""
    coverage, risk = risk_coverage(confidence, right)
    return float((np.diff(coverage, prepend=0.0) * risk).sum())


def coverage_at(confidence: np.ndarray, right: np.ndarray, most: float = 0.005) -> float:
    """The largest share of readings, surest first, of which at most the share `most` is wrong."""
    coverage, risk = risk_coverage(confidence, right)
    return float(max(coverage[risk <= most], default=0.0))
