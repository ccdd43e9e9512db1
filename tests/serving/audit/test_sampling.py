"""Probabilities of audits: bounded, growing with doubt and value; the draw is fair, repeatable and secret."""

import math

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from recognizer.errors import UsageError
from serving.audit import AuditPlan, is_drawn, stratum_of, typical_doubt

SALT = "0123456789abcdef"
shares = st.floats(0, 1)
values = st.floats(0, 1000)


@st.composite
def plans(draw: st.DrawFn) -> AuditPlan:
    floor = draw(st.floats(1e-4, 1))
    ceiling = draw(st.floats(floor, 1))
    rate = draw(st.floats(floor, ceiling))
    amount = draw(st.floats(floor, ceiling))
    lean, doubt = draw(st.floats(0, 0.99)), draw(st.floats(1e-6, 1))
    return AuditPlan(
        rate=rate, rates={"amount": amount}, lean=lean, typical_doubt=doubt, floor=floor, ceiling=ceiling
    )  # fmt: skip


@given(plans(), shares, values, st.sampled_from(["digits", "amount"]))
def test_no_probability_is_below_the_floor_or_above_the_ceiling(
    plan: AuditPlan, confidence: float, value: float, kind: str
) -> None:
    probability = plan.probability(kind, confidence, value)
    assert plan.floor <= probability <= plan.ceiling
    assert plan.least() * (1 - 1e-12) <= plan.least(kind) <= probability * (1 + 1e-12)


@given(plans(), shares, shares, values, values)
def test_more_doubt_and_more_value_never_make_an_audit_less_likely(
    plan: AuditPlan, sure: float, other: float, value: float, larger: float
) -> None:
    low, high = sorted((sure, other))
    assert plan.probability("digits", low, value) >= plan.probability("digits", high, value)
    small, great = sorted((value, larger))
    assert plan.probability("digits", sure, great) >= plan.probability("digits", sure, small)


def test_the_leaning_part_follows_the_root_of_doubt_times_value() -> None:
    even, plan = AuditPlan(rate=0.1, lean=0.0), AuditPlan(rate=0.01, lean=0.5, typical_doubt=0.01, floor=0.001)
    assert {even.probability("digits", c) for c in (0.5, 0.9, 0.9999)} == {0.1}
    assert plan.probability("digits", 0.99) == pytest.approx(0.01)
    leaning = [
        plan.probability("digits", 1 - doubt, value) - 0.005 for doubt, value in ((0.01, 1), (0.04, 1), (0.04, 3))
    ]
    assert leaning == pytest.approx([0.005, 0.010, 0.030])


def test_with_the_typical_doubt_the_rate_is_what_the_plan_says() -> None:
    doubts = 10 ** np.random.default_rng(1).normal(-3, 0.7, 5000)
    sure = 1 - np.minimum(doubts, 0.3)
    plan = AuditPlan(rate=0.02, typical_doubt=typical_doubt(sure))
    assert np.mean([plan.probability("digits", c) for c in sure]) == pytest.approx(0.02, rel=1e-3)


def test_a_kind_has_its_own_rate() -> None:
    plan = AuditPlan(rate=0.02, rates={"ssn": 0.2}, lean=0.0)
    assert (plan.probability("ssn", 0.99), plan.probability("name", 0.99)) == (0.2, 0.02)
    assert (plan.least("ssn"), plan.least()) == (0.2, 0.02)


@given(st.text(max_size=40), st.floats(0.001, 1))
def test_a_draw_is_the_same_on_every_run_and_holds_for_every_greater_probability(name: str, probability: float) -> None:
    drawn = is_drawn(name, SALT, probability)
    assert drawn == is_drawn(name, SALT, probability)
    assert not drawn or is_drawn(name, SALT, (1 + probability) / 2)
    assert is_drawn(name, SALT, 1.0)


def test_what_is_drawn_stays_the_same_for_ever() -> None:
    assert [i for i in range(60) if is_drawn(f"prediction {i}", SALT, 0.1)] == [2, 3, 13, 14, 30, 55]


@pytest.mark.parametrize("probability", [0.01, 0.1, 0.5])
def test_as_many_are_drawn_as_the_probability_says(probability: float) -> None:
    count = 20_000
    drawn = sum(is_drawn(f"{i:032x}", SALT, probability) for i in range(count))
    assert abs(drawn - count * probability) < 4 * math.sqrt(count * probability * (1 - probability))


def test_another_salt_draws_independently() -> None:
    both = [(is_drawn(f"{i}", SALT, 0.3), is_drawn(f"{i}", SALT[::-1], 0.3)) for i in range(5000)]
    assert abs(sum(a and b for a, b in both) / 5000 - 0.09) < 4 * math.sqrt(0.09 * 0.91 / 5000)


def test_strata_are_kinds_and_nines() -> None:
    sure = (0.5, 0.9, 0.985, 0.99, 0.9995, 0.99991, 1.0)
    assert [stratum_of("date", c).removeprefix("date ") for c in sure] == [
        "<90%", "90-99%", "90-99%", "99-99.9%", "99.9-99.99%", ">=99.99%", ">=99.99%",
    ]  # fmt: skip


@pytest.mark.parametrize(
    "settings",
    [{"floor": 0.0}, {"floor": 0.3, "ceiling": 0.2}, {"ceiling": 1.5}, {"rate": 0.0001}, {"rates": {"ssn": 2.0}},
     {"lean": 1.0}, {"lean": -0.1}, {"typical_doubt": 0.0}, {"floor": math.nan}, {"rate": math.nan}],
)  # fmt: skip
def test_plans_that_make_no_sense_are_refused(settings: dict) -> None:
    with pytest.raises(UsageError, match="mend"):
        AuditPlan(**settings)


def test_bad_input_is_refused_with_what_would_mend_it() -> None:
    plan = AuditPlan()
    for confidence in (-0.1, 1.1, math.nan):
        with pytest.raises(UsageError, match="confidence"):
            plan.probability("digits", confidence)
        with pytest.raises(UsageError, match="confidence"):
            stratum_of("digits", confidence)
    for value in (-1.0, math.inf, math.nan):
        with pytest.raises(UsageError, match="value"):
            plan.probability("digits", 0.9, value)
    for probability in (0.0, -1.0, 1.01, math.nan):
        with pytest.raises(UsageError, match="probability"):
            is_drawn("a", SALT, probability)
    with pytest.raises(UsageError, match="salt"):
        is_drawn("a", "short", 0.5)
    with pytest.raises(UsageError, match="no fields"):
        typical_doubt([])
