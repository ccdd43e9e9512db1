"""Bets that ranks are not uniform any more, which may be looked at after every page.

Somebody stakes a part of one unit before every page, and plays on with it: on ranks that are high, low, apart (at
either end) or together (in the middle), more or less strongly. Each bet multiplies the stake by a density on (0, 1),
which is no gain in the mean while ranks are uniform given all before. The stakes of all pages that will ever come are
one unit together, so what is won plus what is not staked yet is a martingale that begins at 1, and it ever reaches
1 / a with probability a at most (Ville 1939). A new stake with every page is what finds a change that comes late
(Shiryaev 1963, Roberts 1966; with conformal ranks Volkhonskiy et al., Inductive conformal martingales for change-point
detection, 2017; with e-processes Shin, Ramdas and Rinaldo, E-detectors, 2024).

Bets lose where ranks are nearly uniform, too: what moves by next to nothing is no alarm, however long it is seen.
"""

import math

import numpy as np

STRENGTHS = (0.25, 0.6)
"""Exponents of the power densities r p ** (r - 1) (Vovk, Gammerman and Shafer 2005): small ones gain much from the most
extreme pages, great ones from pages that are a little unusual."""
SIDES = ("higher", "lower", "wider", "narrower")
BETS = tuple((side, strength) for side in SIDES for strength in STRENGTHS)

_SUM = 2.1097428
"""Of 1 / (m ln(m) ** 2) over m = 2, 3, 4 ..."""


def share(k: np.ndarray | int) -> np.ndarray:
    """Of what is to be spent once and for all, the part of the k-th, k = 1, 2 ...: all parts together are 1.

    It falls hardly faster than 1 / k: whoever comes late still gets something.
    """
    m = np.asarray(k, float) + 1
    return np.asarray(1 / (_SUM * m * np.log(m) ** 2))


def log_gains(ranks: np.ndarray) -> np.ndarray:
    """(..., len(BETS)): by which factor each bet multiplies its stake, as a logarithm."""
    sides = (1 - ranks, ranks, np.minimum(2 * ranks, 2 - 2 * ranks), np.abs(2 * ranks - 1))
    logs = np.log(np.maximum(np.stack(sides, axis=-1), 1e-300))
    gains = [math.log(r) + (r - 1) * logs[..., n] for n in range(len(SIDES)) for r in STRENGTHS]
    return np.stack(gains, axis=-1)


def play(gains: np.ndarray, fortunes: np.ndarray, seen: np.ndarray | int) -> np.ndarray:
    """(..., t, bets): the logarithm of what each bet has won after each page.

    `gains` (..., t, bets) are the pages' factors; `fortunes` (..., bets) what was won before, -inf for nothing, after
    `seen` pages.
    """
    t = gains.shape[-2]
    if not t:
        return gains
    stakes = np.log(share(np.asarray(seen)[..., None] + np.arange(1, t + 1)) / len(BETS))
    after = gains.cumsum(axis=-2)
    before = np.concatenate([np.zeros_like(after[..., :1, :]), after[..., :-1, :]], axis=-2)
    put_in = stakes[..., None] - before
    put_in[..., 0, :] = np.logaddexp(put_in[..., 0, :], fortunes)
    return np.asarray(after + np.logaddexp.accumulate(put_in, axis=-2))


def evidence(won: np.ndarray) -> np.ndarray:
    """(...,) the logarithm of what all bets (last axis) have won together."""
    return np.asarray(np.logaddexp.reduce(won, axis=-1))


def due(alpha: float, k: np.ndarray | int) -> np.ndarray:
    """The evidence at which the k-th stream sounds, so that any of all streams ever does by chance with probability
    `alpha` at most."""
    return np.asarray(-np.log(alpha * share(k)))
