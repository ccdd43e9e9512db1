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


def intraclass_correlation(confidences: np.ndarray, right: np.ndarray, writers: np.ndarray) -> float:
    """How much errors of one writer go together beyond what the confidences foresee, in [0, 1].

    The mean product of two fields' errors, each less its expectation 1 - confidence, over that of independent ones.
    """
    surprise = (1 - right) - (1 - confidences)
    spread = np.sqrt(confidences * (1 - confidences))
    _, of = np.unique(writers, return_inverse=True)
    pairs = (np.bincount(of, surprise) ** 2).sum() - (surprise**2).sum()
    expected = (np.bincount(of, spread) ** 2).sum() - (spread**2).sum()
    return float(np.clip(pairs / expected, 0, 1)) if expected > 1e-9 else 0.0


def design_effect(correlation: float, writers: np.ndarray) -> float:
    """How many labels of these (n,) int writers are worth one independent label, at least 1 (Kish 1965)."""
    sizes = np.bincount(writers)
    return float(1 + correlation * ((sizes**2).sum() / max(1, len(writers)) - 1))
