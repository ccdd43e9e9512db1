"""Who is trusted, how much gold they see, whose votes are void, and who works together."""

from collections.abc import Sequence

import numpy as np
import pytest

from recognizer.errors import UsageError
from serving.consensus import (
    Bar,
    Cast,
    GoldAnswer,
    History,
    Voiding,
    circles,
    gold_rate,
    judge,
    standing,
    strike,
    suspicions,
)  # fmt: skip
from serving.consensus.trust import OPEN, accuracy, below, readmitted

BAR = Bar()


def at(time: int) -> str:
    return f"{time:06d}"


def gold(results: Sequence[bool], start: int = 1, group: str = "numbers") -> tuple[GoldAnswer, ...]:
    """One answer at each even time; votes are cast in between."""
    return tuple(GoldAnswer(at=at(2 * i), group=group, right=bool(r)) for i, r in enumerate(results, start))  # type: ignore[arg-type]


def history(results: Sequence[bool], **more) -> History:
    return History(person="p", answers=gold(results, **more))


def found_after(results: Sequence[bool]) -> tuple[int, Voiding] | None:
    """The number of gold items after which the person is found out. A right answer never voids anybody."""
    for n in range(1, len(results) + 1):
        if results[n - 1]:
            continue
        if voiding := judge(history(results[:n]), BAR):
            return n, voiding
    return None


@pytest.mark.parametrize(("right", "within"), [(0.0, 4), (0.3, 12), (0.5, 25), (0.7, 40), (0.85, 180)])
def test_those_who_do_not_look_are_found_within_a_few_gold_items(right: float, within: int) -> None:
    """Right by chance, or lazy: found within so many gold items in 95% of 200 runs."""
    rng = np.random.default_rng(1)
    found = [found_after(rng.random(400) < right) for _ in range(200)]
    assert all(found)
    assert np.quantile([n for n, _ in filter(None, found)], 0.95) <= within


@pytest.mark.parametrize("error", [0.007, 0.015])
def test_careful_people_are_hardly_ever_voided(error: float) -> None:
    """At most 1% of 500 people, over 150 gold items each, looked at after every one; also with gold twice as hard."""
    rng = np.random.default_rng(2)
    assert sum(found_after(rng.random(150) >= error) is not None for _ in range(500)) <= 5


def test_void_is_what_was_cast_since_the_good_stretch() -> None:
    found = found_after([True] * 60 + [False] * 20)
    assert found is not None and found[0] <= 72
    assert found[1].since == at(2 * 60)  # the last gold item that was right
    assert found[1].covers("p", "numbers", at(2 * 60 + 1))
    assert not found[1].covers("p", "numbers", at(2 * 60 - 1))
    assert not found[1].covers("q", "numbers", at(2 * 60 + 1))


def test_who_was_never_good_has_all_votes_voided() -> None:
    found = found_after([False] * 10)
    assert found is not None and found[1].since == "" and "4 of the last 4" in found[1].reason


def test_one_bad_group_voids_that_group() -> None:
    good = gold([True] * 50, group="marks")
    bad = tuple(GoldAnswer(at=at(200 + i), group="words", right=i % 2 == 0) for i in range(12))
    found = judge(History(person="p", answers=good + bad), BAR)
    assert found is not None and found.group == "words"
    assert found.covers("p", "words", at(201)) and not found.covers("p", "marks", at(201))


def test_practising_one_group_on_probation_does_not_harm_the_others() -> None:
    words = Voiding(person="p", group="words", since="", at=at(120), reason="")
    practice = tuple(GoldAnswer(at=at(200 + i), group="words", right=False) for i in range(30))
    slow = History(person="p", answers=gold([True] * 50, group="marks") + practice, voidings=(words,))
    assert judge(slow, BAR) is None
    assert standing(slow, "marks", BAR) == "trusted" and standing(slow, "words", BAR) == "probation"


def test_a_right_answer_voids_nobody() -> None:
    rng = np.random.default_rng(4)
    for _ in range(100):
        results = list(rng.random(int(rng.integers(0, 80))) < 0.9)
        if judge(history(results), BAR) is None:
            assert judge(history([*results, True]), BAR) is None


def test_no_gold_no_judgement() -> None:
    assert judge(History(person="p"), BAR) is None
    assert judge(history([False]), BAR) is None  # nobody is voided for one slip


def test_gold_gets_rarer_with_trust() -> None:
    rates = [gold_rate(history([True] * n), "numbers", BAR) for n in (0, 5, 10, 20, 40, 100)]
    assert rates == sorted(rates, reverse=True)
    assert rates[0] > 0.28 and 0.05 > rates[-1] >= BAR.least_gold
    assert gold_rate(history([True] * 19 + [False]), "numbers", BAR) > gold_rate(history([True] * 20), "numbers", BAR)


def test_gold_of_other_groups_counts_half() -> None:
    words = history([True] * 20, group="words")
    rates = [gold_rate(h, "numbers", BAR) for h in (history([]), words, history([True] * 10), history([True] * 20))]
    assert rates[0] > rates[1] == pytest.approx(rates[2]) and rates[2] > rates[3]


def test_a_change_for_the_worse_brings_more_gold_back() -> None:
    before = gold_rate(history([True] * 100), "numbers", BAR)
    assert gold_rate(history([True] * 100 + [False] * 3), "numbers", BAR) > 2 * before


def test_standing_from_newcomer_to_barred() -> None:
    assert standing(history([]), "numbers", BAR) == "newcomer"
    assert standing(history([True] * 40), "numbers", BAR) == "trusted"
    assert standing(history([True] * 10 + [False]), "numbers", BAR) == "watched"
    first = Voiding(person="p", group=None, since="", at=at(20), reason="")
    fallen = History(person="p", answers=gold([False] * 10), voidings=(first,))
    assert standing(fallen, "numbers", BAR) == "probation" and gold_rate(fallen, "numbers", BAR) == 1.0
    assert judge(fallen, BAR) is None
    back = History(person="p", answers=gold([False] * 10 + [True] * 31), voidings=(first,))
    assert standing(back, "numbers", BAR) == "trusted" and gold_rate(back, "numbers", BAR) < 0.1
    second = Voiding(person="p", group="numbers", since=at(80), at=at(90), reason="")
    barred = History(person="p", answers=back.answers, voidings=(first, second))
    assert standing(barred, "numbers", BAR) == "barred" and standing(barred, "words", BAR) == "probation"


def test_readmission_takes_what_the_docstring_says() -> None:
    assert next(n for n in range(80) if readmitted(gold([True] * n), BAR)) == 31
    assert next(n for n in range(1, 80) if readmitted(gold([False] + [True] * (n - 1)), BAR)) == 58
    rng = np.random.default_rng(3)
    assert not any(readmitted(gold(rng.random(200) < 0.6), BAR) for _ in range(200))


def test_the_posterior_of_accuracy_is_beta() -> None:
    skill = accuracy(gold([True] * 8 + [False] * 2), OPEN)
    assert (skill.right, skill.wrong) == (9, 3)
    assert below(skill, 0.5) == pytest.approx(67 / 2048)  # P(Beta(9, 3) < 1/2) = P(Bin(11, 1/2) >= 9)


def test_a_voiding_names_votes_and_tasks() -> None:
    casts = [
        Cast(vote_id=f"v{i}", task_id=f"t{i % 3}", person="p" if i % 2 else "q", group="words", at=at(i))
        for i in range(8)
    ]
    struck = strike(casts, Voiding(person="p", group=None, since=at(1), at=at(7), reason=""))
    assert struck.votes == ("v3", "v5", "v7") and struck.tasks == ("t0", "t2", "t1")
    assert strike(casts, Voiding(person="p", group="marks", since="", at=at(9), reason="")).votes == ()


def mistakes(rng: np.random.Generator, fields: int, circle: str = "abc") -> list[dict[str, tuple[str, str]]]:
    """Who was wrong and how: members of the circle all alike, the rest like one another a quarter of the time."""
    found = []
    for _ in range(fields):
        wrong = rng.choice(list("abcdefgh"), 3, replace=False)
        found.append({name: ("text", "X" if name in circle else f"{rng.integers(4)}") for name in wrong})
    return found


def test_circles_are_found_and_the_honest_are_left_alone() -> None:
    assert circles(suspicions(mistakes(np.random.default_rng(5), 400))) == (frozenset("abc"),)
    for seed in range(30):
        assert suspicions(mistakes(np.random.default_rng(seed), 400, circle="")) == ()
    assert suspicions([]) == () and circles(()) == ()


def test_two_circles_stay_two() -> None:
    both = [dict.fromkeys("ab", ("text", "X")) | dict.fromkeys("cd", ("text", "Y")) for _ in range(40)]
    assert circles(suspicions(both)) == (frozenset("ab"), frozenset("cd"))


def test_bars_that_make_no_sense_are_refused() -> None:
    for settings in (
        {"accuracy": 1.0},
        {"certainty": 0.2},
        {"window": 2},
        {"long_window": 20},
        {"least_gold": 0.5, "most_gold": 0.1},
    ):
        with pytest.raises(UsageError, match="mend"):
            Bar(**settings)
