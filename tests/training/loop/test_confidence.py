"""Confidence and promise without the shared corpora: the champion's, pulled as far as examples justify."""

import numpy as np
import pytest

from recognizer.bundle import load_content
from recognizer.confidence import check_calibration
from serving.promise import load_labels
from serving.promise.labels import labelled
from tests.serving.models.bundles import SHIPPED
from tests.training.test_calibrate import overconfident
from training.calibrate import fit_calibration, rescored
from training.loop.confidence import joined, pulled
from training.trust import arrays, expected_calibration_error


def test_what_has_no_examples_keeps_its_confidence() -> None:
    before = load_content(SHIPPED)[1]["calibration"]
    assert pulled(before, []) == before
    after = pulled(before, overconfident(1, 90, kinds=("digits",)))
    check_calibration(after)
    assert after["shared"] == before["shared"]
    assert [kind for kind in after["kinds"] if after["kinds"][kind] != before["kinds"].get(kind)] == ["digits"]


@pytest.mark.parametrize("seed", [1, 2])
def test_many_examples_make_a_wrong_confidence_right_and_few_move_it_little(seed: int) -> None:
    wrong = fit_calibration(overconfident(seed, 6000, kinds=("ssn",)))  # of another kind: too sure of names
    before = {"shared": wrong["shared"], "kinds": {"name": wrong["kinds"]["ssn"]}}
    unseen = overconfident(seed + 10, 6000, kinds=("name",))

    def error(count: int) -> float:
        after = pulled(before, overconfident(seed + 30, count, kinds=("name",))) if count else before
        return expected_calibration_error(*arrays(rescored(unseen, after)))

    none, few, many = error(0), error(6), error(2000)
    assert many < 0.05 < 0.1 < none and few < none + 0.03  # all weights by themselves: 0.38


def test_labels_of_two_sources_are_labels_of_different_people() -> None:
    first = {"digits": labelled([(0.9, True, "a"), (0.8, False, "b")]), "date": labelled([(0.5, True, "a")])}
    second = {"digits": labelled([(0.7, True, "a"), (0.6, True, "a")]), "name": labelled([(0.4, False, "c")])}
    both = joined(first, second)
    assert sorted(both) == ["date", "digits", "name"]
    assert both["digits"].confidences.tolist() == [0.9, 0.8, 0.7, 0.6]
    assert both["digits"].right.tolist() == [True, False, True, True]
    assert both["digits"].writers.tolist() == [0, 1, 2, 2]
    shipped = load_labels(SHIPPED, load_content(SHIPPED)[1]["manifest"])
    assert all(np.array_equal(joined(shipped, {})[kind].right, shipped[kind].right) for kind in shipped)
