"""Simulated people err as said, as often as said, and always in the same way for one seed."""

from collections import Counter

import numpy as np
import pytest

from recognizer.errors import UsageError
from recognizer.form import Field, Rules
from serving.consensus import Entry, same
from serving.crowds.simulated import Colluding, Lazy, Malicious, Random, Worker, crowd
from serving.crowds.slip import allowed, slip, slipped
from tests.serving.consensus.fields import (
    AMOUNT,
    BOX_FIELD,
    CODE,
    DATE,
    DIGITS,
    NAME,
    STATE,
    SYMPTOMS,
    TEXT,
    field,
    said,
)  # fmt: skip

POLICY = field("code", pattern="F[0-9]{6}")
VALUES: tuple[tuple[Field, str], ...] = (
    (POLICY, "F757558"), (DIGITS, "12345"), (AMOUNT, "1,250.00"), (DATE, "12/31/2019"), (NAME, "Smith"),
    (TEXT, "see attached"), (STATE, "married"), (SYMPTOMS, "cough"), (BOX_FIELD, "yes"), (CODE, "<illegible>"),
    (field("date", rules=Rules(not_after="2020-01-01")), "2/28/1990"), (field("signature"), "signed"),
    (field("text", lexicon=("Main Street", "Oak Lane")), "Oak Lane"),
)  # fmt: skip


@pytest.mark.parametrize(("place", "text"), VALUES)
def test_a_slip_is_wrong_and_what_the_rules_allow(place: Field, text: str) -> None:
    rng = np.random.default_rng(1)
    for _ in range(40):
        wrong = slip(said(text), place, rng)
        assert not same(wrong, said(text), place)
        assert wrong.outcome != "text" or allowed(wrong.text, place)


def test_slips_are_of_all_kinds() -> None:
    rng = np.random.default_rng(2)
    texts = [slipped("1234567", rng) for _ in range(1000)]
    lengths = Counter(map(len, texts))
    assert 150 < lengths[6] < 250 and 60 < lengths[8] < 140
    exchanged = sum(sorted(text) == sorted("1234567") and text != "1234567" for text in texts)
    assert 120 < exchanged < 230


def share_wrong(worker: Worker, runs: int, place: Field = POLICY, text: str = "F757558") -> float:
    rng = np.random.default_rng(3)
    said_by = [worker.entry(said(text), place, rng) for _ in range(runs)]
    return float(np.mean([entry is not None and not same(entry, said(text), place) for entry in said_by]))


def test_people_err_as_often_as_they_should() -> None:
    assert 0.003 < share_wrong(Worker(person="a", error=0.005), 6000) < 0.0075
    assert share_wrong(Random(person="a"), 300) > 0.99
    assert 0.55 < share_wrong(Lazy(person="a", effort=0.4), 1000) < 0.65
    assert 0.35 < share_wrong(Malicious(person="a", lying=0.4), 1000) < 0.45
    assert share_wrong(Colluding(person="a"), 100) == 1.0


def test_lazy_people_have_habits() -> None:
    rng = np.random.default_rng(4)
    never = {habit: Lazy(person="a", effort=0, habit=habit) for habit in ("blank", "start", "repeat")}  # type: ignore[arg-type]
    assert never["blank"].entry(said("F757558"), POLICY, rng) == said("<blank>")
    assert never["start"].entry(said("F757558"), POLICY, rng) == said("F75")
    never["repeat"].last = said("F111111")
    assert never["repeat"].entry(said("F757558"), POLICY, rng) == said("F111111")


def test_a_circle_says_the_same_and_two_circles_do_not() -> None:
    one, two = Colluding(person="a", circle="x", lying=0.5), Colluding(person="b", circle="x", lying=0.5)
    other = Colluding(person="c", circle="y")
    rng, lies, alike = np.random.default_rng(5), 0, 0
    for number in range(200):
        true = Entry(text=f"F{number:06d}")
        first, second = one.says(true, POLICY, rng), two.says(true, POLICY, rng)
        lies += first != true
        if first != true and second != true:
            assert first == second
            alike += first == other.says(true, POLICY, rng)
    assert 75 < lies < 125 and alike < lies / 2


def test_some_vanish() -> None:
    rng = np.random.default_rng(6)
    gone = sum(Worker(person="a", vanishing=0.2).entry(said("1"), DIGITS, rng) is None for _ in range(1000))
    assert 160 < gone < 240


def test_seconds_grow_with_what_is_to_be_typed() -> None:
    worker, rng = Worker(person="a"), np.random.default_rng(7)
    short = np.median([worker.seconds(said("yes"), BOX_FIELD, rng) for _ in range(2000)])
    long = np.median([worker.seconds(said("F757558"), POLICY, rng) for _ in range(2000)])
    assert short == pytest.approx(2.3, rel=0.05) and long == pytest.approx(4.4, rel=0.05)
    many = np.array([worker.seconds(said("F757558"), POLICY, rng) for _ in range(2000)])
    assert (many > 0).all() and many.mean() > np.median(many)  # a long tail to the right


def test_a_seed_makes_the_same_crowd_and_the_same_answers() -> None:
    def told(seed: int) -> list:
        rng = np.random.default_rng(seed)
        people = crowd(10, {"colluding": 0.3, "lazy": 0.2}, rng, vanishing=0.1)
        return [(w.person, w.manner, w.entry(said("F757558"), POLICY, rng)) for w in people for _ in range(5)]

    assert told(1) == told(1) != told(2)


def test_a_crowd_has_its_shares() -> None:
    people = crowd(20, {"random": 0.1, "colluding": 0.3, "malicious": 0.05}, np.random.default_rng(8))
    assert Counter(w.manner for w in people) == {"random": 2, "colluding": 6, "malicious": 1, "careful": 11}
    assert len({w.person for w in people}) == 20
    assert all(0.003 <= w.error <= 0.007 for w in people if w.manner == "careful")
    for size, shares in ((0, {}), (10, {"random": 0.8, "lazy": 0.4}), (10, {"lazy": -0.1})):
        with pytest.raises(UsageError, match="mend"):
            crowd(size, shares, np.random.default_rng(0))  # type: ignore[arg-type]
