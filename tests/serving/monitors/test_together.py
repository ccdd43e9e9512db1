"""Several measures together: what none of them tells by itself, and how often it sounds for nothing."""

from pathlib import Path

import numpy as np
import pytest

from serving.ledger import open_ledger
from serving.monitors.bets import share
from serving.monitors.together import BLOCK, BLOCKS, apart, classifier
from tests.serving.monitors.drawn import QUALITY, Page, pages
from tests.serving.monitors.test_look import looked

N, D = 127, 16


def least(values: np.ndarray) -> float:
    """The least p-value over all blocks, each in the measure of what it may be (1: the whole chance)."""
    fit, held, rest = values[: 2 * N : 2], values[1 : 2 * N : 2], values[2 * N :]
    found = np.inf
    for n in range(1, len(rest) // BLOCK):  # the n-th block is asked about in the n-th test
        score = classifier(fit, rest[max(0, n - BLOCKS) * BLOCK : n * BLOCK])
        found = min(found, apart(score(held), score(rest[n * BLOCK : (n + 1) * BLOCK]))[1] / share(n))
    return float(found)


def test_quiet_families_sound_seldom() -> None:
    """200 families of measures that go together, 25 blocks each."""
    sounded = 0
    for seed in range(200):
        rng = np.random.default_rng([seed, 3])
        values = rng.normal(size=(2 * N + 25 * BLOCK, D)) @ rng.normal(size=(D, D))
        values[:, 0] = np.nan  # never measured
        values[:, 1] = 300.0  # always the same
        sounded += least(values) <= 0.05
    assert sounded / 200 <= 0.05


def test_many_small_shifts_are_found_together() -> None:
    found = 0
    for seed in range(40):
        rng = np.random.default_rng([seed, 4])
        values = rng.normal(size=(2 * N + 4 * BLOCK, D))
        values[2 * N + BLOCK :, :10] += 0.5
        found += least(values) <= 0.005
    assert found / 40 >= 0.9


def worn(page: Page, _: np.random.Generator) -> None:
    """A scanner that ages: everything is a little otherwise."""
    for name, (_, spread) in QUALITY.items():
        page.quality[name] += 0.35 * spread


def test_a_scanner_that_ages(tmp_path: Path) -> None:
    with open_ledger(f"sqlite:///{tmp_path}/ledger.db") as ledger:
        for first, until, fault in ((0, 200, None), (200, 330, None), (330, 450, worn), (450, 600, worn)):
            pages(ledger, until - first, first=first, fault=fault)
            sounded = looked(ledger, tmp_path).sounded
            assert fault is not None or sounded == ()
        with ledger.alarms_to_read() as rows:
            found = {each.monitor: each for each in rows.all()}
        alarm = found["joint_drift"]
        assert alarm.slice == {"form": "claim"} and alarm.evidence["AUC"] > 0.65
        assert alarm.evidence["chance of it"] < 1e-3 and alarm.evidence["pages"] == 2 * BLOCK
        with ledger.alarms() as rows:
            rows.end(alarm.seq, by="ann", reason="seen")
        pages(ledger, 10, first=600)
        assert "joint_drift" not in [each.monitor for each in looked(ledger, tmp_path).sounded]


def test_what_is_apart_is_told_apart() -> None:
    rng = np.random.default_rng(5)
    area, p = apart(rng.normal(size=N), 5 + rng.normal(size=BLOCK))
    assert area == pytest.approx(1, abs=1e-3) and p < 1e-20
