"""How often the interval misses, at any time, over a thousand streams; and that its bets are fair."""

import math
from functools import cache

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from serving.audit.bets import Bets, bets_on_fewer, bets_on_more
from tests.serving.audit.streams import Stream, fed, population, stream

STREAMS, FIELDS = 1_000, 4_000
RICH = math.log(2 / 0.05)


def ever_missed(floor: float, of: Stream) -> bool:
    """Whether at any time the interval does not hold the share of wrong values so far.

    While nothing wrong comes, capital against that share only falls: errors, found or not, are the times to look.
    """
    errors = np.flatnonzero(of.wrong)
    shares, fields = np.arange(1, len(errors) + 1) / (errors + 1), errors + 1
    found = of.drawn[errors]
    p, steps = of.probabilities[errors[found]], np.cumsum(found)
    return any(
        is_rich(bets, bets.place(p)[steps], shares, fields) for bets in (bets_on_more(floor), bets_on_fewer(floor))
    )


def ever_missed_constant(floor: float, of: Stream, risk: float) -> bool:
    """Whether at any time the interval does not hold the constant chance of an error.

    Who bets on more errors is richest just after one was found, who bets on fewer just before, or in the end.
    """
    found = np.flatnonzero(of.wrong & of.drawn)
    p, after, before = of.probabilities[found], found + 1, np.append(found, len(of.wrong))
    more, fewer = bets_on_more(floor), bets_on_fewer(floor)
    return is_rich(more, more.place(p)[1:], np.full(len(after), risk), after) or is_rich(
        fewer, fewer.place(p), np.full(len(before), risk), before
    )


def is_rich(bets: Bets, logs: np.ndarray, shares: np.ndarray, fields: np.ndarray) -> bool:
    """Whether capital is ever enough to exclude the share of errors that it was laid against."""
    return bool((capital(bets, logs, shares, fields) > RICH).any())


def capital(bets: Bets, logs: np.ndarray, shares: np.ndarray, fields: np.ndarray) -> np.ndarray:
    """(e,) logarithms of the capital against other shares of errors at other times, written out plainly."""
    return np.log(np.exp(logs - fields[:, None] * np.log1p(np.outer(shares, bets.bets))).sum(axis=1))


@cache
def missed() -> tuple[float, float, float]:
    """How many streams ever missed the share of wrong values, and the chance of an error; how many Wilson's."""
    people, rng = population(), np.random.default_rng(21)
    outside = np.zeros(3)
    for _ in range(STREAMS):
        of = stream(people, FIELDS, rng)
        outside += [
            ever_missed(people.floor, of),
            ever_missed_constant(people.floor, of, people.risk),
            wilson_missed(of.wrong[: FIELDS // 2], people.risk),
        ]
    return tuple(outside / STREAMS)  # type: ignore[return-value]


def wilson_missed(wrong: np.ndarray, risk: float) -> bool:
    """Whether Wilson's interval, looked at every 20 fields from the 100th on, is ever wrong: all are audited here."""
    n = np.arange(100, len(wrong) + 1, 20)
    z, share = 1.96, np.cumsum(wrong)[n - 1] / n
    centre = (share + z**2 / (2 * n)) / (1 + z**2 / n)
    half = z / (1 + z**2 / n) * np.sqrt(share * (1 - share) / n + z**2 / (4 * n**2))
    return bool((np.abs(risk - centre) > half).any())


def test_at_all_times_it_holds_the_share_of_right_values_in_95_percent_of_streams() -> None:
    assert missed()[0] <= 0.05


def test_what_all_intervals_have_in_common_holds_the_constant_accuracy_in_95_percent_of_streams() -> None:
    assert 0.001 < missed()[1] <= 0.05


def test_an_interval_for_one_look_fails_when_looked_at_often() -> None:
    assert missed()[2] > 0.12


def test_it_holds_whatever_changes_and_however_fields_go_together() -> None:
    """Whole writers are wrong; half-way errors become five times as frequent, and audits rarer."""
    rng, outside, fields = np.random.default_rng(22), 0, 3_000
    for _ in range(300):
        chances = np.where(np.arange(fields) < fields // 2, 0.02, 0.1)
        wrong = (rng.random(fields // 30) < 0.5).repeat(30) & (rng.random(fields) < 2 * chances)
        p = np.where(np.arange(fields) < fields // 2, 0.3, 0.05)
        drawn = rng.random(fields) < p
        outside += ever_missed(0.05, Stream(at=np.zeros(fields), probabilities=p, wrong=wrong, drawn=drawn))
    assert outside / 300 <= 0.05


def test_the_interval_is_where_nobody_has_become_rich() -> None:
    people = population()
    of = stream(people, FIELDS, np.random.default_rng(23))
    low, high = fed(people, of).interval
    p, n = of.probabilities[of.drawn & of.wrong], np.array([FIELDS])
    more, fewer = bets_on_more(people.floor), bets_on_fewer(people.floor)
    assert capital(more, more.place(p)[-1:], np.array([1 - high]), n) == pytest.approx(RICH, abs=1e-6)
    assert capital(fewer, fewer.place(p)[-1:], np.array([1 - low]), n) == pytest.approx(RICH, abs=1e-6)


def test_what_the_intervals_have_in_common_misses_where_somebody_has_ever_become_rich() -> None:
    people, rng, outside = population(), np.random.default_rng(29), 0
    for risk in np.geomspace(0.1, 5, 30) * people.risk:
        of = stream(people, 1_500, rng)
        low, high = fed(people, of).steady_interval or (1.0, 0.0)
        is_outside = not low <= 1 - risk <= high
        assert ever_missed_constant(people.floor, of, risk) == is_outside
        outside += is_outside
    assert 5 < outside < 25


@given(st.floats(0.01, 1), st.floats(0, 1), st.floats(0, 1))
def test_no_bet_wins_in_the_mean_and_none_can_lose_more_than_all(floor: float, above: float, risk: float) -> None:
    """A field that is wrong with some chance and drawn with any probability multiplies capital by 1 in the mean."""
    p = floor + above * (1 - floor)
    for bets in (bets_on_more(floor), bets_on_fewer(floor)):
        before, after = np.exp(bets.place(np.array([p])))
        assert before.sum() == pytest.approx(1)
        assert (after > 0).all()
        mean = (risk * p * after + (1 - risk * p) * before) / (1 + bets.bets * risk)
        assert mean == pytest.approx(before)
