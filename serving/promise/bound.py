"""What a number of checked readings says of the share of wrong ones: exact binomial tails, and clusters of writers."""

import math

import numpy as np
from scipy.special import betainc, betaincinv


def tail(labels: float, wrong: float, risk: float) -> float:
    """P(at most `wrong` of `labels` are wrong) if each is so with probability `risk`: small if the risk is less.

    For whole numbers that of the binomial distribution; fractions of labels interpolate it.
    """
    if wrong >= labels:
        return 1.0
    return float(betainc(labels - wrong, wrong + 1, 1 - risk))


def upper_bound(labels: float, wrong: float, doubt: float) -> float:
    """The greatest risk that is not excluded with certainty 1 - `doubt` (Clopper and Pearson 1934)."""
    return 1.0 if wrong >= labels else float(betaincinv(wrong + 1, labels - wrong, 1 - doubt))


def labels_needed(risk: float, doubt: float) -> int:
    """The fewest labels, none of them wrong, that exclude a greater risk: 598 for 0.5% and 5%."""
    return math.ceil(math.log(doubt) / math.log1p(-risk) - 1e-9)


def wrong_allowed(labels: float, risk: float, doubt: float) -> int:
    """How many of so many labels may be wrong at most; -1 where there are too few labels."""
    if tail(labels, 0, risk) > doubt:
        return -1
    wrong = max(0, int(labels * risk - 4 * math.sqrt(labels * risk)))
    while tail(labels, wrong + 1, risk) <= doubt:
        wrong += 1
    return wrong


def lumps(writers: np.ndarray) -> np.ndarray:
    """(n,) for the first 1, 2, ... labels of (n,) int writers: the labels that a label's writer has in the mean."""
    order = np.argsort(writers, kind="stable")
    ranks = np.arange(len(writers))
    is_first = np.append(True, np.diff(writers[order]) != 0)[: len(writers)]
    before = np.empty(len(writers), int)
    before[order] = ranks - np.maximum.accumulate(np.where(is_first, ranks, 0))
    return np.asarray(np.cumsum(2 * before + 1) / (ranks + 1))


def intraclass_correlation(confidences: np.ndarray, right: np.ndarray, writers: np.ndarray) -> float:
    """How much errors of one writer go together beyond what the confidences foresee, in [0, 1].

    The variance of the writers' sums of surprises (error less its expectation, 1 - confidence) is compared with what it
    would be if fields were independent, and with what it would be if each writer's were all alike.
    """
    surprise = (1 - right) - (1 - confidences)
    variance, sizes = (surprise**2).sum(), np.bincount(writers)
    alike = (sizes**2).sum() / max(1, len(writers)) - 1
    if alike < 1e-9 or variance < 1e-12:
        return 0.0
    return float(np.clip(((np.bincount(writers, surprise) ** 2).sum() / variance - 1) / alike, 0, 1))


def design_effect(correlation: float, lump: float) -> float:
    """How many labels are worth one independent label where a writer has `lump` of them, at least 1 (Kish 1965)."""
    return 1 + correlation * (lump - 1)
