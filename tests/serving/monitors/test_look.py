"""Looks at real ledgers: what sounds, how often, and that a look goes on where the last one ended."""

from pathlib import Path

import numpy as np
import pytest

from serving.columns import columns_of
from serving.ledger import Alarm, Ledger, open_ledger
from serving.monitors import Looked, Settings, look
from tests.serving.monitors.drawn import Page, pages

QUIET = Settings(queue_hours=None, outbox_hours=None, page_seconds=None)


def looked(ledger: Ledger, folder: Path) -> Looked:
    return look(ledger, columns_of(folder), QUIET)


def darker(page: Page, _: np.random.Generator) -> None:
    """Copies of one source."""
    if page.source == "b":
        page.quality["contrast"] -= 0.25


def constant(page: Page, _: np.random.Generator) -> None:
    """A model that says the same always."""
    for said in page.readings:
        said["text"], said["outcome"], said["confidence"] = "4711", "text", 0.97


def blanks(page: Page, rng: np.random.Generator) -> None:
    for said in page.readings:
        if rng.random() < 0.6:
            said["text"], said["outcome"] = "", "blank"


def test_a_quiet_ledger_sounds_nothing(a_ledger: Ledger, tmp_path: Path) -> None:
    for first in range(0, 500, 100):
        pages(a_ledger, 100, first=first)
        found = looked(a_ledger, tmp_path)
        assert found.sounded == () and found.units is not None and found.units["read"] == 100
    assert looked(a_ledger, tmp_path).units == dict.fromkeys(found.units, 0)


def test_darker_copies_of_one_source(a_ledger: Ledger, tmp_path: Path) -> None:
    pages(a_ledger, 400)
    assert looked(a_ledger, tmp_path).sounded == ()
    pages(a_ledger, 100, first=400, fault=darker)
    [alarm] = looked(a_ledger, tmp_path).sounded
    assert (alarm.monitor, alarm.slice) == ("scan_drift", {"source": "b"})
    assert alarm.evidence["measure"] == "contrast" and alarm.evidence["side"] == "lower"
    assert alarm.evidence["was"] == pytest.approx(0.7, abs=0.02)
    assert alarm.evidence["now"] == pytest.approx(0.45, abs=0.04)
    assert alarm.evidence["pages"] <= 30 and alarm.evidence["PSI"] > 0.25 and alarm.evidence["KS"] > 0.5
    assert "2026-01-05T14:3" < alarm.first_seen < "2026-01-05T14:50" and alarm.prediction_id is not None
    pages(a_ledger, 50, first=500, fault=darker)
    assert looked(a_ledger, tmp_path).sounded == ()  # it holds


def test_a_model_that_returns_constants(a_ledger: Ledger, tmp_path: Path) -> None:
    pages(a_ledger, 300)
    looked(a_ledger, tmp_path)
    pages(a_ledger, 60, first=300, fault=constant)
    sounded = looked(a_ledger, tmp_path).sounded
    found = {each.monitor: each for each in sounded}
    assert len(found) == len(sounded) and "scan_drift" not in found and "output_drift" in found
    alarm = found["constant_output"]
    assert alarm.slice == {} and alarm.evidence["now"] > 0.8 and alarm.evidence["pages"] < 25


def test_it_does_not_matter_how_often_one_looks(tmp_path: Path) -> None:
    told: list[list[tuple[str, str, str]]] = []
    for name, steps in (("one", (300,)), ("many", (40, 130, 160, 170, 300))):
        folder = tmp_path / name
        with open_ledger(f"sqlite:///{folder}/ledger.db") as ledger:
            sounded: list[Alarm] = []
            for first, until in zip((0, *steps), steps, strict=False):
                pages(ledger, until - first, first=first)
                sounded += looked(ledger, folder).sounded
            pages(ledger, 80, first=300, fault=blanks)
            sounded += looked(ledger, folder).sounded
            told.append([(a.monitor, a.where, a.first_seen) for a in sounded])
    assert told[0] == told[1] and ("output_drift", "all") in [each[:2] for each in told[0]]


@pytest.fixture
def a_ledger(tmp_path: Path):  # type: ignore[no-untyped-def]
    with open_ledger(f"sqlite:///{tmp_path}/ledger.db") as opened:
        yield opened
