import math
from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from recognizer.confidence import (
    FEATURES,
    RISING,
    UNCALIBRATED,
    Calibration,
    Evidence,
    calibrated,
    check_calibration,
    claim_of,
    confidence,
    evidence_of,
    features,
)
from recognizer.form import Field
from recognizer.page import Quality
from recognizer.reading import Alternative, Reading
from tests.recognizer.small_model import crop, field

shares = st.floats(0, 1)
masses = st.floats(-1000, 0)
QUALITY = Quality(
    resolution_dpi=200, sharpness=0.6, contrast=0.8, noise=3.0, skew_deg=0, illumination=0, clipping=0, compression=0,
    ink_coverage=0.1, bleed_through=0,
)  # fmt: skip
EVIDENCE = Evidence(kind="digits", posterior=0.8, log_mass=-1.0, length=4, runner_up=0.1, quality=QUALITY)
ANY = dict.fromkeys(FEATURES, 0.7) | {"length": -0.4, "contrast": -0.2, "bias": -1.0}
FITTED: Calibration = {"shared": UNCALIBRATED["shared"], "kinds": {"digits": ANY}}


@given(shares, masses, st.integers(0, 200), shares, shares, st.none() | shares)
def test_it_is_a_probability_whatever_was_measured(
    posterior: float, log_mass: float, length: int, runner_up: float, answer: float, agreement: float | None
) -> None:
    evidence = Evidence(
        kind="digits", posterior=posterior, log_mass=log_mass, length=length, runner_up=runner_up, answer=answer,
        agreement=agreement, quality=QUALITY,
    )  # fmt: skip
    for calibration in (UNCALIBRATED, FITTED):
        assert 0 < confidence(calibration, evidence) < 1
    assert len(features(evidence)) == len(FEATURES) and all(map(math.isfinite, features(evidence)))


@pytest.mark.parametrize("name", ["posterior", "answer", "agreement"])
@given(one=shares, other=shares)
def test_what_speaks_for_a_reading_never_makes_it_less_sure(name: str, one: float, other: float) -> None:
    low, high = sorted((one, other))
    weak, strong = (replace(EVIDENCE, **{name: share}) for share in (low, high))
    assert confidence(FITTED, weak) <= confidence(FITTED, strong)


@given(masses, masses)
def test_more_mass_in_the_language_is_surer(one: float, other: float) -> None:
    low, high = sorted((one, other))
    assert confidence(FITTED, replace(EVIDENCE, log_mass=low)) <= confidence(FITTED, replace(EVIDENCE, log_mass=high))


def test_a_rival_makes_it_less_sure() -> None:
    assert confidence(FITTED, replace(EVIDENCE, runner_up=0.19)) < confidence(FITTED, EVIDENCE) - 0.02


def test_uncalibrated_it_is_the_posterior_where_the_language_holds_all() -> None:
    assert confidence(UNCALIBRATED, Evidence(kind="date", posterior=0.73, length=4)) == pytest.approx(0.73)


def test_by_hand() -> None:
    weights = dict.fromkeys(FEATURES, 0.0) | {"bias": -1.0, "posterior_low": 0.5, "posterior_high": 0.25, "mass": 2.0}
    calibration = {"shared": UNCALIBRATED["shared"], "kinds": {"digits": weights}}
    score = -1 + 0.5 * math.log(0.8) - 0.25 * math.log(0.2) + 2 * -0.25
    assert confidence(calibration, EVIDENCE) == pytest.approx(1 / (1 + math.exp(-score)))
    other_kind = replace(EVIDENCE, kind="date", log_mass=0.0)
    assert confidence(calibration, other_kind) == pytest.approx(0.8)  # not among the kinds: the shared weights


@pytest.mark.parametrize(
    ("the_field", "outcome", "claim"),
    [
        (field(), "text", "digits"),
        (field(), "blank", "blank"),
        (field("name", lexicon=("Ann", "Bo")), "text", "lexicon"),
        (field("choice", lexicon=("Ann", "Bo")), "text", "lexicon"),
        (field("checkbox"), "text", "checkbox"),
        (field("signature"), "blank", "signature"),
    ],
)
def test_what_is_claimed(the_field: Field, outcome: str, claim: str) -> None:
    assert claim_of(the_field, outcome) == claim  # type: ignore[arg-type]


def test_a_readings_numbers_become_its_evidence() -> None:
    measured = {"posterior": 0.9, "log_mass": -2.0, "runner_up": 0.05, "not_text": 0.2}
    others = (Alternative(text="4826", confidence=0.05), Alternative(text="", confidence=0.01))
    raw = Reading(text="4827", outcome="text", confidence=0.9, alternatives=others, measured=measured)
    seen = crop("4827")
    evidence = evidence_of(seen, raw)
    assert (evidence.kind, evidence.length, evidence.runner_up, evidence.quality) == ("digits", 4, 0.05, seen.quality)
    assert evidence.answer == pytest.approx(0.8)
    sure = calibrated(FITTED, seen, raw)
    assert sure.confidence == confidence(FITTED, evidence) and sure.text == raw.text
    rival = replace(evidence, posterior=0.05, runner_up=0.9)
    assert sure.alternatives[0].confidence == confidence(FITTED, rival) < sure.confidence
    blank = replace(evidence, kind="blank", posterior=0.01, runner_up=0.9, length=0)
    assert sure.alternatives[1].confidence == confidence(FITTED, blank)


def test_illegible_keeps_its_confidence_but_its_best_text_is_calibrated() -> None:
    measured = {"posterior": 0.9, "log_mass": -20.0}
    others = (Alternative(text="4827", confidence=0.9),)
    raw = Reading(text="", outcome="illegible", confidence=0.97, alternatives=others, measured=measured)
    sure = calibrated(FITTED, crop("4827"), raw)
    assert sure.confidence == 0.97
    evidence = evidence_of(crop("4827"), raw)
    assert sure.alternatives[0].confidence == confidence(FITTED, evidence)
    assert confidence(FITTED, evidence) < confidence(FITTED, replace(evidence, log_mass=0.0)) - 0.1


@pytest.mark.parametrize(
    "broken",
    [
        None,
        {},
        {"shared": ANY},
        {"shared": ANY, "kinds": {"digits": {"bias": 1.0}}},
        {"shared": ANY | {"bias": float("nan")}, "kinds": {}},
        {"shared": ANY | {"bias": "much"}, "kinds": {}},
        *({"shared": ANY, "kinds": {"date": ANY | {name: -0.1}}} for name in RISING),
    ],
)
def test_a_calibration_that_makes_no_sense_is_refused(broken: object) -> None:
    check_calibration(FITTED)
    with pytest.raises(ValueError, match="calibration"):
        check_calibration(broken)
