import pytest
from hypothesis import given
from hypothesis import strategies as st

from recognizer.confidence import FEATURES, UNCALIBRATED, confidence, features

shares = st.floats(0, 1)
masses = st.floats(-1000, 0)


@given(shares, masses, st.integers(0, 200))
def test_it_is_a_probability_whatever_was_measured(posterior: float, log_mass: float, length: int) -> None:
    assert 0 < confidence(UNCALIBRATED, posterior, log_mass, length) < 1
    assert len(features(posterior, log_mass, length)) == len(FEATURES)


@given(shares, shares, masses)
def test_a_likelier_text_is_surer(one: float, other: float, log_mass: float) -> None:
    low, high = sorted((one, other))
    assert confidence(UNCALIBRATED, low, log_mass, 5) <= confidence(UNCALIBRATED, high, log_mass, 5)


@given(shares, masses, masses)
def test_more_mass_in_the_language_is_surer(posterior: float, one: float, other: float) -> None:
    low, high = sorted((one, other))
    assert confidence(UNCALIBRATED, posterior, low, 5) <= confidence(UNCALIBRATED, posterior, high, 5)


def test_uncalibrated_it_is_the_posterior_where_the_language_holds_all() -> None:
    assert confidence(UNCALIBRATED, 0.73, 0.0, 4) == pytest.approx(0.73)


def test_by_hand() -> None:
    calibration = {"bias": -1.0, "posterior": 0.5, "mass": 2.0, "length": 0.0}
    # logit(0.8) = 1.3863; mass per character -0.25; score = -1 + 0.69315 - 0.5
    assert confidence(calibration, 0.8, -1.0, 4) == pytest.approx(1 / (1 + 2.718281828**0.80685), abs=1e-5)
