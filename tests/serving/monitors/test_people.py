"""People and models among each other: a lazy reviewer, a stale calibration, a challenger that leaves the champion."""

from pathlib import Path

import numpy as np
import pytest

from serving.ledger import Ledger, open_ledger
from tests.serving.monitors.drawn import keyed, pages, tried
from tests.serving.monitors.test_look import looked


def diligent(person: str, number: int, rng: np.random.Generator) -> tuple[str, float]:
    """Wrong now and then, each at a pace of his or her own."""
    return ("right" if rng.random() < 0.97 else f"{person} {number}"), float(rng.gamma(4, 1.5 + len(person) / 10))


def lazy(person: str, number: int, rng: np.random.Generator) -> tuple[str, float]:
    """Ben keys anything, at once."""
    return (f"{number}", 0.5) if person == "ben" else diligent(person, number, rng)


def test_a_lazy_reviewer(ledger: Ledger, tmp_path: Path) -> None:
    pages(ledger, 450)
    keyed(ledger, 0, 350, diligent)
    assert looked(ledger, tmp_path).sounded == ()
    keyed(ledger, 350, 100, lazy)
    found = {each.monitor: each for each in looked(ledger, tmp_path).sounded}
    pace = found["pace_of_people"]
    assert pace.slice == {"person": "ben"} and pace.evidence["side"] == "lower" and pace.evidence["now"] < 1.5
    assert pace.evidence["answers"] <= 20 and "2026-01-05T13:4" < pace.first_seen < "2026-01-05T14:1"
    assert found["people_disagree"].evidence["measure"] == "agrees"
    assert found["people_disagree"].evidence["now"] < found["people_disagree"].evidence["was"]
    assert not {"output_drift", "scan_drift", "calibration_drift"} & set(found)


def test_a_stale_calibration(ledger: Ledger, tmp_path: Path) -> None:
    """As sure as before, and half of it wrong."""
    pages(ledger, 400)
    keyed(ledger, 0, 300, diligent)
    assert looked(ledger, tmp_path).sounded == ()
    keyed(ledger, 300, 100, diligent, right=0.4)
    found = {each.monitor: each for each in looked(ledger, tmp_path).sounded}
    assert set(found) == {"calibration_drift", "people_disagree_with_model"}
    assert found["calibration_drift"].evidence["side"] == "higher"
    assert (
        found["people_disagree_with_model"].evidence["now"]
        < 0.6
        < 0.9
        < found["people_disagree_with_model"].evidence["was"]
    )


def test_a_challenger_that_leaves_the_champion(ledger: Ledger, tmp_path: Path) -> None:
    pages(ledger, 300)
    tried(ledger, 0, 240, agrees=0.95)
    assert looked(ledger, tmp_path).sounded == ()
    tried(ledger, 240, 60, agrees=0.5)
    pages(ledger, 1, first=300)
    [alarm] = looked(ledger, tmp_path).sounded
    assert (alarm.monitor, alarm.slice) == ("models_disagree", {"model": "other"})
    assert alarm.evidence["measure"] == "models_agree" and alarm.evidence["pages"] <= 25


@pytest.fixture
def ledger(tmp_path: Path):  # type: ignore[no-untyped-def]
    with open_ledger(f"sqlite:///{tmp_path}/ledger.db") as opened:
        yield opened
