"""Who says what where which answer is true, learned without knowing the truth.

A. P. Dawid and A. M. Skene (1979), Maximum likelihood estimation of observer error-rates using the EM algorithm,
Applied Statistics 28. With Dirichlet priors (maximum a posteriori), so that few votes do no harm.
"""

from dataclasses import dataclass

import numpy as np

ROUNDS = 100
TOLERANCE = 1e-6
UNKNOWN = -1


@dataclass(frozen=True, kw_only=True)
class Confusion:
    """`truth` is (items, classes), the probability of each class; `matrices` (people, classes, classes), row i what
    a person says where class i is true; `shares` (classes,), how frequent each is.
    """

    truth: np.ndarray
    matrices: np.ndarray
    shares: np.ndarray


def dawid_skene(
    items: np.ndarray, people: np.ndarray, said: np.ndarray, known: np.ndarray, prior: np.ndarray
) -> Confusion:
    """Fits votes (n,): vote v is that person `people[v]` said class `said[v]` of item `items[v]`.

    `known` is (items,), the true class or `UNKNOWN`; `prior` (people, classes, classes), pseudo-counts above zero.
    Starts from the majority; deterministic.
    """
    classes = prior.shape[1]
    votes = np.zeros((len(known), classes))
    np.add.at(votes, (items, said), 1.0)
    truth = _clamped((votes + 1e-3) / (votes + 1e-3).sum(1, keepdims=True), known)
    for _ in range(ROUNDS):
        matrices, shares = _tallied(items, people, said, truth, prior)
        logs = np.tile(np.log(shares), (len(known), 1))
        np.add.at(logs, items, np.log(matrices)[people, :, said])
        weights = np.exp(logs - logs.max(1, keepdims=True))
        before, truth = truth, _clamped(weights / weights.sum(1, keepdims=True), known)
        if np.abs(truth - before).max(initial=0.0) < TOLERANCE:
            break
    return Confusion(truth=truth, matrices=matrices, shares=shares)


def _tallied(
    items: np.ndarray, people: np.ndarray, said: np.ndarray, truth: np.ndarray, prior: np.ndarray
) -> tuple[np.ndarray, np.ndarray]:
    """The confusion matrices and the frequencies of the classes, given how probable each class of each item is."""
    counts = prior.astype(float)
    np.add.at(counts.transpose(0, 2, 1), (people, said), truth[items])
    shares = truth.sum(0) + 1.0
    return counts / counts.sum(2, keepdims=True), shares / shares.sum()


def _clamped(truth: np.ndarray, known: np.ndarray) -> np.ndarray:
    sure = known != UNKNOWN
    return np.where(sure[:, None], np.eye(truth.shape[1])[known], truth)
