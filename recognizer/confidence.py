"""Confidence: how probable it is that a reading is right, from everything that was measured about it.

The posterior alone is too sure of itself on writers that training never saw, and it knows nothing of readings that
the field's language forced. A logistic model per kind of field weighs what is known (`Evidence`); it is fitted per
bundle on such writers and is part of the bundle. Whole values are calibrated, not characters (Calibration of
handwriting recognition, arXiv 2012.12643). The posterior enters as in beta calibration (Kull, Silva Filho and Flach
2017): with one weight for its logarithm and another for that of its complement.
"""

import math
from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import Any

from recognizer.form import Field
from recognizer.page import Quality
from recognizer.reading import Alternative, Crop, Outcome, Reading

Calibration = Mapping[str, Mapping[str, Any]]
"""Plain JSON: `shared` weights by feature, which count for a kind that the fit has not seen, and those of `kinds`."""

FEATURES = (
    "bias", "posterior_low", "posterior_high", "mass", "margin", "answer", "agreement",
    "length", "contrast", "sharpness", "noise",
)  # fmt: skip
RISING = ("posterior_low", "posterior_high", "mass", "margin", "answer", "agreement")
"""Features that may raise the confidence but never lower it, whatever the sample says that a fit is made on."""

UNCALIBRATED: Calibration = {
    "shared": dict.fromkeys(FEATURES, 0.0) | {"posterior_low": 1.0, "posterior_high": 1.0, "mass": 1.0},
    "kinds": {},
}
"""The posterior itself where the language holds all that the network believes."""

LEAST = 1e-7
LOWEST_MASS = -5.0
WIDEST_MARGIN = 8.0
SURE = 30.0
UNANSWERED = ("illegible", "struck_out", "wrong_crop", "ambiguous", "unaligned")


@dataclass(frozen=True, kw_only=True)
class Evidence:
    """What is known of one reading.

    `kind` is that of `claim_of`. `posterior` is P(text | image, language), for marks and blanks the network's own
    probability; `runner_up` that of the next best text. `log_mass` is the natural logarithm of what the network gives
    the language as a whole; `length` counts characters, of marks the boxes. `answer` is the probability that
    an answer is written there at all, not a struck-out text or a wrong crop. `agreement` is the share of a stack's
    members that say so, None without a stack.
    """

    kind: str
    posterior: float
    log_mass: float = 0.0
    length: int = 1
    runner_up: float = 0.0
    answer: float = 1.0
    agreement: float | None = None
    quality: Quality | None = None


def claim_of(field: Field, outcome: Outcome) -> str:
    """What kind of statement a reading is: the field's kind, but `lexicon` where only listed texts are possible, and
    `blank` where it says that nothing is written.
    """
    if field.is_marks or field.kind == "signature":
        return field.kind
    if outcome == "blank":
        return "blank"
    return "lexicon" if field.lexicon is not None or field.kind == "choice" else field.kind


def features(evidence: Evidence) -> tuple[float, ...]:
    """The numbers that `FEATURES` names, each clipped to where it still tells something."""
    p = min(max(evidence.posterior, LEAST), 1 - LEAST)
    margin = math.log(p / max(evidence.runner_up, LEAST))
    quality = evidence.quality
    return (
        1.0,
        math.log(p),
        -math.log(1 - p),
        max(evidence.log_mass / max(1, evidence.length), LOWEST_MASS),
        min(max(margin, -WIDEST_MARGIN), WIDEST_MARGIN),
        max(math.log(max(evidence.answer, LEAST)), LOWEST_MASS),
        2 * evidence.agreement - 1 if evidence.agreement is not None else 0.0,
        math.log1p(evidence.length),
        quality.contrast - 0.7 if quality else 0.0,
        quality.sharpness - 0.5 if quality else 0.0,
        min(math.log1p(quality.noise), 4.0) - 1.0 if quality else 0.0,
    )


def confidence(calibration: Calibration, evidence: Evidence) -> float:
    """P(right) in (0, 1)."""
    weights = calibration["kinds"].get(evidence.kind, calibration["shared"])
    score = 0.0
    for name, value in zip(FEATURES, features(evidence), strict=True):
        score += weights[name] * value
    return 1 / (1 + math.exp(-min(max(score, -SURE), SURE)))


def calibrated(calibration: Calibration, crop: Crop, raw: Reading) -> Reading:
    """A reading whose confidences are still the network's own probabilities, with calibrated ones instead.

    What gives no answer keeps its confidence, but its alternatives do not.
    """
    best = evidence_of(crop, raw)
    sure = raw.confidence if raw.outcome in UNANSWERED else confidence(calibration, best)
    others = tuple(
        Alternative(text=other.text, confidence=confidence(calibration, _of_other(crop.field, best, other)))
        for other in raw.alternatives
    )
    return replace(raw, confidence=sure, alternatives=others)


def evidence_of(crop: Crop, raw: Reading) -> Evidence:
    """The evidence for a reading as the network gave it, or for its best text where it says illegible.

    `measured` may hold `posterior`, `runner_up`, `log_mass`, `not_text` and `agreement`; what is missing counts as
    unsuspicious.
    """
    measured, text, outcome, sure = raw.measured, raw.text, raw.outcome, raw.confidence
    if outcome in UNANSWERED and raw.alternatives:
        text, outcome, sure = raw.alternatives[0].text, "text", raw.alternatives[0].confidence
    return Evidence(
        kind=claim_of(crop.field, outcome),
        posterior=measured.get("posterior", sure),
        log_mass=measured.get("log_mass", 0.0),
        length=max(1, len(crop.marks)) if crop.field.is_marks else _length(crop.field, text),
        runner_up=measured.get("runner_up", 0.0),
        answer=1 - measured.get("not_text", 0.0),
        agreement=measured.get("agreement"),
        quality=crop.quality,
    )


def _of_other(field: Field, best: Evidence, other: Alternative) -> Evidence:
    """The evidence for another text, whose rival is the best one; that one itself where the reading is illegible."""
    if other.confidence >= best.posterior:
        return best
    kind = claim_of(field, "text" if other.text else "blank")
    length = _length(field, other.text)
    return Evidence(
        kind=kind,
        posterior=other.confidence,
        log_mass=best.log_mass,
        length=length,
        runner_up=best.posterior,
        answer=best.answer,
        agreement=best.agreement,
        quality=best.quality,
    )


def _length(field: Field, text: str) -> int:
    return 1 if field.is_marks or field.kind == "signature" else len(text)


def check_calibration(calibration: Any) -> None:
    """Raises ValueError unless it holds a finite number for every feature, and for no other."""
    if not isinstance(calibration, Mapping) or set(calibration) != {"shared", "kinds"}:
        raise ValueError("its calibration: it should hold `shared` and `kinds`")
    for weights in (calibration["shared"], *dict(calibration["kinds"]).values()):
        numbers = isinstance(weights, Mapping) and set(weights) == set(FEATURES)
        if not numbers or not all(isinstance(w, float | int) and math.isfinite(w) for w in weights.values()):
            raise ValueError(f"its calibration: it should hold a number for each of {', '.join(FEATURES)}")
        if any(weights[name] < 0 for name in RISING):
            raise ValueError(f"its calibration: none of {', '.join(RISING)} may lower the confidence")
