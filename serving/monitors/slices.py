"""Slices of the work: which streams there are in what came in, and what an alarm that holds covers."""

from collections.abc import Iterable, Iterator, Mapping
from datetime import UTC, datetime
from typing import TYPE_CHECKING

import numpy as np

from serving.ledger import Alarm
from serving.monitors.stream import Rows, Stream
from serving.monitors.watched import MONITORS, Watched

if TYPE_CHECKING:
    import pandas as pd

DIMENSIONS = ("form", "kind", "source", "scanner", "model", "person")
MOST_SCANNERS = 50
"""Files may say anything, even another name each: what is remembered must not grow with that."""


def apart(one: Mapping[str, str], other: Mapping[str, str]) -> bool:
    """Whether nothing can be in both slices."""
    return any(other.get(name, value) != value for name, value in one.items())


def streams_in(frames: "Mapping[str, pd.DataFrame]") -> Iterator[tuple[Stream, np.ndarray]]:
    """Every stream with the positions of its units in the frame of its family, in the order of `MONITORS`."""
    for monitor, parts in MONITORS.items():
        for part in parts:
            for values, rows in _sliced(part, frames[part.family]):
                for measure in part.measures:
                    yield (
                        Stream(
                            monitor=monitor, measure=measure, family=part.family, within=part.within, slice=values
                        ),
                        rows,
                    )  # fmt: skip


def strangers(frames: "Mapping[str, pd.DataFrame]", known: Iterable[str]) -> frozenset[str]:
    """Scanners that are no slice of their own: whose names came up when there were `MOST_SCANNERS` already."""
    import pandas as pd

    parts = [frame[["at", "scanner"]].dropna() for frame in frames.values() if "scanner" in frame]
    came = pd.concat(parts).sort_values("at", kind="stable")["scanner"] if parts else ()
    return frozenset(list(dict.fromkeys([*known, *came]))[MOST_SCANNERS:])


def _sliced(part: Watched, frame: "pd.DataFrame") -> Iterator[tuple[tuple[tuple[str, str], ...], np.ndarray]]:
    for name in part.dimensions:
        if not name:
            yield (), np.arange(len(frame))
            continue
        for value, rows in frame.groupby(name, sort=True).indices.items():
            yield ((name, str(value)),), np.asarray(rows)


def rows_of(stream: Stream, frame: "pd.DataFrame", at: np.ndarray) -> tuple[Rows, np.ndarray]:
    """The units at these positions that have the measure, and their positions.

    A mean is summed up now in this order and now in that: what differs in its last digits only is equal.
    """
    values = np.asarray(frame[stream.measure], np.float32).astype(float)[at]
    known = np.isfinite(values)
    at, values = at[known], values[known]
    named = frame[stream.within].to_numpy(object)[at] if stream.within else np.full(len(at), "", object)
    return Rows(values=values, categories=named, keys=keys_of(frame)[at]), at


def keys_of(frame: "pd.DataFrame") -> np.ndarray:
    """(n,) uint64 of the units' names."""
    import pandas as pd

    return np.asarray(pd.util.hash_array(frame["unit"].to_numpy(object).astype(str).astype(object)))


def uncovered(frame: "pd.DataFrame", alarms: Iterable[Alarm]) -> np.ndarray:
    """(n,) of bool: which units no alarm that holds speaks of, and none that mixes it with others."""
    free = np.ones(len(frame), bool)
    for alarm in alarms:
        meant = np.ones(len(frame), bool)
        for name, value in alarm.slice.items():
            if name in frame:
                meant &= np.asarray(frame[name] == value)
        free &= ~meant
    return free


def begin_of(stream: Stream, ended: Iterable[Alarm], first: str) -> str:
    """Since when units count for a stream: since the last alarm of its monitor about this slice, or one that overlaps
    with it, was ended; else since `first`."""
    own = dict(stream.slice)
    return max([first, *(each.ended_at or "" for each in ended if not apart(own, each.slice))])


def in_slice(frame: "pd.DataFrame", values: Iterable[tuple[str, str]]) -> np.ndarray:
    """The positions of the units of a slice."""
    mine = np.ones(len(frame), bool)
    for name, value in values:
        mine &= np.asarray(frame[name] == value)
    return np.flatnonzero(mine)


def moments(of: "pd.DataFrame | str") -> np.ndarray:
    """When units came in, or a time of the ledger: datetime64, UTC."""
    if isinstance(of, str):
        return np.asarray(np.datetime64(datetime.fromisoformat(of).astimezone(UTC).replace(tzinfo=None), "us"))
    return np.asarray(of["at"].dt.tz_convert(None), "datetime64[us]")
