import dataclasses

import numpy as np
import pytest

from recognizer.page import Quality
from tests.training.test_calibrate import overconfident
from training.calibrate import Outcome
from training.trust import (
    area_under_risk,
    brier,
    by_quality,
    chance_error,
    coverage_at,
    expected_calibration_error,
    risk_coverage,
    trust_report,
)


def test_calibration_error_by_hand() -> None:
    confidences = np.array([0.9] * 10 + [0.1] * 10)
    assert expected_calibration_error(confidences, np.array([1] * 9 + [0] + [0] * 9 + [1]), 2) == pytest.approx(0)
    assert expected_calibration_error(confidences, np.array([1] * 5 + [0] * 5 + [0] * 10), 2) == pytest.approx(0.25)
    assert expected_calibration_error(np.ones(10), np.zeros(10)) == pytest.approx(1)
    assert expected_calibration_error(np.zeros(0), np.zeros(0)) == 0


def test_chance_alone_shows_an_error_that_shrinks_with_the_number() -> None:
    rng = np.random.default_rng(0)
    errors = [chance_error(rng.uniform(0.5, 1, count)) for count in (200, 20_000)]
    assert 0.03 < errors[0] < 0.1 and errors[1] < errors[0] / 6
    sure = rng.uniform(0.5, 1, 2000)
    assert expected_calibration_error(sure, rng.random(2000) < sure) == pytest.approx(chance_error(sure), abs=0.015)


def test_risk_and_coverage_by_hand() -> None:
    confidences, right = np.array([0.2, 0.9, 0.5, 0.7]), np.array([0, 1, 1, 0])
    coverage, risk = risk_coverage(confidences, right)
    assert coverage.tolist() == [0.25, 0.5, 0.75, 1.0]
    assert risk.tolist() == pytest.approx([0, 1 / 2, 1 / 3, 1 / 2])
    assert area_under_risk(confidences, right) == pytest.approx((0 + 1 / 2 + 1 / 3 + 1 / 2) / 4)
    assert coverage_at(0.4, confidences, right) == 0.75 and coverage_at(0.01, confidences, right) == 0.25
    assert coverage_at(0.01, confidences, 1 - right) == 0
    assert brier(confidences, right) == pytest.approx((0.04 + 0.01 + 0.25 + 0.49) / 4)


def scanned(outcomes: list[Outcome]) -> list[Outcome]:
    """The same fields on scans of every quality."""
    rng = np.random.default_rng(4)

    def quality() -> Quality:
        return Quality(
            resolution_dpi=200, sharpness=rng.random(), contrast=rng.random(), noise=20 * rng.random(), skew_deg=0,
            illumination=0, clipping=0, compression=0, ink_coverage=0.1, bleed_through=0,
        )  # fmt: skip

    return [dataclasses.replace(o, evidence=dataclasses.replace(o.evidence, quality=quality())) for o in outcomes]


def test_the_report_has_numbers_and_pictures_by_kind_and_quality() -> None:
    found = scanned(overconfident(3, 900)) + overconfident(9, 20, ("ssn",))
    metrics, figures = trust_report(found)
    groups = {"all", "digits", "date", "name"} | {
        f"{measure}_{third}" for measure in ("contrast", "sharpness", "noise") for third in ("low", "middle", "high")
    }
    for measure in ("ece", "ece_chance", "brier", "aurc", "coverage_half_percent", "accuracy", "count"):
        assert {name.split(".", 2)[2] for name in metrics if name.startswith(f"trust.{measure}.")} == groups
    assert metrics["trust.count.digits"] == 300 and metrics["trust.count.noise_low"] == 300
    assert metrics["trust.ece.name"] > metrics["trust.ece.digits"] > 0
    assert set(figures) == {"reliability.png", "risk_coverage.png", "reliability_by_quality.png"}
    titles = [axes.get_title() for axes in figures["reliability.png"].axes]
    assert titles[0].startswith("date: 300, ECE 0.")


def test_what_could_not_be_accepted_does_not_count() -> None:
    found = overconfident(3, 300)
    unanswered = [dataclasses.replace(outcome, answered=False, right=False) for outcome in overconfident(4, 300)]
    assert trust_report(found + unanswered)[0] == trust_report(found)[0]


@pytest.mark.parametrize("count", [0, 1, 100])
def test_few_outcomes_are_no_failure(count: int) -> None:
    metrics, figures = trust_report(overconfident(0, count))
    assert bool(figures) == bool(metrics) == (count == 100)
    for figure in figures.values():
        figure.canvas.draw()


def test_thirds_are_sorted() -> None:
    groups = by_quality(scanned(overconfident(1, 90)))
    low, high = (max(o.evidence.quality.noise for o in groups[f"noise_{t}"]) for t in ("low", "high"))  # type: ignore[union-attr]
    assert low < high and len(groups["noise_low"]) == 30
