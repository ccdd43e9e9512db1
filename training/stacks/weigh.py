"""Fit the weights of a combiner: a conditional logit over the claims of each field (McFadden 1974)."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from scipy.optimize import minimize

from recognizer.stack import ITSELF, Claim, Weights, width

SPREAD = 0.5
"""How far weights of one kind stray from the shared ones, as a standard deviation: kinds with few cases stay near."""

SHARED_SPREAD = 3.0
ROUNDS = 200


@dataclass(frozen=True, kw_only=True, eq=False)
class Contest:
    """The claims of one field, (claims, voices) numbers for them, and the place of the true one, or -1."""

    kind: str
    claims: Sequence[Claim]
    voices: np.ndarray
    true: int


def fit_weights(contests: Sequence[Contest], components: int) -> Weights:
    """Weights by kind and `shared` ones, most likely, drawn towards the common ones (partial pooling)."""
    wide = width(components)
    kinds = sorted({each.kind for each in contests})
    fought = [each for each in contests if each.true >= 0 and len(each.claims) > 1]
    start = np.concatenate([np.tile([0.5, 0.0, 0.0, 0.5], components), np.zeros(len(ITSELF))])
    if not fought:
        return {"shared": start.tolist()}
    fought.sort(key=lambda each: kinds.index(each.kind))
    sizes = np.array([len(each.claims) for each in fought])
    rows, begins = np.concatenate([each.voices for each in fought]), np.concatenate([[0], np.cumsum(sizes)[:-1]])
    true = begins + [each.true for each in fought]
    present, first = np.unique([kinds.index(each.kind) for each in fought], return_index=True)
    bounds = [*begins[first].tolist(), len(rows)]
    parts = [(int(k), slice(low, high)) for k, low, high in zip(present, bounds, bounds[1:], strict=False)]
    shape = (1 + len(kinds), wide)

    def loss(flat: np.ndarray) -> tuple[float, np.ndarray]:
        weights, gradient = flat.reshape(shape), np.zeros(shape)
        scores = np.concatenate([rows[part] @ weights[1 + kind] for kind, part in parts])
        scores -= np.repeat(np.maximum.reduceat(scores, begins), sizes)
        shares = np.exp(scores)
        sums = np.add.reduceat(shares, begins)
        shares /= np.repeat(sums, sizes)
        value = float(np.log(sums).sum() - scores[true].sum())
        shares[true] -= 1
        for kind, part in parts:
            gradient[1 + kind] = shares[part] @ rows[part]
        strayed, common = (weights[1:] - weights[0]) / SPREAD, (weights[0] - start) / SHARED_SPREAD
        gradient[1:] += strayed / SPREAD
        gradient[0] += common / SHARED_SPREAD - (strayed / SPREAD).sum(axis=0)
        return value + float((strayed**2).sum() + (common**2).sum()) / 2, gradient.ravel()

    best = minimize(loss, np.tile(start, shape[0]), jac=True, method="L-BFGS-B", options={"maxiter": ROUNDS})
    found = best.x.reshape(shape).tolist()
    return {"shared": found[0], **dict(zip(kinds, found[1:], strict=True))}
