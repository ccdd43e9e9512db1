"""Accepted fields as they might come: errors are likelier where the model is less sure, and so are audits."""

from dataclasses import dataclass

import numpy as np

from serving.audit import Audit, AuditPlan, ConfidenceSequence, stratum_of, typical_doubt

POOL = 2_000
RISK = 0.0277


@dataclass(frozen=True, kw_only=True)
class Population:
    """(POOL,) fields each: confidence, chance of an error, probability of an audit; `floor` of the last."""

    confidences: np.ndarray
    risks: np.ndarray
    probabilities: np.ndarray
    floor: float

    @property
    def risk(self) -> float:
        return float(self.risks.mean())


@dataclass(frozen=True, kw_only=True)
class Stream:
    """(n,) accepted fields: which of the pool, and whether wrong and drawn."""

    at: np.ndarray
    probabilities: np.ndarray
    wrong: np.ndarray
    drawn: np.ndarray

    @property
    def audited(self) -> np.ndarray:
        """What audits find, (n,): 1, 0, and NaN for fields that were not drawn."""
        return np.where(self.drawn, self.wrong, np.nan)


def population(rate: float = 0.08, lean: float = 0.8, risk: float = RISK, floor: float = 0.005) -> Population:
    """Errors are as frequent as `risk`, and more so where the confidence is lower; it promises fewer than there are."""
    rng = np.random.default_rng(7)
    doubts = np.minimum(10 ** rng.normal(-2.9, 1.0, POOL), 0.5)
    plan = AuditPlan(rate=rate, lean=lean, floor=floor, typical_doubt=typical_doubt(1 - doubts))
    risks = np.minimum(doubts * risk / doubts.mean(), 1)
    drawn = [plan.probability("digits", 1 - doubt) for doubt in doubts]
    return Population(
        confidences=1 - doubts, risks=risks * risk / risks.mean(), probabilities=np.array(drawn), floor=plan.least()
    )


def stream(people: Population, fields: int, rng: np.random.Generator) -> Stream:
    """Fields drawn from the population, each by itself."""
    at = rng.integers(0, POOL, fields)
    p = people.probabilities[at]
    wrong = rng.random(fields) < people.risks[at]
    return Stream(at=at, probabilities=p, wrong=wrong, drawn=rng.random(fields) < p)


def fed(people: Population, of: Stream, certainty: float = 0.95) -> ConfidenceSequence:
    """All that the stream's audits say."""
    sequence = ConfidenceSequence(floor=people.floor, certainty=certainty)
    sequence.extend(of.probabilities, of.drawn, of.audited)
    return sequence


def audits(people: Population, of: Stream) -> list[Audit]:
    return [
        Audit(
            probability=float(of.probabilities[i]),
            is_wrong=bool(of.wrong[i]),
            kind="digits",
            stratum=stratum_of("digits", people.confidences[of.at[i]]),
        )
        for i in np.flatnonzero(of.drawn)
    ]
