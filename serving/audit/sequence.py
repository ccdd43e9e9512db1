"""An interval for the accuracy of accepted fields that stays valid however often one looks.

How it comes about stands in `bets.py`. It is valid for accuracy in two senses: the share of right values among the
fields accepted so far (then all chance is the draw's: fields of one writer may be alike, models and forms may change),
and the mean chance of being right that these fields had, each given all before (what models are compared by).
"""

import math
from dataclasses import dataclass

import numpy as np

from recognizer.errors import UsageError
from serving.audit.bets import bets_on_fewer, bets_on_more
from serving.audit.sampling import check_probability


@dataclass(frozen=True, kw_only=True)
class Look:
    """What is known after so many accepted fields: the estimate of accuracy and its interval, as shares in [0, 1].

    `audits` were drawn, of which `wrong` were found wrong, and `unanswered` have no answer yet.
    """

    accepted: int
    audits: int
    wrong: int
    unanswered: int
    accuracy: float
    low: float
    high: float


class ConfidenceSequence:
    """The accuracy of accepted fields from their audits, fed in the order in which they were accepted.

    `floor` is the least probability with which any of them can be drawn (`AuditPlan.least`); it bounds the bets, so the
    interval is wide where it is small. With probability `certainty` the interval holds the truth at all times.

    Every accepted field is fed, drawn or not, and a prediction only once: it is drawn once, too. An audit without an
    answer counts as wrong for the lower end and as right for the upper end. When answers come in later, build the
    sequence anew from the first field: that is valid, and a matter of milliseconds.
    """

    def __init__(self, *, floor: float, certainty: float = 0.95) -> None:
        check_probability(floor)
        if not 0.5 <= certainty < 1:
            raise UsageError(f"audits: certainty {certainty} - mend: from 0.5 to below 1, say 0.95")
        self.floor, self.doubt = floor, 1 - certainty
        self.accepted = self.audits = self.wrong = self.unanswered = 0
        self._weights = {"drawn": 0.0, "answered": 0.0, "wrong": 0.0}
        self._more, self._fewer = bets_on_more(floor), bets_on_fewer(floor)
        self._least_risk, self._greatest_risk = 0.0, 1.0

    def add(self, *, probability: float, drawn: bool, wrong: bool | None = None) -> None:
        """One more accepted field; `wrong` says what its audit found, None that there is no answer."""
        if (drawn and (wrong is None or wrong)) or not self._fits(probability):
            answer = math.nan if wrong is None else float(wrong)
            self.extend(np.array([probability]), np.array([drawn]), np.array([answer]))
            return
        self.accepted += 1  # as extend does, without its arrays: nearly all fields are such
        if drawn:
            self.audits += 1
            self._weights["drawn"] += 1 / probability
            self._weights["answered"] += 1 / probability

    def extend(self, probabilities: np.ndarray, drawn: np.ndarray, wrong: np.ndarray) -> None:
        """Further accepted fields, each (n,): probability of being drawn, bool drawn, and wrong: 1, 0, or NaN.

        NaN says that there is no answer; what stands in `wrong` for fields that were not drawn is not looked at.
        Raises UsageError for probabilities below the floor and other impossible input; then nothing is added.
        """
        p, drawn, answers = np.asarray(probabilities, float), np.asarray(drawn, bool), np.asarray(wrong, float)
        self._check(p, drawn, answers)
        is_wrong, unanswered = drawn & (answers == 1), drawn & np.isnan(answers)
        self._bet(p, is_wrong, unanswered)
        self.accepted += len(p)
        self.audits += int(drawn.sum())
        self.wrong += int(is_wrong.sum())
        self.unanswered += int(unanswered.sum())
        for name, chosen in (("drawn", drawn), ("answered", drawn & ~unanswered), ("wrong", is_wrong)):
            self._weights[name] += float((1 / p[chosen]).sum())

    @property
    def accuracy(self) -> float:
        """The Horvitz-Thompson estimate (NaN without fields), as if audits without an answer were like the others."""
        if self.accepted == 0:
            return math.nan
        answered = self._weights["answered"] / self._weights["drawn"] if self._weights["answered"] else 1.0
        return 1 - self._weights["wrong"] / answered / self.accepted

    @property
    def interval(self) -> tuple[float, float]:
        """(low, high) of the accuracy of the fields accepted so far, whether it changes over time or not."""
        return self._low(self.doubt / 2), self._high(self.doubt / 2)

    @property
    def steady_interval(self) -> tuple[float, float] | None:
        """(low, high) of an accuracy that never changes: what all intervals so far have in common.

        Valid for independent fields. None where the intervals have nothing in common: then accuracy has changed.
        """
        low, high = self.interval
        low, high = max(low, 1 - self._greatest_risk), min(high, 1 - self._least_risk)
        return (low, high) if low <= high else None

    @property
    def at_least(self) -> float:
        """The accuracy that is reached with the certainty, at all times: from the target on, the promise is kept."""
        return self._low(self.doubt)

    @property
    def at_most(self) -> float:
        """The accuracy that is not exceeded with the certainty, at all times: below the target, it is broken."""
        return self._high(self.doubt)

    @property
    def look(self) -> Look:
        """What is known now."""
        low, high = self.interval
        return Look(
            accepted=self.accepted, audits=self.audits, wrong=self.wrong, unanswered=self.unanswered,
            accuracy=self.accuracy, low=low, high=high,
        )  # fmt: skip

    def _low(self, doubt: float) -> float:
        return 1 - self._fewer.bound(1.0, self._fewer.logs[np.newaxis], np.array([self.accepted]), doubt)

    def _high(self, doubt: float) -> float:
        return 1 - self._more.bound(0.0, self._more.logs[np.newaxis], np.array([self.accepted]), doubt)

    def _bet(self, p: np.ndarray, is_wrong: np.ndarray, unanswered: np.ndarray) -> None:
        """Place the bets, and intersect the intervals on the way.

        Between two errors the bounds on their share fall. So the upper one is at its lowest just before an error, the
        lower one at its highest just after: it is enough to look then.
        """
        against = np.flatnonzero(is_wrong | unanswered)
        logs = self._fewer.place(p[against])[:-1]
        self._greatest_risk = self._fewer.bound(self._greatest_risk, logs, self.accepted + against, self.doubt / 2)
        errors = np.flatnonzero(is_wrong)
        logs = self._more.place(p[errors])[1:]
        self._least_risk = self._more.bound(self._least_risk, logs, self.accepted + errors + 1, self.doubt / 2)

    def _fits(self, probability: float) -> bool:
        return self.floor * (1 - 1e-9) <= probability <= 1

    def _check(self, p: np.ndarray, drawn: np.ndarray, answers: np.ndarray) -> None:
        if p.ndim != 1 or not p.shape == drawn.shape == answers.shape:
            shapes = f"{p.shape} probabilities, {drawn.shape} drawn, {answers.shape} wrong"
            raise UsageError(f"audits: {shapes} - mend: one of each for every field")
        if len(p) and not (self._fits(float(p.min())) and self._fits(float(p.max()))):
            found = f"probabilities from {p.min()} to {p.max()}"
            raise UsageError(f"audits: {found} - mend: none is below the floor {self.floor}, or above 1")
        if not np.all(np.isin(answers[drawn], (0, 1)) | np.isnan(answers[drawn])):
            raise UsageError("audits: an audit finds neither right nor wrong - mend: 1, 0, or NaN without an answer")
