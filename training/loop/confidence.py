"""Confidence and promise of what has learned on.

With the shared corpora at hand both are fitted anew, as for any model, to their writers and to the held-out examples.
Without them there are only fonts, which are too easy to promise anything on: then the champion's weights are where the
examples of each kind pull from, kinds without examples keep theirs, and the champion's labels stay as a stand-in, with
those of the examples added. The trial checks the promise on what comes in.
"""

from collections.abc import Mapping, Sequence
from pathlib import Path

import numpy as np
from scipy.optimize import minimize

from recognizer.bundle import Bundle, load_content
from recognizer.confidence import FEATURES, Calibration, features
from serving.promise.labels import NO_LABELS, Labelled, Labels, load_labels
from training.calibrate import Calibrated, Outcome, calibrate, is_for_fit, labels_of, raw_outcomes, rescored
from training.corpora.sample import Split
from training.examples.pictures import Lesson, example_cases
from training.loop.order import RetrainOrder
from training.order import Sources

STRAYS = np.array([0.3, 1.0])
"""How far log-odds of another hand are stretched and moved, as standard deviations."""


def fitted_anew(
    order: RetrainOrder, bundle: Bundle, champion: Path, sources: Sources, sides: Mapping[Split, Sequence[Lesson]]
) -> Calibrated:
    """The calibration of an uncalibrated bundle, the labels for its promise, and what the side `test` says of both."""
    tune, test = example_cases(sides["tune"]), example_cases(sides["test"])
    if order.shared is not None:
        return calibrate(bundle, sources["tune"], (), order.calibrate, order.seed + 1, more_tune=tune, more_test=test)
    _, content = load_content(champion)
    found = raw_outcomes(bundle, tune)
    calibration = pulled(content["calibration"], [each for each in found if is_for_fit(each.writer)])
    kept = rescored((each for each in found if not is_for_fit(each.writer)), calibration)
    return Calibrated(
        calibration=calibration,
        labels=joined(load_labels(champion, content["manifest"]), labels_of(kept)),
        test=tuple(rescored(raw_outcomes(bundle, test), calibration)),
    )


def pulled(before: Calibration, found: Sequence[Outcome]) -> Calibration:
    """A calibration whose confidences, kind by kind, are pulled to what was found as far as its number justifies.

    Log-odds are stretched and moved (Platt 1999), most probably so where those of before are the mean of a normal
    prior: all weights by themselves would follow a handful of examples anywhere.
    """
    kinds = {kind: dict(weights) for kind, weights in before["kinds"].items()}
    for kind in sorted({each.evidence.kind for each in found}):
        start = kinds.get(kind, before["shared"])
        kinds[kind] = _pulled(start, [each for each in found if each.evidence.kind == kind])
    return {"shared": before["shared"], "kinds": kinds}


def _pulled(start: Mapping[str, float], found: Sequence[Outcome]) -> dict[str, float]:
    odds = np.array([features(each.evidence) for each in found]) @ np.array([start[name] for name in FEATURES])
    x, mean = np.stack([odds, np.ones(len(odds))], axis=1), np.array([1.0, 0.0])
    sign = np.where([each.right for each in found], 1.0, -1.0)

    def loss(weights: np.ndarray) -> tuple[float, np.ndarray]:
        margins, strayed = sign * (x @ weights), (weights - mean) / STRAYS
        slope = -sign / (1 + np.exp(np.clip(margins, -500, 500)))
        return float(np.logaddexp(0, -margins).sum() + (strayed**2).sum() / 2), x.T @ slope + strayed / STRAYS

    stretch, move = minimize(loss, mean, jac=True, bounds=[(0.0, None), (None, None)], method="L-BFGS-B").x
    return {name: float(stretch * start[name] + (move if name == "bias" else 0.0)) for name in FEATURES}


def joined(first: Labels, second: Labels) -> Labels:
    """Labels of two sources, whose writers are different people."""
    return {
        kind: _joined(first.get(kind, NO_LABELS), second.get(kind, NO_LABELS)) for kind in sorted({*first, *second})
    }


def _joined(first: Labelled, second: Labelled) -> Labelled:
    above = int(first.writers.max()) + 1 if len(first.writers) else 0
    return Labelled(
        confidences=np.concatenate([first.confidences, second.confidences]),
        right=np.concatenate([first.right, second.right]),
        writers=np.concatenate([first.writers, second.writers + above]),
    )
