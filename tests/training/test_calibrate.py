"""Confidence becomes honest, and the measures of honesty are those of the literature."""

import dataclasses

import numpy as np
import pytest

from recognizer.bundle import Bundle
from recognizer.confidence import FEATURES, UNCALIBRATED, confidence, features
from recognizer.engine import Engine
from recognizer.net.marks import MarkNet, MarkNetConfig
from tests.recognizer.small_model import ALPHABET, TEXTS, printed, text_net
from training.calibrate import (
    Outcome,
    expected_calibration_error,
    field_of,
    fit_calibration,
    outcomes,
    risk_coverage,
)
from training.corpora.sample import Corpus, Sample
from training.pictures import trust


def overconfident(seed: int, count: int = 3000) -> list[Outcome]:
    """Readings whose posterior's logit is four times too large, and worse where the language holds little mass."""
    rng = np.random.default_rng(seed)
    found = []
    for _ in range(count):
        logit, mass, length = rng.normal(1.0, 1.5), -abs(rng.normal(0, 2.0)), int(rng.integers(1, 12))
        truth = 1 / (1 + np.exp(-(logit + 2 * mass / length)))
        posterior = 1 / (1 + np.exp(-4 * logit))
        found.append(
            Outcome(
                source="made",
                right=bool(rng.random() < truth),
                confidence=confidence(UNCALIBRATED, posterior, mass, length),
                features=features(posterior, mass, length),
            )
        )
    return found


def arrays(found: list[Outcome], calibration: dict[str, float] | None = None) -> tuple[np.ndarray, np.ndarray]:
    def sure(outcome: Outcome) -> float:
        score = sum(calibration[name] * v for name, v in zip(FEATURES, outcome.features, strict=True))
        return 1 / (1 + np.exp(-score))

    confidences = [outcome.confidence if calibration is None else sure(outcome) for outcome in found]
    return np.array(confidences), np.array([outcome.right for outcome in found])


@pytest.mark.parametrize("seed", range(3))
def test_overconfident_readings_become_calibrated_on_unseen_ones(seed: int) -> None:
    calibration = fit_calibration(overconfident(seed))
    assert set(calibration) == set(FEATURES)
    unseen = overconfident(100 + seed)
    before = expected_calibration_error(*arrays(unseen))
    after = expected_calibration_error(*arrays(unseen, calibration))
    assert before > 0.12
    assert after < 0.04


def test_the_same_readings_give_the_same_calibration() -> None:
    assert fit_calibration(overconfident(1)) == fit_calibration(overconfident(1))


def test_ece_by_hand() -> None:
    confidences = np.array([0.9] * 10 + [0.1] * 10)
    assert expected_calibration_error(confidences, np.array([1] * 9 + [0] + [0] * 9 + [1]), 2) == pytest.approx(0)
    assert expected_calibration_error(confidences, np.array([1] * 5 + [0] * 5 + [0] * 10), 2) == pytest.approx(0.25)
    assert expected_calibration_error(np.ones(10), np.zeros(10)) == pytest.approx(1)
    assert expected_calibration_error(np.ones(3), np.ones(3)) == pytest.approx(0)
    assert expected_calibration_error(np.zeros(0), np.zeros(0)) == 0


def test_risk_coverage_by_hand() -> None:
    coverage, risk = risk_coverage(np.array([0.2, 0.9, 0.5, 0.7]), np.array([0, 1, 1, 0]))
    assert coverage.tolist() == [0.25, 0.5, 0.75, 1.0]
    assert risk.tolist() == pytest.approx([0, 1 / 2, 1 / 3, 1 / 2])


@pytest.fixture(scope="module")
def bundle() -> Bundle:
    marks = MarkNet(MarkNetConfig()).eval()
    return Bundle(
        bundle_id="", text=text_net(), marks=marks, alphabet=ALPHABET, calibration=UNCALIBRATED, manifest={}
    )  # fmt: skip


def known(name: str, mislabelled: bool = False) -> Corpus:
    def sample(number: int, rng: np.random.Generator) -> Sample:
        text = TEXTS[number]
        return Sample(image=printed(text), text="0" if mislabelled else text, writer="w")

    return Corpus(name=name, size=len(TEXTS), draw=sample, digest="", writers=1)


def test_outcomes_say_what_was_right(bundle: Bundle) -> None:
    engine = Engine(bundle)
    good, bad = outcomes(engine, [known("own_My-crops.2")], 10), outcomes(engine, [known("mnist", True)], 10)
    assert len(good) == len(bad) == len(TEXTS)
    assert np.mean([outcome.right for outcome in good]) > 0.3
    assert not any(outcome.right for outcome in bad)
    assert {outcome.source for outcome in good} == {"own_My-crops.2"}
    assert outcomes(engine, [known("own_My-crops.2")], 10) == good
    assert field_of(known("mnist")).kind == "digits" and field_of(known("own_x")).kind == "text"


def test_a_calibration_changes_confidences_not_texts(bundle: Bundle) -> None:
    doubtful = dataclasses.replace(bundle, calibration=UNCALIBRATED | {"bias": -3.0})
    for one, other in zip(*(outcomes(Engine(b), [known("a")], 10) for b in (bundle, doubtful)), strict=True):
        assert other.confidence < one.confidence and other.features == one.features and other.right == one.right


@pytest.mark.parametrize("count", [1, 7, 300])
def test_the_picture_of_trust_is_drawn_for_any_number(count: int) -> None:
    figure = trust(overconfident(0, count), "test writers")
    assert "ECE" in figure.axes[0].get_title()
    figure.canvas.draw()
