"""The least threshold that holds when a part of a stack breaks, before anybody has noticed.

Labels under `KIND/COMPONENT` are those of the stack with what that component says exchanged for what it says of other
fields. With a component broken most fields are doubtful, and of the few that are accepted little can be promised; what
counts is that no more wrong values pass than all being well: of all fields, a share of `risk` at most is accepted and
wrong, with the target's certainty.
"""

from collections.abc import Iterable

import numpy as np

from serving.promise.bound import design_effect, intraclass_correlation, lumps, tail
from serving.promise.labels import Labelled, Labels
from serving.promise.policy import Target


def breakages(labels: Labels, kind: str) -> list[Labelled]:
    """The labels of a kind with one component broken, for each that can break; none of what is no stack."""
    return [of for key, of in sorted(labels.items()) if key.startswith(f"{kind}/")]


def kinds_of(labels: Labels) -> list[str]:
    """The kinds that there are labels of."""
    return [key for key in labels if "/" not in key]


def least_with(broken: Iterable[Labelled], target: Target) -> float:
    """The least threshold that keeps wrong values rare in each of these labels; 0 without any, above 1 for none."""
    return max((_least(each, target) for each in broken), default=0.0)


def _least(labelled: Labelled, target: Target) -> float:
    """Wrong ones are let in from the surest on, until more of them would be too many for certain."""
    order = np.argsort(-labelled.confidences, kind="stable")
    sure, right, writers = labelled.confidences[order], labelled.right[order], labelled.writers[order]
    wrong = np.flatnonzero(~right & (sure > 0))
    effect = 1.0
    if len(sure):
        effect = design_effect(intraclass_correlation(sure, right, writers), float(lumps(writers)[-1]))
    for count, place in enumerate(wrong):
        if tail(len(sure) / effect, (count + 1) / effect, target.risk) > target.doubt:
            return float(np.nextafter(sure[place], 2.0))
    return 0.0
