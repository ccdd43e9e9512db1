"""How everything that is watched stands: monitors by slice, and the accuracy estimated beside the audited one."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Literal

from serving.columns import Asking
from serving.daily.day import day_of
from serving.ledger import Alarm, Ledger
from serving.metrics.accuracy import Accuracy
from serving.monitors.bets import due, evidence
from serving.monitors.settings import Settings
from serving.monitors.stream import Memory, Stream
from serving.promise import Policy

State = Literal["alarm", "watching", "collecting"]


@dataclass(frozen=True, kw_only=True)
class Standing:
    """A monitor of a slice. `units` were ranked, or wait for the reference to have `need`; `nearest` is the measure
    with the most evidence, `share` how much of what is due that is: 0 where nothing speaks for a change."""

    monitor: str
    slice: Mapping[str, str]
    state: State
    measures: int
    units: int
    need: int
    nearest: str = ""
    share: float = 0.0
    alarm: Alarm | None = None


@dataclass(frozen=True, kw_only=True)
class Estimate:
    """The accuracy of what was accepted of a kind in four weeks: what the machine expects by its calibrated confidence,
    and what audits say, with their interval. The machine's own is `doubtful` where it lies outside the interval."""

    kind: str
    estimated: float | None
    audited: Accuracy

    @property
    def doubtful(self) -> bool:
        """Whether audits say otherwise than the machine expects."""
        low, high = self.audited.low, self.audited.high
        return None not in (self.estimated, low, high) and not low <= self.estimated <= high  # type: ignore[operator]


def standings(streams: Mapping[str, Memory], alarms: Sequence[Alarm], settings: Settings) -> list[Standing]:
    """Of each monitor and slice, those with an alarm first, then by how much speaks for a change."""
    grouped: dict[tuple[str, tuple[tuple[str, str], ...]], list[tuple[Stream, Memory]]] = {}
    for key, memory in streams.items():
        stream = Stream.from_key(key)
        grouped.setdefault((stream.monitor, stream.slice), []).append((stream, memory))
    holding = {(each.monitor, tuple(each.slice.items())): each for each in alarms if each.is_holding}
    found = [_standing(name, each, holding.get(name), settings) for name, each in grouped.items()]
    order = {"alarm": 0, "watching": 1, "collecting": 2}
    return sorted(found, key=lambda each: (order[each.state], -each.share, each.monitor, sorted(each.slice.items())))


def _standing(
    name: tuple[str, tuple[tuple[str, str], ...]], of: Sequence[tuple[Stream, Memory]], alarm: Alarm | None,
    settings: Settings,
) -> Standing:  # fmt: skip
    armed = [(share_of(memory, settings), stream.measure) for stream, memory in of if memory.turn]
    share, nearest = max(armed, default=(0.0, ""))
    if alarm is not None:
        share, nearest = 1.0, str(alarm.evidence.get("measure", ""))
    waiting = max((n for _, memory in of for n in memory.waiting.values()), default=0)
    seen = max(memory.seen for _, memory in of)
    state: State = "alarm" if alarm is not None else "watching" if armed else "collecting"
    return Standing(
        monitor=name[0], slice=dict(name[1]), state=state, measures=len(of), units=seen if armed else waiting,
        need=settings.reference_pages, nearest=nearest if share > 0 else "", share=share, alarm=alarm,
    )  # fmt: skip


def share_of(memory: Memory, settings: Settings) -> float:
    """How much of the evidence that is due there is."""
    return max(0.0, float(evidence(memory.won) / due(settings.chance_single, memory.turn)))


def estimates(ledger: Ledger, asking: Asking, policy: Policy) -> list[Estimate]:
    """By kind, all kinds first, over the last four weeks that the ledger knows of."""
    [last] = asking.ask("SELECT max(decided_at) AS last FROM decisions").to_pylist()
    if last["last"] is None:
        return []
    day = day_of(ledger, asking, last["last"].date(), policy)
    by_kind = {row["kind"]: row["estimated"] for row in day.rows("kinds")}
    names = sorted(day.accuracy, key=lambda name: (name in by_kind, name))
    return [
        Estimate(kind=name, estimated=by_kind.get(name, day.estimated), audited=day.accuracy[name]) for name in names
    ]
