"""How much wrong truth gets through crowds that are not all honest. Figures: `make bench-crowd`."""

import pytest

from benchmarks.crowd import measured, once

FIELDS, PEOPLE, REPEATS = 150, 20, 3


@pytest.mark.parametrize("name", ["30% colluding", "30% colluding, lying half the time"])
def test_colluders_get_a_tenth_through_of_what_passes_a_majority(name: str) -> None:
    majority = measured(name, "majority of 3", FIELDS, PEOPLE, REPEATS)
    ours = measured(name, "two_plus_tiebreak", FIELDS, PEOPLE, REPEATS)
    assert majority.wrong > 0.08
    assert ours.wrong < majority.wrong / 10
    assert ours.keyed < 5


def test_with_the_machine_it_takes_fewer_keys_and_is_no_worse() -> None:
    name = "mixed: 10% random, 10% lazy, 10% malicious, 10% colluding"
    majority = measured(name, "majority of 3", FIELDS, PEOPLE, 2)
    assisted = measured(name, "one_plus_model, 97%", FIELDS, PEOPLE, 2)
    assert assisted.wrong < majority.wrong / 4
    assert assisted.keyed < majority.keyed


def test_careful_people_need_few_experts_even_as_newcomers() -> None:
    """Seven or eight fields each: nobody is known yet, and two against one are not sure enough."""
    ours = once("all careful", "two_plus_tiebreak", FIELDS, PEOPLE, 0)
    assert ours.wrong < 0.01 and ours.experts < 0.08 and ours.votes < 2.6


def test_the_figures_are_the_same_every_time() -> None:
    assert once("10% random", "one_plus_model, 90%", 60, 10, 1) == once("10% random", "one_plus_model, 90%", 60, 10, 1)
