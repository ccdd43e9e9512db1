"""The bet: never too often wrong, whenever one looks; soon enough right; and the interval that belongs to it."""

import numpy as np
import pytest
from scipy.integrate import quad

from benchmarks.trials import ALPHA, BETTER, labels_needed, mcnemar, promoted
from serving.trial.gain import evidence, interval, log_wealth


@pytest.mark.parametrize("kind", ["alike", "uneven", "in turns"])
def test_of_2000_streams_without_a_difference_no_more_than_alpha_promote_at_any_time(kind: str) -> None:
    assert promoted(kind, 2000, np.random.default_rng(7)) <= ALPHA


def test_mcnemars_test_looked_at_now_and_then_would() -> None:
    assert mcnemar("alike", 2000, np.random.default_rng(7)) > 3 * ALPHA


def test_94_against_91_percent_takes_about_a_hundred_answers() -> None:
    labels = labels_needed(BETTER, 1000, np.random.default_rng(7), 0.05, length=2500)
    assert np.isfinite(labels).mean() > 0.98  # within 2,500 pairs
    assert 60 < np.median(labels) < 120


def test_where_all_are_asked_it_is_the_one_sided_beta_binomial_mixture() -> None:
    gains = np.array([1.0] * 30 + [-1.0] * 12)
    exact, _ = quad(lambda b: (1 + b) ** 30 * (1 - b) ** 12, 0, 1)
    assert np.exp(log_wealth(gains)[-1]) == pytest.approx(exact, rel=0.01)


def test_the_mean_capital_of_a_fair_game_is_one_at_every_time() -> None:
    """In all 1,024 courses of ten pairs that are asked for certain or with probability 1/2, each as often as it is."""
    p = np.array([1.0, 0.5] * 5)
    courses = np.array(np.meshgrid(*[[-1.0, 1.0] if q == 1 else [-1.0, 0.0, 1.0] for q in p], indexing="ij"))
    courses = courses.reshape(10, -1).T
    chances = np.prod([[0.5 if q == 1 or g == 0 else 0.25 for g, q in zip(c, p, strict=True)] for c in courses], axis=1)
    assert chances.sum() == pytest.approx(1)
    wealth = np.exp(log_wealth(courses, p, floor=0.5))
    assert np.allclose((chances[:, np.newaxis] * wealth).sum(axis=0), 1)


def test_an_answer_that_is_missing_counts_as_lost_and_does_no_harm_after_the_fact() -> None:
    gains = np.array([1.0] * 20)
    waiting = np.append(gains, [np.nan] * 50)
    assert evidence(waiting) == evidence(gains) > 20
    first = np.append([np.nan] * 5, gains)
    assert evidence(first) == pytest.approx(evidence(np.append([-1.0] * 5, gains)))
    assert evidence(np.array([])) == 1.0


def test_the_interval_holds_the_mean_gain_at_all_times() -> None:
    """Of 300 streams with unequal probabilities, it misses the truth at one of ten times in no more than 5%."""
    rng, missed = np.random.default_rng(3), 0
    for _ in range(300):
        n = 400
        kind, p = rng.random(n), rng.choice([0.5, 1.0], n)
        gains = np.where(kind < 0.06, 1.0, np.where(kind < 0.09, -1.0, 0.0))
        asked = (rng.random(n) < p) & (gains != 0)
        bad = False
        for look in range(40, n + 1, 40):
            here = asked[:look]
            low, high = interval(gains[:look][here], p[:look][here], look, floor=0.5)
            bad |= not low <= gains[:look].mean() <= high or not low <= 0.03 <= high
        missed += bad
    assert missed <= 0.05 * 300
    assert interval(np.array([]), np.array([]), 0) == (-1.0, 1.0)


def test_interval_and_bet_say_the_same() -> None:
    gains = np.array([1.0] * 14 + [-1.0] * 3)
    wealth = float(np.exp(log_wealth(gains)[-1]))
    for doubt in (1.9 / wealth, 2.1 / wealth):
        low, _ = interval(gains, np.ones(17), 200, doubt=doubt)
        assert (low > 0) == (wealth > 2 / doubt)
