"""Fit a bundle's confidence on writers that training never saw, and measure how far it can be trusted."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass

import numpy as np
from scipy.optimize import minimize

from recognizer.alphabet import normal_text
from recognizer.confidence import FEATURES, features
from recognizer.cut import cut_image
from recognizer.engine import Engine
from recognizer.form import Field, Kind
from training.corpora.sample import Corpus

KINDS: dict[str, Kind] = {"mnist_strings": "digits", "mnist": "digits", "emnist": "digits"}
"""The kind of field that a corpus stands for; the others are free text."""

RISING = ("posterior", "mass")


@dataclass(frozen=True, kw_only=True)
class Outcome:
    """One held-out field: what was read, whether that is right, and what decoding measured."""

    source: str
    right: bool
    confidence: float
    features: tuple[float, ...]


def field_of(corpus: Corpus, kind: Kind | None = None) -> Field:
    """The field that samples of a corpus are read as: that of the corpus, or of another kind."""
    kind = kind or KINDS.get(corpus.name, "text")
    return Field(name="held_out", kind=kind, box=(0, 0, 100, 20), printed_box=False)


def outcomes(
    engine: Engine, corpora: Iterable[Corpus], count: int, seed: int = 2, kind: Kind | None = None
) -> list[Outcome]:
    """Read `count` samples of each corpus through the engine, as pre-cut fields; those it calls blank are left out.

    Where the engine says illegible, the text that it would have said counts, with that text's confidence. With `kind`,
    all are read as such fields: words in a field of digits show what the language's mass is worth.
    """
    found = []
    for corpus in corpora:
        rng, field = np.random.default_rng(seed), field_of(corpus, kind)
        for i in rng.permutation(corpus.size)[:count]:
            sample = corpus.draw(int(i), rng)
            reading = engine.read(cut_image(sample.image, field, lines=False))
            if reading.outcome not in ("text", "illegible") or "posterior" not in reading.measured:
                continue
            best = reading if reading.outcome == "text" else reading.alternatives[0]
            measures = features(reading.measured["posterior"], reading.measured["log_mass"], len(best.text))
            right = normal_text(best.text) == sample.text
            found.append(Outcome(source=corpus.name, right=right, confidence=best.confidence, features=measures))
    return found


def fit_calibration(found: Sequence[Outcome]) -> dict[str, float]:
    """Coefficients of the confidence's logistic model: most likely, with a little ridge.

    A higher posterior or a larger mass of the language must never lower the confidence, whatever the sample says.
    """
    x = np.array([outcome.features for outcome in found])
    sign = np.where([outcome.right for outcome in found], 1.0, -1.0)

    def loss(weights: np.ndarray) -> tuple[float, np.ndarray]:
        margins = sign * (x @ weights)
        slope = -sign / (1 + np.exp(np.clip(margins, -500, 500)))
        return float(np.logaddexp(0, -margins).sum() + 0.05 * weights @ weights), x.T @ slope + 0.1 * weights

    bounds = [(0.0, None) if name in RISING else (None, None) for name in FEATURES]
    best = minimize(loss, np.zeros(len(FEATURES)), jac=True, bounds=bounds, method="L-BFGS-B")
    return {name: float(value) for name, value in zip(FEATURES, best.x, strict=True)}


def expected_calibration_error(confidences: np.ndarray, right: np.ndarray, bins: int = 10) -> float:
    """ECE over bins of equal count: mean distance of confidence and accuracy (Naeini et al., 2015)."""
    order = np.argsort(confidences)
    parts = np.array_split(order, min(bins, max(1, len(order) // 5)))
    return float(sum(len(p) / len(order) * abs(confidences[p].mean() - right[p].mean()) for p in parts if len(p)))


def risk_coverage(confidences: np.ndarray, right: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """(coverage, risk): the error among the most confident share of readings, for every share."""
    wrong = 1 - right[np.argsort(-confidences)].astype(float)
    ranks = np.arange(1, len(wrong) + 1)
    return ranks / len(wrong), np.cumsum(wrong) / ranks
