"""The challenger becomes champion where the bet is won and every guard passes, and not where one does not."""

import numpy as np
import pytest

from benchmarks.trials import ALPHA, BETTER, PUSHING, Rates, poisoned
from recognizer.errors import UsageError
from serving.trial.comparison import compare, slices
from serving.trial.decision import find
from serving.trial.guards import guards
from serving.trial.settings import Settings, settings_from
from tests.serving.trial.pairs import agreeing, differing

SETTINGS = Settings(least_labels=60, agree_rate=0.1)


def target(_: str) -> float:
    return 0.9


def found(pairs: list, settings: Settings = SETTINGS, most: int = 5000):
    return find(pairs, settings, target, most)


def failed(pairs: list, settings: Settings = SETTINGS) -> set[str]:
    return {guard.name for guard in guards(pairs, settings, target) if not guard.passed}


def test_the_better_one_wins_with_its_evidence() -> None:
    won = found([*agreeing(800), *differing(50, 20)])
    assert won.outcome == "promote" and "50 gained and 20 lost" in won.reason
    plain = won.plain
    assert plain["evidence"] > 20 and plain["gained"] == 50 and all(guard["passed"] for guard in plain["guards"])
    assert plain["challenger"]["value"] - plain["champion"]["value"] == pytest.approx(30 / 870)
    assert plain["champion"]["low"] < plain["champion"]["value"] < plain["champion"]["high"]


def test_no_difference_and_a_worse_one_do_not() -> None:
    assert found([*agreeing(800), *differing(35, 35)]).outcome == "go_on"
    assert found([*agreeing(800), *differing(35, 35)], most=100).outcome == "keep"
    worse = found([*agreeing(800), *differing(20, 50)])
    assert worse.outcome == "keep" and "worse" in worse.reason


def test_a_won_bet_waits_for_as_many_answers_as_were_asked_for() -> None:
    pairs = [*agreeing(100), *differing(20, 2)]
    assert compare(pairs, SETTINGS).evidence > 20
    assert failed(pairs) == {"enough"} and found(pairs).outcome == "go_on"
    assert found(pairs, most=30).outcome == "keep"


def test_an_important_slice_that_is_worse_stops_it() -> None:
    better = differing(60, 15)
    assert failed([*agreeing(800), *better, *differing(1, 9, kind="ssn")]) == {"no kind worse"}
    assert failed([*agreeing(800), *better, *differing(1, 9, quality="blurred")]) == {"no quality worse"}
    assert failed([*agreeing(800), *better, *differing(0, 3, kind="ssn")]) == set()  # too few to tell
    assert "ssn: 1 gained, 9 lost" in found([*agreeing(800), *better, *differing(1, 9, kind="ssn")]).reason


def test_gold_that_is_read_worse_stops_it() -> None:
    gold = differing(0, 5, gold=True)
    assert failed([*agreeing(800), *differing(60, 15), *gold]) == {"gold not worse"}
    assert compare(gold, SETTINGS).pairs == 0  # gold was chosen: it is no part of the comparison


def test_a_gain_that_hangs_on_few_people_stops_it() -> None:
    assert failed([*agreeing(800), *differing(60, 15, people=2)]) == {"spread"}
    pairs = differing(15, 20)
    one = [pair.__class__(**{**vars(pair), "votes": {"eve": "challenger", f"p{n % 7}": "challenger"}})
           for n, pair in enumerate(differing(60, 0))]  # fmt: skip
    assert "spread" in failed([*agreeing(800), *pairs, *one])


def test_three_of_ten_who_push_a_worse_model_do_not_get_it_through() -> None:
    rng = np.random.default_rng(11)
    bet, champion = poisoned(Rates(gained=0.04, lost=0.05), 40, rng, PUSHING, length=300)
    assert bet > 0.1  # their votes alone would have
    assert champion <= ALPHA


def test_nor_do_they_keep_a_better_one_from_it() -> None:
    assert poisoned(BETTER, 10, np.random.default_rng(11), PUSHING, length=300)[1] >= 0.9


def test_a_challenger_that_is_too_sure_of_itself_stops_it() -> None:
    sure = [*agreeing(800, sure=0.999), *differing(60, 15)]
    assert failed(sure) == set()
    wrong = [*agreeing(400, right=False, sure=0.999), *agreeing(400, sure=0.999, kind="text"), *differing(60, 15)]
    assert {"calibrated", "promise"} <= failed(wrong)


def test_settings_that_make_no_sense_are_refused() -> None:
    for wrong in ({"alpha": 0}, {"rate": 1.5}, {"agree_rate": 0}, {"slice_doubt": 0.9}, {"least_labels": 0}):
        with pytest.raises(UsageError, match="mend"):
            Settings(**wrong)
    assert settings_from({**SETTINGS.plain, "of a later version": 1}) == SETTINGS


def test_slices_add_up() -> None:
    pairs = [*agreeing(200), *differing(10, 5, kind="ssn"), *differing(7, 3)]
    by_kind = slices(pairs, SETTINGS, lambda pair: pair.kind)
    assert [(c.name, c.pairs, c.gained, c.lost) for c in by_kind] == [("code", 210, 7, 3), ("ssn", 15, 10, 5)]
    assert compare([], SETTINGS).champion.value is None
