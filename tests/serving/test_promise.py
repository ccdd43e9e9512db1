"""The promise, tried: thresholds are chosen on resampled labels, and what they accept is compared with the truth."""

import json
import lzma
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest
from scipy.stats import binom

from recognizer.errors import BundleError, InputError, UsageError
from serving.promise import Labelled, Policy, Promise, Target, choose, load_labels, load_policy, save_labels
from serving.promise.bound import (
    design_effect,
    intraclass_correlation,
    labels_needed,
    lumps,
    tail,
    upper_bound,
    wrong_allowed,
)
from serving.promise.labels import NO_LABELS, labelled
from serving.promise.policy import Handling, Wish

TARGET = Target()
RESAMPLES = 200
POPULATION = 400_000
Profile = Callable[[np.random.Generator, int], tuple[np.ndarray, np.ndarray]]


def sigmoid(x: np.ndarray) -> np.ndarray:
    return 1 / (1 + np.exp(-x))


def honest(rng: np.random.Generator, count: int) -> tuple[np.ndarray, np.ndarray]:
    """Confidences are what they say."""
    sure = sigmoid(rng.normal(5, 2.5, count))
    return sure, sure


def boastful(rng: np.random.Generator, count: int) -> tuple[np.ndarray, np.ndarray]:
    """Errors are three times as frequent as the confidences say."""
    sure = sigmoid(rng.normal(6, 2.5, count))
    return sure, np.maximum(1 - 3 * (1 - sure), 0)


def floored(rng: np.random.Generator, count: int) -> tuple[np.ndarray, np.ndarray]:
    """However sure, one in 250 is wrong: the people who made the labels err too."""
    sure = sigmoid(rng.normal(6, 3, count))
    return sure, 0.996 * sure


def borderline(rng: np.random.Generator, count: int) -> tuple[np.ndarray, np.ndarray]:
    """At every threshold a little more is wrong than is promised: nothing may be accepted."""
    sure = sigmoid(rng.normal(7, 1, count))
    return sure, np.full(count, 0.9945)


def upside_down(rng: np.random.Generator, count: int) -> tuple[np.ndarray, np.ndarray]:
    """The surest tenth is wrong more often than what lies below it."""
    sure = sigmoid(rng.normal(5, 2.5, count))
    return sure, np.where(sure > 0.9999, 0.98, sure)


def few_values(rng: np.random.Generator, count: int) -> tuple[np.ndarray, np.ndarray]:
    """Only six different confidences: ties."""
    sure = rng.choice([0.5, 0.9, 0.97, 0.99, 0.998, 0.9995], count, p=[0.1, 0.1, 0.1, 0.2, 0.2, 0.3])
    return sure, sure


PROFILES: list[Profile] = [honest, boastful, floored, borderline, upside_down, few_values]


def true_risk(sure: np.ndarray, right: np.ndarray, threshold: float) -> float:
    return float((1 - right[sure >= threshold]).mean())


@pytest.mark.parametrize("profile", PROFILES)
@pytest.mark.parametrize("count", [1200, 5000])
def test_the_promise_is_broken_in_at_most_one_of_twenty(profile: Profile, count: int) -> None:
    rng = np.random.default_rng(20261124)
    sure, right = profile(rng, POPULATION)
    broken = 0
    for _ in range(RESAMPLES):
        drawn = rng.integers(0, POPULATION, count)
        labels = Labelled(confidences=sure[drawn], right=rng.random(count) < right[drawn], writers=np.arange(count))
        value = choose(labels, TARGET).value
        broken += value is not None and true_risk(sure, right, value) > TARGET.risk
    assert broken <= TARGET.doubt * RESAMPLES


@pytest.mark.parametrize(("profile", "least"), [(honest, 0.55), (boastful, 0.5), (few_values, 0.45)])
def test_with_labels_enough_most_of_what_could_be_accepted_is(profile: Profile, least: float) -> None:
    rng = np.random.default_rng(7)
    coverages = []
    for _ in range(40):
        sure, right = profile(rng, 8000)
        labels = Labelled(confidences=sure, right=rng.random(8000) < right, writers=np.arange(8000))
        coverages.append(choose(labels, TARGET).coverage)
    assert np.median(coverages) > least and min(coverages) > 0.3


def clustered(rng: np.random.Generator, writers: int, each: int, spread: float) -> Labelled:
    """Fields of writers who are each easier or harder to read than the confidences know."""
    hand = np.repeat(np.arange(writers), each)
    score = rng.normal(6, 2, writers * each)
    right = rng.random(len(hand)) < sigmoid(score + rng.normal(0, spread, writers)[hand])
    return Labelled(confidences=sigmoid(score), right=right, writers=hand)


def share_broken(rng: np.random.Generator, *, as_clusters: bool) -> float:
    everyone = clustered(rng, 20_000, 20, 2.0)
    broken = 0
    for _ in range(RESAMPLES):
        labels = clustered(rng, 30, 100, 2.0)
        if not as_clusters:
            labels = Labelled(confidences=labels.confidences, right=labels.right, writers=np.arange(3000))
        value = choose(labels, TARGET).value
        broken += value is not None and true_risk(everyone.confidences, everyone.right.astype(float), value) > 0.005
    return broken / RESAMPLES


def test_fields_of_one_writer_count_for_less_and_so_the_promise_holds() -> None:
    assert share_broken(np.random.default_rng(5), as_clusters=False) > 0.07  # as if they were independent
    assert share_broken(np.random.default_rng(5), as_clusters=True) <= 0.05


def test_with_writers_enough_their_number_costs_little() -> None:
    rng = np.random.default_rng(6)
    coverages = [choose(clustered(rng, 150, 40, 1.0), TARGET).coverage for _ in range(20)]
    assert np.median(coverages) > 0.55


def test_tails_are_the_binomials() -> None:
    for labels, wrong, risk in ((598, 0, 0.005), (1000, 3, 0.01), (20, 19, 0.9)):
        assert tail(labels, wrong, risk) == pytest.approx(binom.cdf(wrong, labels, risk))
    assert tail(5, 5, 0.1) == 1
    for labels, wrong in ((100, 0), (100, 7), (5000, 12)):
        assert tail(labels, wrong, upper_bound(labels, wrong, 0.05)) == pytest.approx(0.05)
    assert upper_bound(3, 3, 0.05) == 1


def test_how_many_labels_are_needed() -> None:
    assert labels_needed(TARGET.risk, TARGET.doubt) == 598
    assert [wrong_allowed(n, 0.005, 0.05) for n in (597, 598, 945, 946, 947)] == [-1, 0, 0, 0, 1]
    perfect = [labelled((0.99, True, str(i)) for i in range(n)) for n in (597, 598)]
    assert choose(perfect[0], TARGET).more == 1 and choose(perfect[1], TARGET).coverage == 1
    assert choose(NO_LABELS, TARGET).more == 598


def test_one_independent_field_per_writer_is_worth_a_label_and_one_writer_is_worth_one() -> None:
    rng = np.random.default_rng(3)
    sure = np.full(2000, 0.9)
    alone = rng.random(2000) < 0.9
    assert intraclass_correlation(sure, alone, np.arange(2000)) == 0
    assert intraclass_correlation(sure, alone, np.repeat(np.arange(100), 20)) < 0.02
    together = np.repeat(rng.random(100) < 0.9, 20)
    assert intraclass_correlation(sure, together, np.repeat(np.arange(100), 20)) > 0.6
    assert lumps(np.array([4, 4, 7, 4])).tolist() == [1, 2, 5 / 3, 10 / 4]  # 3 labels with 3 of their writer, 1 with 1
    assert lumps(np.zeros(50, int))[-1] == 50 and lumps(np.arange(50))[-1] == 1
    assert design_effect(0.0, 50) == 1 and design_effect(1.0, 50) == 50


def test_what_could_not_be_accepted_counts_in_the_coverage_alone() -> None:
    rows = [(0.99, True, str(i)) for i in range(900)] + [(0.0, False, f"x{i}") for i in range(100)]
    threshold = choose(labelled(rows), TARGET)
    assert threshold.coverage == pytest.approx(0.9) and threshold.risk == 0 and threshold.value == 0.99


def test_errors_at_the_top_send_all_to_review() -> None:
    rng = np.random.default_rng(0)
    threshold = choose(labelled((0.999, bool(rng.random() < 0.97), str(i)) for i in range(3000)), TARGET)
    assert threshold.value is None and threshold.more == 0 and "no threshold keeps" in threshold.reason


def test_labels_come_back_as_they_went_and_accept_the_same(tmp_path: Path) -> None:
    rng = np.random.default_rng(1)
    sure = rng.random(500)
    before = labelled((float(c), bool(rng.random() < c), f"w{i % 7}") for i, c in enumerate(sure))
    entry = save_labels(tmp_path, {"digits": before})
    after = load_labels(tmp_path, {"promise": entry})["digits"]
    assert entry["labels"] == {"digits": 500}
    order = np.argsort(before.confidences, kind="stable")  # in which they are kept; it means nothing
    for name in ("confidences", "right", "writers"):
        assert np.array_equal(getattr(before, name)[order], getattr(after, name))
    for threshold in after.confidences:
        assert (sure >= threshold).sum() == (after.confidences >= threshold).sum()
    assert load_labels(tmp_path, {}) == {}
    (tmp_path / "promise.json.xz").write_text("{}")
    with pytest.raises(BundleError, match="digest differs"):
        load_labels(tmp_path, {"promise": entry})


def test_a_promise_has_the_digest_of_policy_and_labels() -> None:
    labels = {"digits": labelled([(0.9, True, "a")])}
    others = {"digits": labelled([(0.9, False, "a")])}
    promises = [Promise(), Promise(labels=labels), Promise(labels=others), Promise(policy=Policy(accuracy=0.9))]
    assert len({promise.digest for promise in promises}) == 4
    assert Promise(labels=labels).digest == promises[1].digest


def write(folder: Path, text: str) -> Path:
    path = folder / "policy.yaml"
    path.write_text(text)
    return path


def test_the_nearest_target_counts(tmp_path: Path) -> None:
    policy = load_policy(write(tmp_path, """
accuracy: 0.99
kinds:
  amount: {accuracy: 0.999}
forms:
  claim:
    amount: {certainty: 0.99}
    ssn: {accuracy: 0.9999}
"""))  # fmt: skip
    assert policy.target("digits") == Target(accuracy=0.99, certainty=0.95)
    assert policy.target("amount") == policy.target("amount", "other") == Target(accuracy=0.999, certainty=0.95)
    assert policy.target("amount", "claim") == Target(accuracy=0.999, certainty=0.99)
    assert policy.target("ssn", "claim").accuracy == 0.9999 and policy.target("ssn").accuracy == 0.99
    assert policy == Policy(
        accuracy=0.99,
        kinds={"amount": Wish(accuracy=0.999)},
        forms={"claim": {"amount": Wish(certainty=0.99), "ssn": Wish(accuracy=0.9999)}},
    )
    assert policy.digest != Policy().digest == Policy().digest


def test_the_nearest_handling_counts(tmp_path: Path) -> None:
    policy = load_policy(write(tmp_path, """
audit: 0.05
budget: 12
kinds:
  ssn: {value: 20, consensus: two_plus_tiebreak}
forms:
  claim:
    ssn: {audit: 0.2}
    text: {accuracy: 0.9, value: 0.5}
"""))  # fmt: skip
    assert policy.handling("digits") == Handling(audit=0.05)
    assert policy.handling("ssn") == Handling(audit=0.05, value=20, consensus="two_plus_tiebreak")
    assert policy.handling("ssn", "claim") == Handling(audit=0.2, value=20, consensus="two_plus_tiebreak")
    assert policy.handling("text", "claim") == Handling(audit=0.05, value=0.5)
    assert policy.target("text", "claim").accuracy == 0.9 and policy.target("ssn", "claim") == Target()
    assert policy.budget == 12 and Policy().budget is None


@pytest.mark.parametrize(
    ("text", "line", "said"),
    [
        ("audit: 0.9", 1, "0.02"),
        ("kinds:\n  ssn: {value: 0}", 2, "above 0"),
        ("budget: -1", 1, "whole number"),
        ("consensus: majority", 1, "two_plus_tiebreak"),
        ("accuracy: 1.0", 1, "accuracy: Input should be less than 1"),
        ("accuracy: 99.5", 1, "such as 0.995"),
        ("certainty: 0.9\nkinds:\n  digit: {accuracy: 0.9}", 3, "'digit' is no kind"),
        ("kinds:\n  digits: {accuracy: 0.9, goal: 3}", 2, "unknown setting"),
        ("forms:\n  claim:\n    dates: {}", 3, "'dates' is no kind"),
        ("target: 0.9", 1, "unknown setting"),
        ("- 1", 1, "not a policy"),
        ("accuracy: [", 1, "not valid YAML"),
    ],
)
def test_a_wrong_policy_is_refused_with_its_line(tmp_path: Path, text: str, line: int, said: str) -> None:
    with pytest.raises(UsageError) as caught:
        load_policy(write(tmp_path, text))
    assert said in str(caught.value) and f"policy.yaml:{line}:" in str(caught.value) and "mend" in str(caught.value)


def test_a_policy_that_is_not_there(tmp_path: Path) -> None:
    with pytest.raises(InputError, match="nowhere"):
        load_policy(tmp_path / "nowhere.yaml")


def test_what_is_saved_is_small(tmp_path: Path) -> None:
    rng = np.random.default_rng(0)
    rows = [(float(c), True, f"w{i % 50}") for i, c in enumerate(rng.random(2000))]
    save_labels(tmp_path, {kind: labelled(rows) for kind in "abcdefghijklm"})
    assert (tmp_path / "promise.json.xz").stat().st_size < 250_000
    assert json.loads(lzma.decompress((tmp_path / "promise.json.xz").read_bytes())).keys() == set("abcdefghijklm")
