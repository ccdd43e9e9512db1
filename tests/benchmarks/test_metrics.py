"""The figures of the comparison with the peers, on answers whose quality is known."""

import numpy as np
import pytest

from benchmarks.peers import metrics


def test_cer_is_edits_per_true_character_over_all_texts():
    distances = metrics.edits(["abc", "x", ""], ["abd", "x", "four"])
    assert distances.tolist() == [1, 0, 4]
    assert metrics.cer(distances, np.array([3, 1, 4])) == pytest.approx(5 / 8)


def test_calibration_error_of_honest_and_of_boasting_confidences():
    rng = np.random.default_rng(0)
    honest = rng.uniform(0, 1, 20_000)
    right = rng.uniform(0, 1, 20_000) < honest
    assert metrics.calibration_error(honest, right) < 0.015
    assert metrics.calibration_error(np.full(20_000, 0.95), right) == pytest.approx(0.45, abs=0.02)


def test_auroc_is_the_share_of_pairs_in_order():
    confidence, right = np.array([0.9, 0.8, 0.8, 0.1]), np.array([True, False, True, False])
    assert metrics.auroc(confidence, right) == pytest.approx((1 + 1 + 0.5 + 1) / 4)
    assert np.isnan(metrics.auroc(confidence, np.ones(4, bool)))


def test_coverage_stops_where_the_error_is_too_large():
    confidence = np.linspace(1, 0, 1000)
    right = np.ones(1000, bool)
    right[[700, 702, 704, 706, 708]] = False
    assert metrics.coverage_at(confidence, right) == 1.0  # 5 of 1,000 are half a percent
    right[710] = False
    assert metrics.coverage_at(confidence, right) == pytest.approx(0.706)  # 3 of 706


def test_readings_of_equal_confidence_are_accepted_together_or_not_at_all():
    right = np.array([True] * 9 + [False])
    assert metrics.coverage_at(np.full(10, 0.7), right, most=0.05) == 0.0


def test_aurc_is_the_mean_risk():
    confidence, right = np.array([0.9, 0.8, 0.7, 0.6]), np.array([True, True, False, True])
    assert metrics.aurc(confidence, right) == pytest.approx((0 + 0 + 1 / 3 + 1 / 4) / 4)


def test_intervals_over_writers_are_wider_where_one_hand_errs_alike():
    writers = np.repeat(np.arange(40), 25)
    by_writer = np.repeat(np.random.default_rng(1).uniform(size=40) < 0.7, 25)
    low, high = metrics.interval(lambda chosen: by_writer[chosen].mean(), writers)
    alone_low, alone_high = metrics.interval(lambda chosen: by_writer[chosen].mean(), np.arange(1000))
    assert low < by_writer.mean() < high
    assert high - low > 3 * (alone_high - alone_low)
