"""What the benchmark of stacks says: what is spared of the best component's errors, and what no combiner can spare."""

import numpy as np
import pytest

from benchmarks.peers.crops import Row
from benchmarks.peers.job import Answer
from benchmarks.stack import CHOICE, TOGETHER, best_choice, figures, spared, table
from recognizer.reading import Alternative, Reading

PARTS = (
    Reading(text="cat", outcome="text", confidence=0.7, alternatives=(Alternative(text="cot", confidence=0.2),)),
    Reading(text="", outcome="illegible", confidence=0.9, alternatives=(Alternative(text="coat", confidence=0.1),)),
)


@pytest.mark.parametrize(
    ("text", "outcome"), [("cat", "text"), ("cot", "text"), ("coat", "text"), ("cart", "illegible")]
)
def test_the_best_choice_is_right_where_any_component_nominates_what_is_written(text: str, outcome: str):
    assert best_choice(PARTS, text).outcome == outcome


def test_spared_is_of_the_best_components_errors_and_its_interval_is_over_writers():
    best, other = np.ones(40, bool), np.arange(40) % 4 == 0
    writers = [f"w{number // 2}" for number in range(40)]
    found = spared(best, other, writers)
    assert found["spared"] == pytest.approx(0.75)
    assert 0.5 < found["least"] < 0.75 < found["most"] < 1
    by_writer = np.arange(40) % 20 < 10
    alone = spared(best, by_writer, [f"w{number}" for number in range(40)])
    in_hands = spared(best, by_writer, [f"w{number // 10 % 2}{number % 10 // 5}{number // 20}{number % 2}"
                                        for number in range(40)])  # fmt: skip
    assert alone["spared"] == in_hands["spared"] == pytest.approx(0.5)
    assert in_hands["most"] - in_hands["least"] > alone["most"] - alone["least"]


def test_the_table_compares_with_the_component_that_is_best_over_all_rows():
    row = Row(name="r", title="words", jobs=[], texts=["a", "b", "c", "d"], writers=["1", "2", "3", "4"])  # type: ignore[arg-type]

    def say(texts: str) -> list[Answer]:
        return [Answer(text=text, confidence=0.5, outcome="text") for text in texts]

    answers = {"r": {"one": say("axxx"), "two": say("abxx"), TOGETHER: say("abcx"), CHOICE: say("abcd")}}
    found = figures([row], answers, {"one": 1.0, "two": 2.0, TOGETHER: 4.0})
    assert found["all"]["one"]["wrong"] == 3
    assert found["all"]["two"]["cpu_ms"] == 500
    told = table(found, ["one", "two", TOGETHER, CHOICE])
    assert "Against the best single, two: the stack makes 50% fewer errors" in told
    assert "best choice makes 100% fewer errors" in told
