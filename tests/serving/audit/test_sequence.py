"""The interval: how wide it is, what it makes of open answers, changes and bad input, and what it costs in time."""

import math
import time

import numpy as np
import pytest

from recognizer.errors import UsageError
from serving.audit import ConfidenceSequence
from tests.serving.audit.streams import POOL, fed, population, stream

FIELDS = 4_000


def evenly(errors: int, fields: int, probability: float, certainty: float = 0.95) -> ConfidenceSequence:
    """Audits drawn with one probability, as many as expected, the errors spread over them."""
    sequence = ConfidenceSequence(floor=probability, certainty=certainty)
    drawn, wrong = np.zeros(fields, bool), np.zeros(fields)
    drawn[:: round(1 / probability)] = True
    wrong[np.flatnonzero(drawn)[np.linspace(0, drawn.sum() - 1, errors + 2).astype(int)[1:-1]]] = 1
    sequence.extend(np.full(fields, probability), drawn, wrong)
    return sequence


def test_intervals_shrink() -> None:
    widths = [-np.subtract(*evenly(n // 20_000, n, 0.01).interval) for n in (20_000, 80_000, 320_000, 1_280_000)]
    assert widths[0] > 1.8 * widths[1] > 3.2 * widths[2] > 5.5 * widths[3]
    assert widths[3] < 0.0042


@pytest.mark.parametrize(("errors", "width"), [(0, 0.0085), (5, 0.0165), (20, 0.031)])
def test_weights_cost_nothing_where_all_are_alike(errors: int, width: float) -> None:
    """A thousand audits of 100,000 fields against a thousand of a thousand: what the same bets would say unweighted."""
    low, high = evenly(errors, 100_000, 0.01).interval
    plain = ConfidenceSequence(floor=1)
    plain.extend(np.ones(1000), np.ones(1000, bool), np.arange(1000) < errors)
    assert high - low < 1.05 * -np.subtract(*plain.interval)
    assert high - low < width


def test_it_is_as_narrow_as_audits_allow_where_errors_are_rare() -> None:
    """Clopper and Pearson's interval for a single look at 5 errors in 1000 audits is 0.16% to 1.16%."""
    low, high = evenly(5, 100_000, 0.01).interval
    assert 1 - low < 1.4 * 0.0116
    assert 1 - high > 0.4 * 0.0016


def test_leaning_to_doubt_makes_it_narrower_and_leaning_too_far_wide() -> None:
    rng, widths = np.random.default_rng(25), {}
    for lean in (0.0, 0.5, 0.95):
        people = population(rate=0.05, lean=lean, floor=0.001)
        intervals = [fed(people, stream(people, 40_000, rng)).interval for _ in range(6)]
        widths[lean] = float(np.mean([high - low for low, high in intervals]))
    assert widths[0.5] < 0.85 * widths[0.0]
    assert widths[0.95] > 1.3 * widths[0.5]


def test_ends_by_themselves_are_nearer_than_those_of_the_interval() -> None:
    sequence = evenly(5, 100_000, 0.01)
    low, high = sequence.interval
    assert low < sequence.at_least < sequence.accuracy < sequence.at_most < high
    assert evenly(5, 100_000, 0.01, certainty=0.99).at_least < sequence.at_least


def test_field_by_field_is_the_same_as_all_at_once() -> None:
    people = population()
    of = stream(people, 1_500, np.random.default_rng(26))
    one = ConfidenceSequence(floor=people.floor)
    for p, drawn, wrong in zip(of.probabilities, of.drawn, of.wrong, strict=True):
        one.add(probability=float(p), drawn=bool(drawn), wrong=bool(wrong) if drawn else None)
    whole = fed(people, of)
    assert one.interval == pytest.approx(whole.interval, abs=1e-12)
    assert one.steady_interval == pytest.approx(whole.steady_interval, abs=1e-12)
    assert (one.accepted, one.audits, one.wrong) == (whole.accepted, whole.audits, whole.wrong)
    assert one.accuracy == pytest.approx(whole.accuracy, abs=1e-12)


def test_what_intervals_have_in_common_is_what_daily_looks_find_and_less() -> None:
    people = population()
    of = stream(people, FIELDS, np.random.default_rng(27))
    sequence, lows, highs = ConfidenceSequence(floor=people.floor), [], []
    for day in np.array_split(np.arange(FIELDS), 40):
        sequence.extend(of.probabilities[day], of.drawn[day], of.audited[day])
        lows.append(sequence.interval[0])
        highs.append(sequence.interval[1])
    steady = sequence.steady_interval
    assert steady is not None
    assert steady[0] >= max(lows) - 1e-12 and steady[1] <= min(highs) + 1e-12
    assert steady[1] - steady[0] > 0.8 * (min(highs) - max(lows))


def test_a_change_of_accuracy_leaves_nothing_in_common() -> None:
    wrong = np.arange(20_000) % 1000 == 0
    wrong[10_000:] = np.arange(10_000) % 10 == 0
    sequence = ConfidenceSequence(floor=0.5)
    sequence.extend(np.full(20_000, 0.5), np.arange(20_000) % 20 < 10, wrong)
    assert sequence.steady_interval is None
    low, high = sequence.interval
    assert low < 1 - wrong.mean() < high


def test_audits_without_an_answer_count_against_both_ends() -> None:
    p, drawn = np.full(2_000, 0.1), np.arange(2_000) % 10 == 0
    wrong, open_ = np.arange(2_000) % 400 == 0, np.arange(2_000) % 500 == 490
    ends = {}
    for name, answers in (("open", np.where(open_, np.nan, wrong)), ("right", wrong), ("wrong", wrong | open_)):
        sequence = ConfidenceSequence(floor=0.1)
        sequence.extend(p, drawn, answers.astype(float))
        ends[name] = (*sequence.interval, sequence.accuracy)
    assert ends["open"][0] == pytest.approx(ends["wrong"][0])
    assert ends["open"][1] == pytest.approx(ends["right"][1])
    assert ends["wrong"][2] < ends["open"][2] < ends["right"][2]


def test_nothing_known_is_everything_possible() -> None:
    sequence = ConfidenceSequence(floor=0.01)
    assert (sequence.interval, sequence.steady_interval) == ((0.0, 1.0), (0.0, 1.0))
    assert math.isnan(sequence.accuracy)
    sequence.add(probability=0.02, drawn=False)
    low, high = sequence.interval
    assert low == 0.0 and high == 1.0 and sequence.accuracy == 1.0
    look = sequence.look
    assert (look.accepted, look.audits, look.wrong, look.unanswered) == (1, 0, 0, 0)


def test_all_wrong_and_all_audited() -> None:
    sequence = ConfidenceSequence(floor=1)
    sequence.extend(np.ones(200), np.ones(200, bool), np.ones(200))
    assert sequence.interval[0] == pytest.approx(0, abs=1e-9) and sequence.interval[1] < 0.06
    assert sequence.accuracy == 0


def test_a_hundred_thousand_audits_take_a_second() -> None:
    """In this process's own time, with three times as much allowed: other processes are busy too."""
    rng, fields = np.random.default_rng(28), 100_000
    sequence, start = ConfidenceSequence(floor=0.2), time.process_time()
    sequence.extend(np.full(fields, 0.2), np.ones(fields, bool), (rng.random(fields) < 0.01).astype(float))
    for _ in range(20):
        assert sequence.look.low < sequence.look.high
    assert time.process_time() - start < 3


def test_bad_input_is_refused_and_changes_nothing() -> None:
    for floor in (0.0, -0.1, 1.1, math.nan):
        with pytest.raises(UsageError, match="probability"):
            ConfidenceSequence(floor=floor)
    with pytest.raises(UsageError, match="certainty"):
        ConfidenceSequence(floor=0.1, certainty=1.0)
    sequence = ConfidenceSequence(floor=0.1)
    for probability in (0.05, 1.01, math.nan):
        with pytest.raises(UsageError, match="floor"):
            sequence.add(probability=probability, drawn=False)
    with pytest.raises(UsageError, match="one of each"):
        sequence.extend(np.ones(3), np.ones(2, bool), np.ones(3))
    with pytest.raises(UsageError, match="neither right nor wrong"):
        sequence.extend(np.ones(2), np.ones(2, bool), np.array([0.5, 1]))
    sequence.extend(np.zeros(0), np.zeros(0, bool), np.zeros(0))
    assert sequence.accepted == 0 and sequence.interval == (0.0, 1.0)


def test_the_pool_is_as_wrong_as_the_example() -> None:
    people = population()
    assert len(people.risks) == POOL
    assert people.risk == pytest.approx(0.0277)
    assert np.corrcoef(people.risks, people.probabilities)[0, 1] > 0.5
