"""One engine's answers to one row, scored."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from benchmarks.peers import metrics
from benchmarks.peers.crops import Row
from benchmarks.peers.job import Answer
from recognizer.alphabet import normal_text


@dataclass(frozen=True, kw_only=True, eq=False)
class Scores:
    """`figures` by name, each in [0, 1] but for counts; `spans` are the 95% intervals of exact and CER.

    `confidence` and `right` are (n,), for curves; a non-answer is never right and has the confidence 0.
    """

    figures: dict[str, float]
    spans: dict[str, tuple[float, float]]
    confidence: np.ndarray
    right: np.ndarray


def score_row(row: Row, answers: Sequence[Answer]) -> Scores:
    """Score answers against what is written. A non-answer counts as the empty text: nobody is told more."""
    told = np.array([answer.outcome == "text" for answer in answers])
    read = [normal_text(answer.text) if answer.outcome == "text" else "" for answer in answers]
    truth = [normal_text(text) for text in row.texts]
    distances, lengths = metrics.edits(read, truth), np.array([len(text) for text in truth])
    folded = metrics.edits([text.lower() for text in read], [text.lower() for text in truth])
    right = distances == 0
    confidence = np.where(told, [answer.confidence for answer in answers], 0.0)
    figures = {
        "count": len(read),
        "writers": len(set(row.writers)),
        "non_answers": int((~told).sum()),
        "exact": float(right.mean()),
        "cer": metrics.cer(distances, lengths),
        "cer_any_case": metrics.cer(folded, lengths),
        "ece": metrics.calibration_error(confidence[told], right[told]),
        "auroc": metrics.auroc(confidence, right),
        "aurc": metrics.aurc(confidence, right),
        "coverage": metrics.coverage_at(confidence, right),
    }
    spans = {
        "exact": metrics.interval(lambda chosen: float(right[chosen].mean()), row.writers),
        "cer": metrics.interval(lambda chosen: metrics.cer(distances[chosen], lengths[chosen]), row.writers),
    }
    return Scores(figures=figures, spans=spans, confidence=confidence, right=right)
