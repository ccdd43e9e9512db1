"""The simulation of quiet offices: what it counts, with which intervals, and that an office is watched in full."""

import pytest

from benchmarks.quiet_offices import Office, counted, shared, simulated, summary
from serving.monitors import slices
from serving.monitors.watched import MONITORS

NEVER = {"values_drift"}
"""The form has no two fields of names."""


def test_intervals_are_those_of_the_books() -> None:
    """Garwood's and Clopper's and Pearson's, as tables have them."""
    assert counted(0) == pytest.approx((0.0, 3.689), abs=1e-3)
    assert counted(3) == pytest.approx((0.619, 8.767), abs=1e-3)
    assert shared(0, 40) == pytest.approx((0.0, 0.0881), abs=1e-4)
    assert shared(1, 40) == pytest.approx((0.0006, 0.1316), abs=1e-4)


def test_months_and_offices_are_counted_apart() -> None:
    offices = [Office(months=[[], ["scan_drift", "ink_drift"]], streams=9), Office(months=[[], []], streams=9)]
    told = summary(offices)
    assert "4 quiet months of 2 offices" in told and "2 alarms (ink_drift, scan_drift), 0.500 a month" in told
    assert "75.0% of the months have none" in told and "1 of 2 offices ever sounded" in told


def test_every_monitor_about_drift_watches_an_office(monkeypatch: pytest.MonkeyPatch) -> None:
    seen = set[str]()
    monkeypatch.setattr("benchmarks.quiet_offices.PAGES_A_WEEK", 50)
    streams_in = slices.streams_in

    def noting(frames):  # type: ignore[no-untyped-def]
        for stream, at in streams_in(frames):
            seen.add(stream.monitor)
            yield stream, at

    monkeypatch.setattr("serving.monitors.drift.streams_in", noting)
    office = simulated(3, 1)
    assert office.months == [[]] and office.streams > 200
    assert seen >= set(MONITORS) - NEVER
