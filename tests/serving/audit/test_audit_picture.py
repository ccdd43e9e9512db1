"""The picture of accuracy over time, measured in its pixels."""

import datetime
import io
from functools import cache

import numpy as np
import pytest
from matplotlib.figure import Figure
from PIL import Image

from serving.audit import ConfidenceSequence, Look
from serving.audit.picture import BLUE, ORANGE, RED, accuracy_over_time
from tests.serving.audit.streams import population, stream


@cache
def looks(days: int = 30) -> list[Look]:
    people = population(rate=0.05, lean=0.5)
    of = stream(people, 30_000, np.random.default_rng(31))
    sequence, found = ConfidenceSequence(floor=people.floor), []
    for day in np.array_split(np.arange(30_000), days):
        sequence.extend(of.probabilities[day], of.drawn[day], of.audited[day])
        found.append(sequence.look)
    return found


def pixels(figure: Figure) -> np.ndarray:
    file = io.BytesIO()
    figure.savefig(file, format="png", dpi=100)
    return np.asarray(Image.open(file).convert("RGB")).astype(int)


def share_of(image: np.ndarray, colour: str) -> float:
    wanted = np.array([int(colour[i : i + 2], 16) for i in (1, 3, 5)])
    return float((np.abs(image - wanted).max(axis=-1) < 40).mean())


def test_estimate_interval_and_target_are_drawn() -> None:
    figure = accuracy_over_time(looks(), target=0.995, title="digits")
    image = pixels(figure)
    assert image.shape[:2] == (380, 800)
    for colour in (BLUE, ORANGE, RED):
        assert share_of(image, colour) > 0.001
    axes = figure.axes[0]
    assert axes.get_title().startswith("digits: 9")
    bottom, top = axes.get_ylim()
    assert top < 1 - 0.995 < bottom  # the more accurate, the higher, and the target is in the picture
    low, estimate, high = (1 - value for value in (looks()[-1].low, looks()[-1].accuracy, looks()[-1].high))
    assert bottom > low > estimate > high > top


def test_days_are_dates() -> None:
    days = [datetime.date(2026, 11, 1) + datetime.timedelta(days=n) for n in range(30)]
    axes = accuracy_over_time(looks(), days=days).axes[0]
    first, last = axes.get_xlim()
    assert 29 <= last - first < 34
    assert len(axes.get_lines()) == 3


def test_before_the_first_audits_it_says_so() -> None:
    assert "no audits yet" in accuracy_over_time([]).axes[0].get_title()
    nothing = ConfidenceSequence(floor=0.01).look
    assert "no audits yet" in accuracy_over_time([nothing], target=0.995, title="date").axes[0].get_title()


def test_days_that_are_not_those_of_the_looks_are_refused() -> None:
    with pytest.raises(ValueError, match="30 looks on 1 days"):
        accuracy_over_time(looks(), days=[1])
