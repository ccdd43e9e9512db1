"""Confidence: how probable it is that a text is right, from what decoding measured, by a logistic model.

The posterior alone is too sure of itself on writers that training never saw, and it knows nothing of readings that
the field's language forced. The model is fitted per bundle on such writers and is part of the bundle. Whole values are
calibrated, not characters (Calibration of handwriting recognition, arXiv 2012.12643).
"""

import math
from collections.abc import Mapping

FEATURES = ("bias", "posterior", "mass", "length")
UNCALIBRATED = {"bias": 0.0, "posterior": 1.0, "mass": 1.0, "length": 0.0}


def features(posterior: float, log_mass: float, length: int) -> tuple[float, ...]:
    """(1, logit of the posterior, log mass of the language per character, log(1 + characters)), clipped."""
    clipped = min(max(posterior, 1e-6), 1 - 1e-6)
    return 1.0, math.log(clipped / (1 - clipped)), max(log_mass / max(1, length), -5.0), math.log1p(length)


def confidence(calibration: Mapping[str, float], posterior: float, log_mass: float, length: int) -> float:
    """P(right) in (0, 1) of a text of `length` characters."""
    values = features(posterior, log_mass, length)
    score = sum(calibration[name] * value for name, value in zip(FEATURES, values, strict=True))
    return 1 / (1 + math.exp(-min(max(score, -30.0), 30.0)))
