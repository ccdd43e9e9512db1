"""What is most worth labelling next: doubt, disagreement and rarity, per second of somebody's time.

Picked one after the other, each as far from what is labelled or picked already as its doubt allows: two fields that
look alike teach little more than one (Sener and Savarese, Active learning for convolutional neural networks: a core-set
approach, ICLR 2018).
"""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

RARE = 0.1
"""What the rarest field is worth that nobody doubts, where one that is surely wrong and as rare is worth 1."""


@dataclass(frozen=True, kw_only=True)
class Candidate:
    """A field that nobody has keyed. `doubt` is the probability that its reading is wrong, `disagreement` how sure
    models are that say otherwise, both in [0, 1]; `seconds` is what keying it takes."""

    crop_id: str
    doubt: float
    disagreement: float
    seconds: float


@dataclass(frozen=True, kw_only=True)
class Pick:
    """A field worth labelling, with its `rarity` in [0, 1] when it was picked, and its `worth` per minute of work."""

    candidate: Candidate
    rarity: float
    worth: float


def picks(found: Sequence[Candidate], places: np.ndarray, labelled: np.ndarray, top: int) -> list[Pick]:
    """The `top` fields most worth labelling, best first.

    Args:
        found: n candidates.
        places: (n, d) float32 embeddings of length 1; all zeros where a field has none: its rarity is 0.
        labelled: (m, d) embeddings of what is labelled already.
    """
    if not found:
        return []
    has_place = np.linalg.norm(places, axis=1) > 0
    nearest = _distance(places, labelled) if len(labelled) else np.where(has_place, np.inf, 0.0)
    scale = _scale(places[has_place], nearest[has_place])
    wrong = np.array([max(each.doubt, each.disagreement) for each in found])
    seconds = np.array([each.seconds for each in found])
    left, chosen = np.ones(len(found), bool), list[Pick]()
    while len(chosen) < min(top, len(found)):
        rarity = np.where(has_place, np.minimum(nearest / scale, 1.0), 0.0)
        worth = 60 * (wrong * np.where(has_place, 0.5 + 0.5 * rarity, 1.0) + RARE * rarity) / seconds
        best = int(np.argmax(np.where(left, worth, -1.0)))
        chosen.append(Pick(candidate=found[best], rarity=float(rarity[best]), worth=float(worth[best])))
        left[best] = False
        nearest = np.minimum(nearest, _distance(places, places[best : best + 1]))
    return chosen


def _distance(places: np.ndarray, others: np.ndarray) -> np.ndarray:
    """Euclidean distance of each row to the nearest of the others, in parts that fit into memory."""
    parts = [np.sqrt(np.maximum(0.0, 2 - 2 * (places[i : i + 2000] @ others.T).max(axis=1)))
             for i in range(0, len(places), 2000)]  # fmt: skip
    return np.concatenate(parts)


def _scale(places: np.ndarray, nearest: np.ndarray) -> float:
    """The distance from which a field counts as rare: what nine in ten are nearer than to something labelled; where
    nothing is, to the middle of all."""
    finite = nearest[np.isfinite(nearest)]
    if not len(finite):
        finite = np.linalg.norm(places - places.mean(axis=0), axis=1) if len(places) else np.ones(1)
    return max(float(np.quantile(finite, 0.9)), 1e-3)
