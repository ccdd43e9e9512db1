"""Estimates over seeded runs: unbiased within Monte Carlo error, and as far off as their standard errors say."""

import math
from collections import Counter
from functools import cache

import numpy as np
import pytest

from recognizer.errors import UsageError
from serving.audit import Audit, Estimate, by_kind, hajek, horvitz_thompson, post_stratified, stratum_of
from tests.serving.audit.streams import RISK, audits, population, stream

RUNS, FIELDS = 200, 4_000
Z = 3.0
"""Monte Carlo error: the mean of the runs is at most so many of its standard errors off; chance alone does that once in
370 times, and the seed is fixed."""


@cache
def runs() -> tuple[np.ndarray, dict[str, list[Estimate]], float]:
    """(RUNS,) true shares of right values, the estimates, and the mean share of wrong ones among the audits."""
    people, rng = population(lean=0.9, floor=0.002), np.random.default_rng(11)
    truths, found, plain = [], {"ht": [], "hajek": [], "post": []}, []
    strata = np.array([stratum_of("digits", c) for c in people.confidences])
    for _ in range(RUNS):
        of = stream(people, FIELDS, rng)
        listed = audits(people, of)
        truths.append(1 - of.wrong.mean())
        found["ht"].append(horvitz_thompson(listed, FIELDS))
        found["hajek"].append(hajek(listed))
        found["post"].append(post_stratified(listed, Counter(strata[of.at].tolist())))
        plain.append(of.wrong[of.drawn].mean())
    return np.array(truths), found, float(np.mean(plain))


def off(name: str) -> np.ndarray:
    """(RUNS,) how far the estimates are from the truth."""
    truths, found, _ = runs()
    return np.array([estimate.accuracy for estimate in found[name]]) - truths


def test_the_mean_of_what_was_audited_says_14_percent_where_not_3_are_wrong() -> None:
    truths, found, plain = runs()
    assert 1 - truths.mean() == pytest.approx(RISK, abs=0.0005)
    assert 0.12 < plain < 0.16
    estimated = 1 - np.mean([estimate.accuracy for estimate in found["ht"]])
    assert abs(estimated - RISK) < 0.0015


def test_horvitz_thompson_is_unbiased() -> None:
    error = off("ht")
    assert abs(error.mean()) < Z * error.std() / math.sqrt(RUNS)


@pytest.mark.parametrize("name", ["hajek", "post"])
def test_the_bias_of_ratios_is_far_less_than_their_error(name: str) -> None:
    error = off(name)
    assert abs(error.mean()) < Z * error.std() / math.sqrt(RUNS) + 0.1 * error.std()


@pytest.mark.parametrize("name", ["ht", "hajek", "post"])
def test_standard_errors_are_those_of_the_runs(name: str) -> None:
    said = math.sqrt(np.mean([estimate.standard_error**2 for estimate in runs()[1][name]]))
    assert said == pytest.approx(off(name).std(), rel=0.15)


def test_known_strata_do_not_make_it_worse() -> None:
    assert off("post").std() < 1.02 * off("ht").std()


def test_where_errors_are_frequent_known_strata_and_normalising_make_it_better() -> None:
    rng = np.random.default_rng(3)
    right_off: dict[str, list[float]] = {"ht": [], "hajek": [], "post": []}
    for _ in range(200):
        wrong, drawn = np.append(rng.random(300) < 0.9, rng.random(700) < 0.3), rng.random(1000) < 0.1
        listed = [
            Audit(probability=0.1, is_wrong=bool(wrong[i]), stratum="a" if i < 300 else "b")
            for i in np.flatnonzero(drawn)
        ]
        truth = 1 - wrong.mean()
        right_off["ht"].append(horvitz_thompson(listed, 1000).accuracy - truth)
        right_off["hajek"].append(hajek(listed).accuracy - truth)
        right_off["post"].append(post_stratified(listed, {"a": 300, "b": 700}).accuracy - truth)
    spread = {name: float(np.std(errors)) for name, errors in right_off.items()}
    assert spread["post"] < 0.9 * spread["hajek"] < 0.9 * spread["ht"]


def test_everything_audited_is_known() -> None:
    listed = [Audit(probability=1.0, is_wrong=i < 3, stratum="s") for i in range(60)]
    for estimate in (horvitz_thompson(listed, 60), hajek(listed), post_stratified(listed, {"s": 60})):
        assert estimate.accuracy == pytest.approx(0.95)
        assert estimate.standard_error == 0
        assert (estimate.audits, estimate.wrong, estimate.accepted) == (60, 3, pytest.approx(60))
        assert estimate.effective_audits == pytest.approx(60)


def test_a_worked_example() -> None:
    listed = [Audit(probability=p, is_wrong=w) for p, w in ((0.5, True), (0.1, False), (0.1, True), (0.5, False))]
    estimate = horvitz_thompson(listed, 48)
    assert estimate.accuracy == pytest.approx(1 - 12 / 48)
    assert estimate.standard_error == pytest.approx(math.sqrt(0.5 / 0.25 + 0.9 / 0.01) / 48)
    assert hajek(listed).accuracy == pytest.approx(1 - 12 / 24)
    assert hajek(listed).accepted == pytest.approx(24)
    assert estimate.effective_audits == pytest.approx(24**2 / 208)


def test_writers_who_err_throughout_widen_the_error() -> None:
    rng, means, said, plain = np.random.default_rng(5), [], [], []
    for _ in range(300):
        bad = rng.random(80) < 0.1
        wrong, drawn = np.repeat(bad, 20) & (rng.random(1600) < 0.8), rng.random(1600) < 0.25
        listed = [
            Audit(probability=0.25, is_wrong=bool(wrong[i]), cluster=f"writer {i // 20}") for i in np.flatnonzero(drawn)
        ]
        estimate = hajek(listed)
        assert estimate.clustered_error is not None
        means.append(estimate.accuracy)
        said.append(estimate.clustered_error**2)
        plain.append(estimate.standard_error**2)
    assert math.sqrt(np.mean(said)) == pytest.approx(np.std(means), rel=0.12)
    assert np.mean(plain) < 0.3 * np.mean(said)


def test_without_all_clusters_no_clustered_error() -> None:
    one = Audit(probability=0.5, is_wrong=False, cluster="a")
    assert hajek([one, Audit(probability=0.5, is_wrong=True)]).clustered_error is None
    assert hajek([one, one]).clustered_error is None


def test_strata_of_which_little_was_audited_are_pooled() -> None:
    listed = [Audit(probability=0.5, is_wrong=i < 10, stratum="many") for i in range(100)]
    listed += [Audit(probability=0.5, is_wrong=True, stratum="few")]
    estimate = post_stratified(listed, {"many": 200, "few": 10, "none": 40})
    assert estimate.accuracy == pytest.approx(1 - 11 / 101)
    assert estimate.accepted == 250


def test_by_kind_and_in_total() -> None:
    listed = [Audit(probability=0.2, is_wrong=i < 5, kind="date", stratum="date 99%") for i in range(50)]
    listed += [Audit(probability=0.5, is_wrong=i < 2, kind="ssn", stratum="ssn 99%") for i in range(40)]
    found = by_kind(listed, {"date": {"date 99%": 250}, "ssn": {"ssn 99%": 80, "ssn 90%": 0}, "name": {"name 99%": 30}})
    assert set(found) == {"date", "ssn", "all"}
    assert (found["date"].accuracy, found["ssn"].accuracy) == (pytest.approx(0.9), pytest.approx(0.95))
    assert found["all"].accuracy == pytest.approx((250 * 0.9 + 80 * 0.95 + 30 * 0.95) / 360, abs=0.01)
    assert by_kind([], {"date": {"date 99%": 250}}) == {}


def test_no_error_found_has_no_standard_error() -> None:
    estimate = horvitz_thompson([Audit(probability=0.1, is_wrong=False)] * 30, 300)
    assert (estimate.accuracy, estimate.standard_error) == (1.0, 0.0)


def test_bad_input_is_refused_with_what_would_mend_it() -> None:
    one = Audit(probability=0.5, is_wrong=False, kind="date", stratum="s")
    with pytest.raises(UsageError, match="probability"):
        Audit(probability=0.0, is_wrong=False)
    with pytest.raises(UsageError, match="1 of 0 accepted"):
        horvitz_thompson([one], 0)
    with pytest.raises(UsageError, match="2 of 1 accepted"):
        post_stratified([one, one], {"s": 1})
    with pytest.raises(UsageError, match="no audits"):
        horvitz_thompson([], 5)
    with pytest.raises(UsageError, match="no audits"):
        hajek([])
    with pytest.raises(UsageError, match="no audits"):
        post_stratified([], {"s": 5})
    with pytest.raises(UsageError, match="'s' has no count"):
        post_stratified([one], {"t": 5})
    with pytest.raises(UsageError, match="nothing was accepted"):
        by_kind([one], {"ssn": {"s": 5}})
    with pytest.raises(UsageError, match="two kinds"):
        by_kind([one], {"date": {"s": 5}, "ssn": {"s": 5}})
