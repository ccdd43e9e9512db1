"""A look: everything that is new in the ledger, against what was usual; what is not as it was sounds an alarm."""

from collections.abc import Callable, Mapping
from dataclasses import asdict, dataclass
from functools import cache
from typing import TYPE_CHECKING, Any

from serving.columns import Asking, Keep, sync
from serving.ledger import Alarm, Ledger
from serving.models import Shelf
from serving.monitors import style
from serving.monitors.drift import Drift
from serving.monitors.limits import Passed, measured
from serving.monitors.settings import Settings
from serving.monitors.sounding import Sounding, soundings
from serving.monitors.stream import Memory
from serving.monitors.style import Styles
from serving.monitors.together import MEASURES, MONITOR, Battery, Together, matrix
from serving.monitors.units import FAMILIES, units

if TYPE_CHECKING:
    import pandas as pd

WORK = "monitors"
"""What one process at a time does on a ledger."""
KEPT = {MONITOR: "together", style.MONITOR: "style"}
"""Under which name a look leaves what a classifier remembers."""


@dataclass(frozen=True, kw_only=True, eq=False)
class Looked:
    """What a look found: alarms that are `sounded` anew, and how everything with a limit stands. `units` came in since
    the look before, by family. `busy`: another process is looking, and nothing was done here."""

    sounded: tuple[Alarm, ...] = ()
    passed: tuple[Passed, ...] = ()
    units: Mapping[str, int] | None = None
    busy: bool = False


def look(
    ledger: Ledger, keep: Keep, settings: Settings | None = None, heard: Callable[[int], None] = lambda rows: None,
    shelf: Shelf | None = None,
) -> Looked:  # fmt: skip
    """Look at all that came in since the last look, and sound alarms. Again is harmless, and so is a kill.

    `keep` are the columns of the store, which are brought up to the ledger first; `heard` is told how far that is. The
    models on a `shelf` look at how people write. Raises LedgerError.
    """
    with ledger.alone(WORK) as alone:
        if not alone:
            return Looked(busy=True)
        sync(ledger, keep, heard)
        with Asking(keep) as desk:
            return _look(ledger, desk.ask, settings or Settings(), shelf)


def _look(ledger: Ledger, ask: Any, settings: Settings, shelf: Shelf | None) -> Looked:
    with ledger.monitoring_to_read() as rows:
        last, facts = rows.last_look()
        references, alarms = rows.references(), rows.alarms.all()
    fetch = cache(lambda family, since: units(ask, family, since))
    memories = {key: Memory.from_plain(each) for key, each in facts.get("streams", {}).items()}
    drift = Drift(settings, alarms, memories, references, fetch)
    begun: Mapping[str, str] = facts.get("until", {})
    frames = {family: fetch(family, begun.get(family, drift.first)) for family in FAMILIES}
    found = soundings(drift, drift.advance(frames), ask)
    joint = [
        Together(settings, alarms, facts.get(KEPT[battery.monitor], {}), references, drift.first, fetch, battery)
        for battery in _batteries(ledger, ask, settings, shelf)
    ]
    for together in joint:
        found += together.advance(frames, found)
    closed = [*drift.closed, *(reference for together in joint for reference in together.closed)]
    passed = tuple(measured(ledger, ask, settings))
    found += [_late(each) for each in passed if each.is_over]
    left = {
        "until": {family: _until(frame) or begun.get(family, "") for family, frame in frames.items()},
        "streams": {key: memory.plain for key, memory in drift.memories.items()},
    }
    left |= {name: facts[name] for name in KEPT.values() if name in facts}
    left |= {KEPT[each.battery.monitor]: {key: asdict(lane) for key, lane in each.lanes.items()} for each in joint}
    came = {family: len(frame) for family, frame in frames.items()}
    is_new = any(came.values())
    with ledger.monitoring() as writing:
        if is_new and not writing.file(last, left, closed):
            return Looked(busy=True)
        before = {each.seq for each in writing.alarms.all()}
        for each in found:
            writing.alarms.sound(
                each.monitor, each.slice, evidence=each.evidence, first_seen=each.first_seen,
                prediction_id=each.prediction_id,
            )  # fmt: skip
        sounded = tuple(each for each in writing.alarms.all() if each.seq not in before)
    return Looked(sounded=sounded, passed=passed, units=came)


def _batteries(ledger: Ledger, ask: Any, settings: Settings, shelf: Shelf | None) -> list[Battery]:
    """What classifiers look at: measures, and with models at hand how people write."""
    measured = Battery(monitor=MONITOR, measures=MEASURES, matrix=matrix, chance=settings.chance_together)
    if shelf is None:
        return [measured]
    styles = Styles(ledger, ask, shelf)
    return [measured, Battery(
        monitor=style.MONITOR, measures=style.MEASURES, matrix=styles.of, chance=settings.chance_together,
        told={"measure": "style"},
    )]  # fmt: skip


def _late(passed: Passed) -> Sounding:
    return Sounding(monitor=passed.monitor, slice={}, evidence=passed.evidence, first_seen=passed.since)


def _until(frame: "pd.DataFrame") -> str:
    return "" if frame.empty else frame["at"].iloc[-1].isoformat(timespec="microseconds")
