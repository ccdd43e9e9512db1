"""Suspected label errors, by confident learning (Northcutt, Jiang and Chuang, Confident learning: estimating
uncertainty in dataset labels, JAIR 2021).

A label is suspect where a model that did not learn from it is surer of another answer than it usually is of a label of
that class when the label is given. Answers are mostly texts that occur once, so classes are pooled: by field and answer
where an answer is frequent (marks, choices, lists), else by kind. cleanlab has the same for fixed classes; it pulls in
more than these lines.
"""

from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np

FREQUENT = 10
"""Labels from which an answer has a threshold of its own."""


@dataclass(frozen=True, kw_only=True)
class Judged:
    """A field with the answer that people gave, and how probable a model that did not know it held which answers.

    Answers are compared as they are: normalized texts, or the name of a non-answer in angle brackets.
    """

    crop_id: str
    kind: str
    field: str
    given: str
    probabilities: Mapping[str, float]


@dataclass(frozen=True, kw_only=True)
class Suspect:
    """A label that looks wrong: what the model would say, and by how much it holds that for likelier, in (0, 1]."""

    judged: Judged
    likelier: str
    margin: float


def suspects(found: Sequence[Judged]) -> list[Suspect]:
    """The labels that look wrong, the worst first."""
    usual = _usual(found)
    out = []
    for one in found:
        if not one.probabilities:
            continue
        best = max(one.probabilities, key=lambda answer: one.probabilities[answer])
        sure = one.probabilities[best]
        if best != one.given and sure >= usual(one, best):
            out.append(Suspect(judged=one, likelier=best, margin=sure - one.probabilities.get(one.given, 0.0)))
    return sorted(out, key=lambda each: (-each.margin, each.judged.crop_id))


class _Usual:
    """How sure the model is on average of a class's label where it is given: the threshold of confident learning."""

    def __init__(self, of_answer: Mapping[tuple[str, str], float], of_kind: Mapping[str, float]) -> None:
        self._of_answer, self._of_kind = of_answer, of_kind

    def __call__(self, one: Judged, answer: str) -> float:
        return self._of_answer.get((one.field, answer), self._of_kind[one.kind])


def _usual(found: Sequence[Judged]) -> _Usual:
    by_answer: dict[tuple[str, str], list[float]] = defaultdict(list)
    by_kind: dict[str, list[float]] = defaultdict(list)
    for one in found:
        sure = one.probabilities.get(one.given, 0.0)
        by_answer[one.field, one.given].append(sure)
        by_kind[one.kind].append(sure)
    frequent = {name: float(np.mean(rows)) for name, rows in by_answer.items() if len(rows) >= FREQUENT}
    return _Usual(frequent, {kind: float(np.mean(rows)) for kind, rows in by_kind.items()})
