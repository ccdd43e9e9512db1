"""The threshold that keeps a promise: Learn then Test with fixed-sequence testing (Angelopoulos et al. 2021).

Every candidate threshold is a hypothesis, "of what it accepts more than `risk` is wrong", and the binomial tail is its
p-value. They are tested one after the other from a high threshold to lower ones, each at the full level, until one is
not rejected: then the last threshold that passed is too risky with at most the probability allowed, however many were
tried. A first test must have a chance to pass, so the sequence starts where the confidences alone, without a look at
what was right, make a rejection most likely. Given the confidences, errors are independent, and the binomial tail at
their mean risk bounds theirs (Hoeffding 1956).

Fields of one writer are not independent: labels count for as many as they are worth by their design effect, as Korn and
Graubard (1998) do for exact bounds from clustered samples.
"""

import math
from dataclasses import dataclass, replace

import numpy as np

from serving.promise.bound import (
    design_effect,
    intraclass_correlation,
    labels_needed,
    lumps,
    tail,
    upper_bound,
    wrong_allowed,
)
from serving.promise.labels import Labelled
from serving.promise.policy import Target

STEP = 1.04
"""From one candidate to the next the number of accepted labels grows by this factor."""

ENOUGH_ERRORS = 20
"""How errors go together is seen among the surest labels of which so many are expected to be wrong, or all accepted."""


@dataclass(frozen=True, kw_only=True)
class Point:
    """What one threshold does with the labels: how many it accepts, wrong ones, and what they are worth."""

    threshold: float
    accepted: int
    wrong: int
    expected_wrong: float
    design_effect: float
    coverage: float
    bound: float

    @property
    def risk(self) -> float:
        """The share of wrong ones among the accepted."""
        return self.wrong / max(1, self.accepted)

    @property
    def worth(self) -> float:
        """The number of independent labels that the accepted ones are worth."""
        return self.accepted / self.design_effect


@dataclass(frozen=True, kw_only=True)
class Threshold:
    """The least confidence for acceptance, None where all go to review; `reason` says why.

    Of `labels` it accepts the share `coverage`, of which the share `risk` is wrong; with the target's certainty it is
    at most `bound`. `more` is the number of further labels without which no threshold can be chosen.
    """

    value: float | None
    reason: str
    labels: int
    coverage: float = 0.0
    risk: float = 0.0
    bound: float = 1.0
    more: int = 0


def choose(labelled: Labelled, target: Target) -> Threshold:
    """The lowest threshold that the labels support."""
    curve, count = points(labelled, target), len(labelled.right)
    more = _more(curve, target)
    if more:
        return Threshold(value=None, labels=count, more=more, reason=_too_few(count, more, target))
    chosen = None
    for point in curve[_start(curve, target) :]:
        if not passes(point, target):
            break
        chosen = point
    if chosen is None:
        return Threshold(value=None, labels=count, reason=_too_risky(target))
    return Threshold(
        value=chosen.threshold, labels=count, coverage=chosen.coverage, risk=chosen.risk, bound=chosen.bound,
        reason=f"{target.accuracy:.1%} right with {target.certainty:.0%} certainty",
    )  # fmt: skip


def raised(chosen: Threshold, least: float, labelled: Labelled) -> Threshold:
    """A threshold that is no less than another condition asks."""
    if chosen.value is None or least <= chosen.value:
        return chosen
    accepted = labelled.confidences >= least
    wrong = float((~labelled.right[accepted]).mean()) if accepted.any() else 0.0
    return replace(
        chosen, value=least, coverage=float(accepted.mean()), risk=wrong,
        reason=f"{chosen.reason}, also when a part of the model breaks",
    )  # fmt: skip


def points(labelled: Labelled, target: Target) -> list[Point]:
    """The candidates, from the highest threshold to the lowest, with what they do."""
    order = np.argsort(-labelled.confidences, kind="stable")
    sure, right, writers = labelled.confidences[order], labelled.right[order], labelled.writers[order]
    wrong, expected = np.cumsum(~right), np.cumsum(1 - sure)
    seen, lump = min(len(sure), int(np.searchsorted(expected, ENOUGH_ERRORS)) + 1), lumps(writers)
    correlation = intraclass_correlation(sure[:seen], right[:seen], writers[:seen])
    found = []
    for accepted in _ranks(sure):
        if accepted > seen:
            correlation = intraclass_correlation(sure[:accepted], right[:accepted], writers[:accepted])
        effect = design_effect(correlation, float(lump[accepted - 1]))
        k = int(wrong[accepted - 1])
        bound = upper_bound(accepted / effect, k / effect, target.doubt)
        found.append(Point(
            threshold=float(sure[accepted - 1]), accepted=accepted, wrong=k, design_effect=effect, bound=bound,
            expected_wrong=float(expected[accepted - 1]), coverage=accepted / len(sure),
        ))  # fmt: skip
    return found


def passes(point: Point, target: Target) -> bool:
    """Whether the labels exclude a greater risk than the target's with its certainty."""
    return tail(point.worth, point.wrong / point.design_effect, target.risk) <= target.doubt


def _ranks(sure: np.ndarray) -> list[int]:
    """How many labels the candidates accept: numbers in geometric steps, each with all that are as sure."""
    ends = np.flatnonzero(np.append(np.diff(sure) < 0, True)[: len(sure)] & (sure > 0)) + 1
    steps = STEP ** np.arange(math.ceil(math.log(max(1, len(sure)), STEP)) + 1)
    at = np.searchsorted(ends, steps)
    return [int(end) for end in np.unique(ends[np.minimum(at, len(ends) - 1)])] if len(ends) else []


def _start(curve: list[Point], target: Target) -> int:
    """The candidate that is likeliest to pass if the confidences are what they say."""
    chances, least = [], labels_needed(target.risk, target.doubt)
    for point in curve:
        allowed = wrong_allowed(point.worth, target.risk, target.doubt) if point.worth >= least else -1
        expected = min(1.0, max(point.expected_wrong, 0.05) / point.accepted)
        chances.append(tail(point.worth, allowed, expected) if allowed >= 0 else -1.0)
    return int(np.argmax(chances)) if chances else 0


def _more(curve: list[Point], target: Target) -> int:
    """How many labels are missing even if none of them is wrong."""
    needed = labels_needed(target.risk, target.doubt)
    if not curve:
        return needed
    best = max(curve, key=lambda point: point.worth)
    return max(0, math.ceil((needed - best.worth) * best.design_effect - 1e-9))


def _too_few(labels: int, more: int, target: Target) -> str:
    return (
        f"not enough labels yet: {labels:,}, at least {more:,} more are needed before {target.accuracy:.1%} can be "
        f"promised with {target.certainty:.0%} certainty"
    )


def _too_risky(target: Target) -> str:
    return (
        f"no threshold keeps {target.accuracy:.1%} with {target.certainty:.0%} certainty: even the surest readings are "
        "wrong too often, or too few of them are checked"
    )
