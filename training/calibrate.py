"""Fit a bundle's confidence on writers that training never saw, and keep others apart to promise on and to try it on.

The tune writers are halved by their names: one half fits the calibration, the other becomes the labels on which
thresholds are chosen (`serving.promise`). Test writers see neither.
"""

import hashlib
from collections import defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from pathlib import Path

import numpy as np
from scipy.optimize import minimize

from recognizer.alphabet import normal_text
from recognizer.bundle import Bundle
from recognizer.confidence import (
    FEATURES,
    RISING,
    UNANSWERED,
    UNCALIBRATED,
    Calibration,
    Evidence,
    confidence,
    evidence_of,
    features,
)
from recognizer.engine import Engine
from recognizer.reading import Reading
from serving.decision.validity import objection
from serving.promise.labels import Labels, labelled
from training.cases import Case, cases
from training.corpora.sample import Corpus

SPREAD = np.array([1.5 if name == "bias" else 0.5 for name in FEATURES])
"""How far weights of one kind stray from the shared ones, as a standard deviation: kinds with few cases stay near."""

SHARED_SPREAD = 3.0
LEAST_OF_EACH = 10


@dataclass(frozen=True, kw_only=True)
class Outcome:
    """One held-out field: what kind of statement was made of it and in whose hand, whether that is right, how sure.

    `answered` is False for what could not have been accepted at any confidence, such as an impossible date; `right`
    and `confidence` are then those of the best text.
    """

    kind: str
    source: str
    writer: str
    right: bool
    answered: bool
    confidence: float
    evidence: Evidence


@dataclass(frozen=True, kw_only=True)
class Calibrated:
    """A fitted confidence, the labels to choose thresholds on, and the outcomes of test writers under it."""

    calibration: Calibration
    labels: Labels
    test: tuple[Outcome, ...]


def calibrate(
    bundle: Bundle,
    tune: Sequence[Corpus],
    test: Sequence[Corpus],
    count: int,
    seed: int = 2,
    *,
    more_tune: Sequence[Case] = (),
    more_test: Sequence[Case] = (),
) -> Calibrated:
    """Read about `count` cases of every kind of each split and fit the confidence.

    `more_tune` and `more_test` are cases that are at hand beside those of the corpora, halved by their writers like
    them.
    """
    engine = _uncalibrated(bundle)
    found = outcomes(engine, [*cases(tune, 2 * count, seed), *more_tune])
    fitted = [outcome for outcome in found if is_for_fit(outcome.writer)]
    calibration = fit_calibration(fitted) if enough(fitted) else UNCALIBRATED
    kept = [outcome for outcome in found if not is_for_fit(outcome.writer)]
    tried = outcomes(engine, [*(cases(test, count, seed + 1) if test else ()), *more_test])
    return Calibrated(
        calibration=calibration,
        labels=labels_of(rescored(kept, calibration)),
        test=tuple(rescored(tried, calibration)),
    )


def raw_outcomes(bundle: Bundle, asked: Iterable[Case]) -> list[Outcome]:
    """Read cases with a bundle whose confidences are the networks' own probabilities, whatever its calibration says."""
    return outcomes(_uncalibrated(bundle), asked)


def _uncalibrated(bundle: Bundle) -> Engine:
    return Engine(replace(bundle, calibration=UNCALIBRATED))


def is_for_fit(writer: str) -> bool:
    """Whether a tune writer's fields fit the calibration; the others' choose thresholds. By the name alone."""
    return hashlib.sha256(f"promise/{writer}".encode()).digest()[0] % 2 == 0


def outcomes(engine: Engine, asked: Iterable[Case]) -> list[Outcome]:
    """Read cases through the engine; fields without any text to choose are left out."""
    found = (outcome_of(case, engine.read(case.crop)) for case in asked)
    return [outcome for outcome in found if outcome is not None]


def outcome_of(case: Case, reading: Reading) -> Outcome | None:
    """What a reading of a case came to; None where there is no text to choose."""
    if reading.outcome not in UNANSWERED:
        return _outcome(case, reading, reading.text, reading.confidence)
    if reading.alternatives:
        best = reading.alternatives[0]
        return _outcome(case, reading, best.text, best.confidence)
    return None


def _outcome(case: Case, reading: Reading, text: str, sure: float) -> Outcome:
    evidence = evidence_of(case.crop, reading)
    impossible = reading.outcome == "text" and case.crop.field.kind != "signature" and bool(
        objection(text, case.crop.field, Path())
    )  # fmt: skip
    return Outcome(
        kind=evidence.kind, source=case.source, writer=case.writer, right=normal_text(text) == case.truth,
        answered=reading.outcome not in UNANSWERED and not impossible, confidence=sure, evidence=evidence,
    )  # fmt: skip


def rescored(found: Iterable[Outcome], calibration: Calibration) -> list[Outcome]:
    """The outcomes with the confidences of another calibration."""
    return [replace(outcome, confidence=confidence(calibration, outcome.evidence)) for outcome in found]


def labels_of(found: Iterable[Outcome]) -> Labels:
    """Labels by kind; what could not be accepted has the confidence 0."""
    rows = defaultdict(list)
    for outcome in found:
        sure = outcome.confidence if outcome.answered else 0.0
        rows[outcome.kind].append((sure, outcome.right, f"{outcome.source}/{outcome.writer}"))
    return {kind: labelled(listed) for kind, listed in sorted(rows.items())}


def enough(found: Sequence[Outcome]) -> bool:
    """Whether there are right and wrong readings enough to fit a confidence to."""
    right = sum(outcome.right for outcome in found)
    return min(right, len(found) - right) >= LEAST_OF_EACH


def fit_calibration(found: Sequence[Outcome]) -> Calibration:
    """Weights of the logistic model by kind, most likely, drawn towards common ones (partial pooling).

    Features that may only raise the confidence have weights of at least 0, whatever the sample says.
    """
    kinds = sorted({outcome.kind for outcome in found})
    x = np.array([features(outcome.evidence) for outcome in found])
    sign = np.where([outcome.right for outcome in found], 1.0, -1.0)
    of_kind = np.array([kinds.index(outcome.kind) for outcome in found])
    shape = (1 + len(kinds), len(FEATURES))

    def loss(flat: np.ndarray) -> tuple[float, np.ndarray]:
        weights = flat.reshape(shape)
        margins = sign * (x * weights[1 + of_kind]).sum(axis=1)
        slope = -sign / (1 + np.exp(np.clip(margins, -500, 500)))
        strayed, common = (weights[1:] - weights[0]) / SPREAD, weights[0] / SHARED_SPREAD
        gradient = np.zeros(shape)
        np.add.at(gradient, 1 + of_kind, x * slope[:, None])
        gradient[1:] += strayed / SPREAD
        gradient[0] += common / SHARED_SPREAD - (strayed / SPREAD).sum(axis=0)
        value = np.logaddexp(0, -margins).sum() + (strayed**2).sum() / 2 + (common**2).sum() / 2
        return float(value), gradient.ravel()

    bounds = [(0.0, None) if name in RISING else (None, None) for name in FEATURES] * shape[0]
    start = np.tile([UNCALIBRATED["shared"][name] for name in FEATURES], shape[0])
    best = minimize(loss, start, jac=True, bounds=bounds, method="L-BFGS-B", options={"maxiter": 2000}).x.reshape(shape)
    rows = [{name: float(value) for name, value in zip(FEATURES, row, strict=True)} for row in best]
    return {"shared": rows[0], "kinds": dict(zip(kinds, rows[1:], strict=True))}
