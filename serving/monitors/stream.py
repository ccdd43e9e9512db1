"""A stream: one measure of one slice, unit after unit, and what is remembered of it from look to look."""

import json
import math
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from functools import cached_property
from hashlib import blake2b
from typing import Any

import numpy as np

from serving.ledger.plain import canonical
from serving.monitors.bets import BETS, evidence, log_gains, play
from serving.monitors.ranks import Reference, chance, p_values

NOTHING = -math.inf


@dataclass(frozen=True, kw_only=True)
class Stream:
    """Which measure of which slice; `slice` has one dimension and its value, or nothing for all of the work."""

    monitor: str
    measure: str
    family: str
    within: str
    slice: tuple[tuple[str, str], ...] = ()

    @cached_property
    def key(self) -> str:
        """Its name in the ledger."""
        return canonical([self.monitor, self.measure, self.family, dict(self.slice)])

    @classmethod
    def from_key(cls, key: str) -> "Stream":
        """The stream of that name; what its family is ranked within is not known from it."""
        monitor, measure, family, where = json.loads(key)
        return cls(monitor=monitor, measure=measure, family=family, within="", slice=tuple(where.items()))

    @property
    def scanner(self) -> str | None:
        """The one that it watches; None where it is about no single one."""
        return dict(self.slice).get("scanner")

    @cached_property
    def salt(self) -> int:
        """Its own chance."""
        return int.from_bytes(blake2b(self.key.encode(), digest_size=8).digest(), "big")


@dataclass(frozen=True, kw_only=True, eq=False)
class Rows:
    """(t,) units of a stream in the order in which they came in: `values`, which all are finite, their `categories`,
    and the `keys` (uint64) by which chance puts equal values in order."""

    values: np.ndarray
    categories: np.ndarray
    keys: np.ndarray

    @classmethod
    def none(cls) -> "Rows":
        """No unit."""
        return cls(values=np.zeros(0), categories=np.zeros(0, object), keys=np.zeros(0, np.uint64))

    def where(self, chosen: np.ndarray | slice) -> "Rows":
        """Some of them."""
        return Rows(values=self.values[chosen], categories=self.categories[chosen], keys=self.keys[chosen])


@dataclass(frozen=True, kw_only=True, eq=False)
class Memory:
    """What is remembered: the moment `since` which units count; `turn`, the how manieth stream it was whose reference
    was closed (0: not yet); how many units were ranked (`seen`), and the logarithm of what each bet has `won`. By
    category `waiting` says how many units wait for the reference to be full, `counts` how many came to lie in each bin.
    """

    since: str = ""
    turn: int = 0
    seen: int = 0
    won: np.ndarray = field(default_factory=lambda: np.full(len(BETS), NOTHING))
    waiting: Mapping[str, int] = field(default_factory=dict)
    counts: Mapping[str, np.ndarray] = field(default_factory=dict)

    @classmethod
    def from_plain(cls, plain: Mapping[str, Any]) -> "Memory":
        """What `plain` wrote."""
        return cls(
            since=plain["since"], turn=plain["turn"], seen=plain["seen"], waiting=plain["waiting"],
            won=np.array([NOTHING if each is None else each for each in plain["won"]], float),
            counts={name: np.array(each, float) for name, each in plain["counts"].items()},
        )  # fmt: skip

    @property
    def plain(self) -> dict[str, Any]:
        """For JSON, where infinity is null."""
        return {
            "since": self.since, "turn": self.turn, "seen": self.seen, "waiting": dict(self.waiting),
            "won": [round(float(each), 4) if math.isfinite(each) else None for each in self.won],
            "counts": {name: each.astype(int).tolist() for name, each in self.counts.items()},
        }  # fmt: skip


@dataclass(frozen=True, kw_only=True, eq=False)
class Advance:
    """A stream after more units: its memory, references that were `closed`, and of the units that were ranked the
    positions among those given (`at`) and the `evidence` (n,) after each.

    `ready` is the position of the unit that closed the first reference of all; None: that was before, or is to come.
    """

    memory: Memory
    closed: Mapping[str, Reference]
    at: np.ndarray
    evidence: np.ndarray
    ready: int | None


Earlier = Callable[[str, int], Rows]
"""Of a category the first n units since the stream began, which waited in looks before."""


def advance(
    memory: Memory, known: Mapping[str, Reference], rows: Rows, need: int, salt: int, earlier: Earlier
) -> Advance:
    """Look at more units: the first `need` of each category become its reference, the others are ranked."""
    ties, within = chance(rows.keys, salt)
    ranks = np.full(len(rows.values), np.nan)
    waiting, counts, closed = dict(memory.waiting), dict(memory.counts), dict[str, Reference]()
    ready: list[int] = []
    for category in dict.fromkeys(rows.categories.tolist()):
        mine = np.flatnonzero(rows.categories == category)
        reference = known.get(category)
        if reference is None:
            before = waiting.get(category, 0)
            missing = need - before
            if len(mine) < missing:
                waiting[category] = before + len(mine)
                continue
            reference = closed[category] = _close(earlier(category, before), rows.where(mine[:missing]), salt)
            waiting.pop(category, None)
            ready.append(int(mine[missing - 1]))
            mine = mine[missing:]
        lies = reference.bins(rows.values[mine], ties[mine])
        so_far = counts.get(category, np.zeros(len(reference.gaps)))
        ranks[mine], counts[category] = p_values(lies, within[mine], reference.gaps, so_far)
    at = np.flatnonzero(np.isfinite(ranks))
    won = play(log_gains(ranks[at]), memory.won, memory.seen)
    after = Memory(
        since=memory.since, turn=memory.turn, seen=memory.seen + len(at), waiting=waiting, counts=counts,
        won=won[-1] if len(at) else memory.won,
    )  # fmt: skip
    first = min(ready) if ready and not memory.turn else None
    return Advance(memory=after, closed=closed, at=at, evidence=evidence(won), ready=first)


def _close(before: Rows, new: Rows, salt: int) -> Reference:
    keys, values = np.concatenate([before.keys, new.keys]), np.concatenate([before.values, new.values])
    return Reference.of(values, chance(keys, salt)[0])
