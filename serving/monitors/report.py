"""What a look leaves to be read: how all stands, what moved as it was spread, and accuracy by two ways."""

from collections.abc import Sequence
from dataclasses import dataclass
from functools import cache

import numpy as np

from serving.columns import Asking, Keep
from serving.diagnose.shift import Shift, distance
from serving.ledger import Alarm, Ledger
from serving.ledger.clock import utc_now
from serving.monitors.drift import Drift
from serving.monitors.limits import Passed, measured
from serving.monitors.settings import Settings
from serving.monitors.slices import moments
from serving.monitors.standing import Estimate, Standing, estimates, standings
from serving.monitors.stream import Memory, Rows, Stream
from serving.monitors.units import units
from serving.promise import Policy

CHARTS, NEAR = 8, 0.3
"""So many measures are drawn: those of alarms, then those with this part of the evidence that is due."""


@dataclass(frozen=True, kw_only=True, eq=False)
class Report:
    """Everything that is watched, at one moment. `charts` are the measures that moved most, each with the standing that
    it is of: the reference against the latest units, or those since an alarm was first seen."""

    made_at: str
    settings: Settings
    looks: int
    alarms: Sequence[Alarm]
    standings: Sequence[Standing]
    passed: Sequence[Passed]
    estimates: Sequence[Estimate]
    charts: Sequence[tuple[Standing, Shift]]


def report(
    ledger: Ledger, keep: Keep, settings: Settings, policy: Policy | None = None, *, charted: bool = False
) -> Report:
    """How all stands after the last look; nothing is looked at anew. Raises LedgerError."""
    with ledger.monitoring_to_read() as rows:
        looks, facts = rows.last_look()
        references, alarms = rows.references(), rows.alarms.all()
    memories = {key: Memory.from_plain(each) for key, each in facts.get("streams", {}).items()}
    stands = standings(memories, alarms, settings)
    with Asking(keep) as desk:
        fetch = cache(lambda family, since: units(desk.ask, family, since))
        drift = Drift(settings, alarms, memories, references, fetch)
        return Report(
            made_at=utc_now(), settings=settings, looks=looks, standings=stands,
            alarms=[each for each in alarms if each.is_holding], passed=tuple(measured(ledger, desk.ask, settings)),
            estimates=estimates(ledger, desk, policy or Policy()), charts=_charts(drift, stands) if charted else (),
        )  # fmt: skip


def _charts(drift: Drift, stands: Sequence[Standing]) -> list[tuple[Standing, Shift]]:
    wanted = [each for each in stands if each.nearest and (each.alarm is not None or each.share >= NEAR)]
    found = []
    for each in wanted[:CHARTS]:
        shift = _shift(drift, each)
        if shift is not None:
            found.append((each, shift))
    return found


def _shift(drift: Drift, of: Standing) -> Shift | None:
    stream = next(
        each for each in map(Stream.from_key, drift.memories)
        if (each.monitor, dict(each.slice), each.measure) == (of.monitor, dict(of.slice), of.nearest)
    )  # fmt: skip
    frame, at, rows = drift.history(stream)
    if not len(at):
        return None
    old = _first(rows, of.need)
    new = ~old
    if of.alarm is not None:
        new &= moments(frame)[at] >= moments(of.alarm.first_seen)
    before, since = rows.values[old], rows.values[new][-of.need :] if of.alarm is None else rows.values[new]
    if not len(since):
        return None
    return Shift(
        measure=stream.measure, was=float(before.mean()), is_now=float(since.mean()), before=len(before),
        since=len(since), distance=distance(before, since), limit=0.0, values=(before, since),
    )  # fmt: skip


def _first(rows: Rows, need: int) -> np.ndarray:
    """Which units are the reference: the first of each category."""
    chosen = np.zeros(len(rows.values), bool)
    for category in dict.fromkeys(rows.categories.tolist()):
        chosen[np.flatnonzero(rows.categories == category)[:need]] = True
    return chosen
