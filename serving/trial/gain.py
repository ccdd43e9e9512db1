"""Is a challenger better than the champion? A bet that may be looked at after every label.

Pair i is a crop that both have read: its gain g_i is 1 if only the challenger is right, -1 if only the champion is, and
0 if both are or neither. Where both say the same the gain is 0 and nobody need look. Where they differ, people are
asked with a known probability p_i; let x_i = g_i / p_i if they were, else 0. Whatever was asked, the mean of x_i is the
gain m_i that the pair was expected to have, given all before.

Who holds that the challenger is better multiplies a capital of 1 by 1 + b x_i with each pair, b below every p_i:

    W_n(b) = prod (1 + b x_i),    and against a supposed mean gain m    W_n(b) / (1 + b m) ** n

*The null hypothesis* is that the mean of m_1 ... m_n is not above m = 0: over the crops so far the challenger is no
better, however easy and hard ones are ordered. prod (1 + b x_i) / prod (1 + b m_i) is a martingale that starts at 1,
and prod (1 + b m_i) <= (1 + b mean) ** n (arithmetic and geometric mean). So whenever the null hypothesis holds, W_n
is not above that martingale, which ever reaches 1 / alpha with probability alpha at most (Ville 1939): to promote at
1 / alpha is wrong with probability alpha at most, whenever one looks and stops.

The bets are those of Waudby-Smith and Ramdas (Estimating means of bounded random variables by betting, JRSS B 2024),
with the importance weights of Karampatziakis, Mineiro and Ramdas (Off-policy confidence sequences, ICML 2021). The
capital is spread evenly over b once and for all (the method of mixtures, Robbins 1970). Where all that differ are
asked, only discordant pairs count, a bet b says that the challenger wins the share (1 + b) / 2 of them, and the
mixture is the one-sided beta-binomial of Robbins: McNemar's test that one may look at every day. Crops that come into a
trial by lot, each with the same probability, change nothing: it cancels in b x_i.
"""

import math

import numpy as np

BETS = 32
"""The capital lies on so many bets, evenly between 0 and the least probability."""

HALVINGS = 40
"""Bounds are found to so many binary digits."""


def log_wealth(gains: np.ndarray, probabilities: np.ndarray | float = 1.0, floor: float = 1.0) -> np.ndarray:
    """(..., n) logarithm of the capital after each pair, for (..., n) gains in [-1, 1] of pairs that were asked.

    `probabilities` are those with which they were; `floor` is at most the least that any could have had, and is fixed
    beforehand. Pairs that were not asked, or differ in nothing, may be left out: they change nothing.
    """
    bets = floor * (np.arange(BETS) + 0.5) / BETS
    x = np.asarray(gains, float) / np.asarray(probabilities, float)
    logs = np.log1p(x[..., np.newaxis] * bets).cumsum(axis=-2)
    top = logs.max(axis=-1, keepdims=True)
    return np.asarray(top[..., 0] + np.log(np.exp(logs - top).mean(axis=-1)))


def evidence(gains: np.ndarray, probabilities: np.ndarray | float = 1.0, floor: float = 1.0) -> float:
    """The most that the capital ever was, at least 1, with NaN gains (no answer yet) supposed to be lost.

    Pairs stand in the order in which they came, not in that of their answers, which may depend on what they say. An
    answer that is missing can only make it less, so that it may be looked at before all are in.
    """
    gains = np.asarray(gains, float)
    if not gains.size:
        return 1.0
    return float(np.exp(max(0.0, log_wealth(np.where(np.isnan(gains), -1.0, gains), probabilities, floor).max())))


def interval(
    gains: np.ndarray, probabilities: np.ndarray, pairs: int, *, floor: float = 1.0, doubt: float = 0.05
) -> tuple[float, float]:
    """(low, high) of the mean gain over all `pairs`, asked or not: right at all times with certainty 1 - doubt.

    A gain that is NaN is lost for the lower end and won for the upper one.
    """
    gains, p = np.asarray(gains, float), np.asarray(probabilities, float)
    if not pairs:
        return -1.0, 1.0
    low = _bound(np.where(np.isnan(gains), -1.0, gains), p, pairs, floor, doubt / 2)
    high = -_bound(np.where(np.isnan(gains), -1.0, -gains), p, pairs, floor, doubt / 2)
    return low, high


def _bound(gains: np.ndarray, p: np.ndarray, pairs: int, floor: float, doubt: float) -> float:
    """The greatest mean gain that is refuted as being too small to be true."""
    bets = floor * (np.arange(BETS) + 0.5) / BETS
    logs = np.log1p(np.outer(bets, gains / p)).sum(axis=1)
    low, high = -1.0, 1.0
    for _ in range(HALVINGS):
        middle = (low + high) / 2
        against = logs - pairs * np.log1p(bets * middle)
        top = against.max()
        rich = top + math.log(np.exp(against - top).mean()) > -math.log(doubt)
        low, high = (middle, high) if rich else (low, middle)
    return low
