"""From boxes to answers: probabilities that are those of every way to mark them, and explicit non-answers."""

from itertools import product

import numpy as np
import pytest

from recognizer.marking import TAKEN_BACK, checkbox, choice_group

EMPTY, MARKED, STRUCK = (0.97, 0.02, 0.01), (0.02, 0.96, 0.02), (0.02, 0.03, 0.95)
VALUES = ["a", "b", "c"]


def probs(*rows: tuple[float, float, float]) -> np.ndarray:
    return np.array(rows)


@pytest.mark.parametrize(
    ("row", "outcome", "text"),
    [((0.9, 0.08, 0.02), "text", "no"), ((0.1, 0.85, 0.05), "text", "yes"), ((0.2, 0.3, 0.5), "ambiguous", "")],
)
def test_checkbox(row: tuple[float, float, float], outcome: str, text: str) -> None:
    reading = checkbox(np.array(row))
    assert (reading.outcome, reading.text, reading.confidence) == (outcome, text, max(row))
    assert {other.text for other in reading.alternatives} == {"yes", "no"} - {text}


@pytest.mark.parametrize(
    ("rows", "multiple", "outcome", "text"),
    [
        ((EMPTY, MARKED, EMPTY), False, "text", "b"),
        ((EMPTY, EMPTY, EMPTY), False, "blank", ""),
        ((MARKED, MARKED, EMPTY), False, "ambiguous", ""),
        ((STRUCK, MARKED, EMPTY), False, "text", "b"),  # taken back, and another one marked
        ((STRUCK, EMPTY, EMPTY), False, "ambiguous", ""),
        ((STRUCK, MARKED, MARKED), False, "ambiguous", ""),
        ((MARKED, EMPTY, MARKED), True, "text", "a|c"),
        ((EMPTY, EMPTY, EMPTY), True, "blank", ""),
        ((STRUCK, MARKED, EMPTY), True, "ambiguous", ""),
    ],
)
def test_choice_group(rows: tuple, multiple: bool, outcome: str, text: str) -> None:
    reading = choice_group(probs(*rows), VALUES, multiple)
    assert (reading.outcome, reading.text) == (outcome, text)
    assert len(reading.parts) == 3
    assert 0.5 < reading.confidence <= 1


def enumerated(rows: np.ndarray) -> dict[str, float]:
    """What a single choice means, over all 3 ** n ways in which its boxes can be empty, marked or ambiguous."""
    sums = dict.fromkeys(("no_mark", "unclear", "two_marks", *(f"answer_{i + 1}" for i in range(len(rows)))), 0.0)
    for states in product(range(3), repeat=len(rows)):
        p = float(np.prod([row[state] for row, state in zip(rows, states, strict=True)]))
        marks, taken_back = states.count(1), TAKEN_BACK ** states.count(2)
        if marks == 1:
            sums[f"answer_{states.index(1) + 1}"] += p * taken_back
            sums["unclear"] += p * (1 - taken_back)
        elif marks == 0 and 2 not in states:
            sums["no_mark"] += p
        else:
            sums["unclear"] += p
            sums["two_marks"] += p * (marks > 1)
    return sums


@pytest.mark.parametrize("seed", range(12))
def test_a_single_choices_probabilities_are_those_of_enumeration(seed: int) -> None:
    rng = np.random.default_rng(seed)
    rows = rng.dirichlet((0.5, 0.5, 0.3), int(rng.integers(2, 7)))
    reading = choice_group(rows, [str(i) for i in range(len(rows))], multiple=False)
    expected = enumerated(rows)
    assert dict(reading.measured) == pytest.approx(expected, abs=1e-12)
    whole = sum(p for name, p in reading.measured.items() if name != "two_marks")
    assert whole == pytest.approx(1, abs=1e-12)


@pytest.mark.parametrize("seed", range(8))
def test_several_choices_give_the_most_probable_marks_and_the_next_best(seed: int) -> None:
    rng = np.random.default_rng(seed)
    rows = rng.dirichlet((0.6, 0.6, 0.05), 4)
    reading = choice_group(rows, list("abcd"), multiple=True)
    ways = {
        "|".join(value for value, state in zip("abcd", states, strict=True) if state): float(
            np.prod([row[state] for row, state in zip(rows, states, strict=True)])
        )
        for states in product(range(2), repeat=4)
    }
    if reading.outcome in ("text", "blank"):
        assert reading.confidence == pytest.approx(max(ways.values()))
        assert reading.text == max(ways, key=lambda text: ways[text])
    assert all(other.confidence == pytest.approx(ways[other.text]) for other in reading.alternatives)


def test_two_marks_say_which_answers_they_may_mean() -> None:
    reading = choice_group(probs(MARKED, (0.3, 0.6, 0.1), EMPTY), VALUES, multiple=False)
    assert reading.outcome == "ambiguous"
    assert [other.text for other in reading.alternatives[:2]] == ["a", "b"]
    assert reading.alternatives[0].confidence == reading.measured["answer_1"] > reading.measured["answer_2"]
    assert reading.measured["two_marks"] == pytest.approx(reading.confidence, abs=0.05)


def test_a_mark_that_was_taken_back_makes_the_clear_one_less_sure() -> None:
    clear = choice_group(probs(EMPTY, MARKED, EMPTY), VALUES, multiple=False)
    corrected = choice_group(probs(STRUCK, MARKED, EMPTY), VALUES, multiple=False)
    assert corrected.text == clear.text == "b"
    assert corrected.confidence < 0.85 < clear.confidence


def test_a_box_that_is_surely_something_makes_no_nans() -> None:
    rows = probs((1.0, 0.0, 0.0), (0.0, 1.0, 0.0), (1.0, 0.0, 0.0))
    for multiple in (False, True):
        reading = choice_group(rows, VALUES, multiple)
        assert (reading.text, reading.confidence) == ("b", 1.0)
