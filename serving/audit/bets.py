"""The bets behind an always-valid interval for how many accepted fields are wrong.

Field i is drawn with probability p_i; let x_i = 1 / p_i if it was drawn and found wrong, else 0. Whatever confidences
are worth and however fields resemble each other, the mean of x_i is the chance m_i that field i is wrong. Who holds
that errors are more frequent than m multiplies his capital by 1 + b x_i with each field and pays 1 + b m; who holds
that they are rarer, by 1 - b x_i and pays 1 - b m. If m is the mean of m_1 ... m_n, the capital

    prod (1 +- b x_i) / (1 +- b m) ** n

is never above a martingale that starts at 1 (arithmetic and geometric mean), so it ever reaches 1 / alpha with
probability alpha at most (Ville 1939). The interval holds every m at which nobody has become so rich.

These are the bets of Waudby-Smith and Ramdas (Estimating means of bounded random variables by betting, JRSS B 2024)
and, with importance weights, of Karampatziakis, Mineiro and Ramdas (Off-policy confidence sequences, ICML 2021) and of
Waudby-Smith, Wu, Ramdas, Karampatziakis and Mineiro (Anytime-valid off-policy inference, 2022). Bets are not chosen one
by one: the capital is spread over a grid of b once and for all (the method of mixtures, Robbins 1970). So it depends on
the number of fields and the errors that were found, on nothing else: no grid over m, and no work for what is right.
"""

import math

import numpy as np

OCTAVES = np.arange(-10, 8.25, 0.5)
"""Bets as powers of two of the floor: small ones for when many errors were found, large ones for few."""

LOG_WEIGHTS = math.log(2) * np.where(OCTAVES < 0, OCTAVES, -OCTAVES / 2)
"""How the capital is spread over them: half as much per octave below the floor, and per two octaves above it."""

ALL_IN = 0.999
"""The greatest bet on few errors, as a part of the floor; with the whole of it one error could end all."""

HALVINGS = 40
"""Bounds are found to so many binary digits."""


class Bets:
    """Capital spread over constant bets, (k,): all above 0 (on more errors than supposed) or all below (on fewer)."""

    def __init__(self, bets: np.ndarray, log_weights: np.ndarray) -> None:
        self.bets = bets
        self.logs = log_weights - math.log(np.exp(log_weights).sum())

    def place(self, probabilities: np.ndarray) -> np.ndarray:
        """Errors were found in fields that were drawn with (e,) probabilities, one after the other.

        Returns (e + 1, k) logarithms of the capital: before all of them, after the first, ...
        """
        steps = np.log1p(self.bets / probabilities[:, np.newaxis])
        logs = np.cumsum(np.concatenate([self.logs[np.newaxis], steps]), axis=0)
        self.logs = logs[-1]
        return np.asarray(logs)

    def bound(self, so_far: float, logs: np.ndarray, fields: np.ndarray, doubt: float) -> float:
        """The bound `so_far` on the share of errors, moved inwards past all that made somebody 1 / doubt times as rich.

        (e, k) logarithms of the capital after (e,) fields are looked at together. The farther from the truth what is
        supposed, the richer is who bets against it, so the bound lies where the last of them stops being rich.
        """
        refuted, open_still = so_far, (1.0 if self.bets[0] > 0 else 0.0)
        rich = self.log_capital(refuted, logs, fields) > -math.log(doubt)
        if not rich.any():
            return so_far
        for _ in range(HALVINGS):
            logs, fields = (logs[rich], fields[rich]) if rich.any() else (logs, fields)
            middle = (refuted + open_still) / 2
            rich = self.log_capital(middle, logs, fields) > -math.log(doubt)
            refuted, open_still = (middle, open_still) if rich.any() else (refuted, middle)
        return refuted

    def log_capital(self, risk: float, logs: np.ndarray, fields: np.ndarray) -> np.ndarray:
        """(e,) logarithms of the whole capital, if the share `risk` of the fields was supposed to be wrong."""
        logs = logs - np.outer(fields, np.log1p(self.bets * risk))
        top = logs.max(axis=1)
        return np.asarray(top + np.log(np.exp(logs - top[:, np.newaxis]).sum(axis=1)))


def bets_on_more(floor: float) -> Bets:
    """Bets that errors are more frequent than supposed, for fields drawn with at least the probability `floor`."""
    return Bets(floor * 2**OCTAVES, LOG_WEIGHTS)


def bets_on_fewer(floor: float) -> Bets:
    """Bets that errors are rarer than supposed; none is above the floor, or capital could become negative."""
    small = OCTAVES <= 0
    return Bets(-ALL_IN * floor * 2 ** OCTAVES[small], LOG_WEIGHTS[small])
