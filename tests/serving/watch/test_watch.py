"""Detectors and oddities: what raises an alarm, how soon, and how seldom nothing does."""

from dataclasses import replace

import numpy as np
import pytest

from recognizer.stack import Stack
from serving.watch.detector import Detector, allowed, limit
from serving.watch.oddity import Last, oddities
from serving.watch.watch import FIELDS_PER_FALSE_ALARM, Watch
from tests.stacks import scripted


def test_what_is_allowed_is_more_than_was_met_and_never_certain() -> None:
    assert 0.02 <= allowed(0, 1_000) < 0.03
    assert 0.1 < allowed(100, 1_000) < 0.25
    assert allowed(0, 0) > allowed(0, 1_000), "what was seldom asked is allowed more"
    assert allowed(1_000, 1_000) == 1.0


def test_false_alarms_are_as_rare_as_is_promised() -> None:
    """400 quiet streams of 500 fields with the allowed frequency exactly: the worst that is no trouble."""
    rng = np.random.default_rng(0)
    bound, rate, fields, streams = limit(5_000, 1), 0.1, 500, 400
    alarms = 0
    for _ in range(streams):
        detector = Detector()
        odd = rng.random(fields) < rate
        for each in odd:
            detector.see(bool(each), rate)
            if detector.fortune >= bound:
                alarms += 1
                break
    assert alarms <= 0.1 * streams + 3 * (0.1 * 0.9 * streams) ** 0.5


def test_what_always_happens_is_noticed_within_a_few_fields() -> None:
    detector = Detector()
    while detector.fortune < limit(FIELDS_PER_FALSE_ALARM, 15):
        detector.see(True, 0.05)
    assert detector.asked <= 8


def test_oddities_are_asked_only_where_they_say_something() -> None:
    def said(**texts: str) -> dict:  # type: ignore[type-arg]
        return {name: scripted._reading(text, "text" if text else "blank", 0.9) for name, text in texts.items()}

    last = Last()
    first = oddities("digits", said(ash="11", birch="11", cedar="12"), last, {})
    assert first["cedar", "dissent"] and ("ash", "dissent") not in first, "the others of ash do not agree"
    assert ("ash", "constant") not in first, "nothing was said before"
    second = oddities("digits", said(ash="22", birch="22", cedar="12"), last, {})
    assert second["cedar", "constant"] and ("ash", "constant") not in second, "not all the others say something new"
    blank = oddities("digits", said(ash="", birch="", cedar=""), last, {})
    assert ("ash", "silent") not in blank, "where all see nothing, nothing is written"


@pytest.mark.parametrize("seed", [3, 4])
def test_a_stack_in_order_stays_quiet(seed: int) -> None:
    stack = scripted.fitted().stack
    watch = Watch(stack)
    for case in scripted.cases(2_000, seed):
        assert watch.see(stack.read(case.crop)) == ()
    assert watch.fields == 2_000


def test_a_drift_of_confidence_alone_is_named() -> None:
    """It reads as well as ever, but everything it says is now said with little confidence."""
    stack: Stack = scripted.fitted().stack
    watch = Watch(stack)
    for case in scripted.cases(600, 6):
        reading = stack.read(case.crop)
        doubtful = [
            replace(part, confidence=part.confidence * 0.3) if i == 1 else part for i, part in enumerate(reading.parts)
        ]
        if found := watch.see(replace(reading, parts=tuple(doubtful))):
            break
    assert [(each.component, each.oddity) for each in found] == [("birch", "unsure")] and watch.fields < 100
