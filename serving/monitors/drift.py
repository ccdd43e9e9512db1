"""Drift: all streams, advanced by what came in since the last look, and those that have enough evidence to sound."""

from collections import defaultdict
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

import numpy as np

from serving.ledger import Alarm
from serving.ledger.monitoring import KeptReference
from serving.monitors.bets import due
from serving.monitors.ranks import Reference
from serving.monitors.settings import Settings
from serving.monitors.slices import begin_of, in_slice, moments, rows_of, strangers, streams_in, uncovered
from serving.monitors.stream import Advance, Memory, Rows, Stream, advance

if TYPE_CHECKING:
    import pandas as pd

Fetch = Callable[[str, str], "pd.DataFrame"]
"""The units of a family that came in after a moment."""


@dataclass(frozen=True, kw_only=True, eq=False)
class Look:
    """A stream in this look: its `memory` after it, the positions `at` of the units in the frame of its family that
    were ranked, and the `evidence` after each of them (a natural logarithm, as `due` is: infinite without a turn)."""

    stream: Stream
    memory: Memory
    at: np.ndarray
    evidence: np.ndarray
    due: float

    @property
    def over(self) -> int | None:
        """The place among `at` of the unit at which it sounds; None where it does not."""
        found = np.flatnonzero(self.evidence >= self.due)
        return int(found[0]) if len(found) else None


class Drift:
    """All streams, as the look before left them: their `memories` by key, and the references that were closed."""

    def __init__(
        self, settings: Settings, alarms: Sequence[Alarm], memories: Mapping[str, Memory],
        references: Iterable[KeptReference], fetch: Fetch,
    ) -> None:  # fmt: skip
        self.memories, self.closed = dict(memories), list[KeptReference]()
        self._settings, self._fetch = settings, fetch
        self.first = settings.begin.isoformat() + "T00:00:00.000000+00:00" if settings.begin else ""
        self._known: dict[tuple[str, str], dict[str, Reference]] = defaultdict(dict)
        for each in references:
            if "gaps" in each.facts:
                self._known[each.stream, each.since][each.category] = Reference.from_plain(each.facts)
        self._alarms: dict[str, list[Alarm]] = defaultdict(list)
        for alarm in alarms:
            self._alarms[alarm.monitor].append(alarm)

    def advance(self, frames: "Mapping[str, pd.DataFrame]") -> list[Look]:
        """Look at new units of each family. What alarms that hold cover is not counted by their monitors."""
        free = {
            (monitor, family): uncovered(frame, [each for each in alarms if each.is_holding])
            for monitor, alarms in self._alarms.items() for family, frame in frames.items()
        }  # fmt: skip
        done: list[tuple[Stream, Advance, np.ndarray]] = []
        unwatched = strangers(frames, sorted(filter(None, (Stream.from_key(key).scanner for key in self.memories))))
        for stream, at in streams_in(frames):
            if stream.scanner in unwatched:
                continue
            mask = free.get((stream.monitor, stream.family))
            at = at if mask is None else at[mask[at]]
            if len(at):
                done.append((stream, *self._advance(stream, frames[stream.family], at)))
        self._take_turns(done, frames)
        return [self._looked(stream, advanced, at) for stream, advanced, at in done]

    def references(self, stream: Stream) -> Mapping[str, Reference]:
        """The references of a stream, by category."""
        return self._known[stream.key, self.memories[stream.key].since]

    def history(self, stream: Stream) -> "tuple[pd.DataFrame, np.ndarray, Rows]":
        """All units of the family of a stream since it began, the positions of those that are its own, and these."""
        frame = self._fetch(stream.family, self.memories[stream.key].since)
        rows, at = rows_of(stream, frame, in_slice(frame, stream.slice))
        return frame, at, rows

    def forget(self, stream: Stream) -> None:
        """Have a stream's bets begin anew; its reference stays."""
        memory = self.memories[stream.key]
        self.memories[stream.key] = replace(memory, won=Memory().won)

    def due(self, memory: Memory) -> float:
        """The evidence at which a stream sounds."""
        return float(due(self._settings.chance_single, memory.turn)) if memory.turn else np.inf

    def _advance(self, stream: Stream, frame: "pd.DataFrame", at: np.ndarray) -> tuple[Advance, np.ndarray]:
        ended = [each for each in self._alarms[stream.monitor] if not each.is_holding]
        since = begin_of(stream, ended, self.first)
        memory = self.memories.get(stream.key, Memory(since=since))
        memory = memory if memory.since >= since else Memory(since=since)
        at = at[moments(frame)[at] > moments(since)] if since else at
        rows, at = rows_of(stream, frame, at)
        self.memories[stream.key] = memory
        known = self._known[stream.key, memory.since]
        done = advance(
            memory, known, rows, self._settings.reference_pages, stream.salt,
            lambda category, n: self._earlier(stream, category, n),
        )  # fmt: skip
        for category, reference in done.closed.items():
            known[category] = reference
            kept = KeptReference(stream=stream.key, since=memory.since, category=category, facts=reference.plain)
            self.closed.append(kept)
        self.memories[stream.key] = done.memory
        return done, at

    def _earlier(self, stream: Stream, category: str, n: int) -> Rows:
        """The first units of a category, which came in before this look."""
        rows = self.history(stream)[2] if n else Rows.none()
        return rows.where(np.flatnonzero(rows.categories == category)[:n])

    def _take_turns(
        self, done: Sequence[tuple[Stream, Advance, np.ndarray]], frames: "Mapping[str, pd.DataFrame]"
    ) -> None:
        """Streams are numbered in the order in which they had their first reference."""
        turn = max((each.turn for each in self.memories.values()), default=0)
        ready = [
            (moments(frames[stream.family])[at[advanced.ready]], n, stream)
            for n, (stream, advanced, at) in enumerate(done) if advanced.ready is not None
        ]  # fmt: skip
        for _, _, stream in sorted(ready, key=lambda each: each[:2]):
            turn += 1
            self.memories[stream.key] = replace(self.memories[stream.key], turn=turn)

    def _looked(self, stream: Stream, advanced: Advance, at: np.ndarray) -> Look:
        memory = self.memories[stream.key]
        return Look(
            stream=stream, memory=memory, at=at[advanced.at], evidence=advanced.evidence, due=self.due(memory)
        )  # fmt: skip
