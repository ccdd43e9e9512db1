"""What people did, how long it took and what it costs; how long fields waited for it."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from serving.promise import Policy

SECONDS_PER_HOUR = 3600


@dataclass(frozen=True, kw_only=True)
class Work:
    """Votes and what they took. Void ones took time too, and are paid for. `tasks` are questions that were voted on."""

    tasks: int = 0
    votes: int = 0
    voided: int = 0
    seconds: float = 0.0
    keystrokes: int = 0
    wage_per_hour: float = 0.0
    piece_rate: float = 0.0

    @property
    def minutes(self) -> float:
        """Time at the fields, as the page measured it."""
        return self.seconds / 60

    @property
    def cost(self) -> float:
        """Time at the hourly wage, and the piece rate for every vote; in the currency of both."""
        return self.seconds / SECONDS_PER_HOUR * self.wage_per_hour + self.votes * self.piece_rate

    @property
    def seconds_per_vote(self) -> float | None:
        """The mean; None without votes."""
        return self.seconds / self.votes if self.votes else None


@dataclass(frozen=True, kw_only=True)
class Settling:
    """Verdicts by source, and how long it took from a field's decision to its first verdict by people, in seconds."""

    crowd: int = 0
    expert: int = 0
    customer: int = 0
    median_s: float | None = None
    p90_s: float | None = None

    @property
    def total(self) -> int:
        """All verdicts."""
        return self.crowd + self.expert + self.customer


def work_of(rows: Iterable[Any], policy: Policy) -> Work:
    """The sum of these rows of `Numbers.work`."""
    listed = list(rows)
    return Work(
        tasks=sum(row.tasks for row in listed),
        votes=sum(row.votes for row in listed),
        voided=sum(row.voided for row in listed),
        seconds=float(sum(row.seconds for row in listed)),
        keystrokes=int(sum(row.keystrokes for row in listed)),
        wage_per_hour=policy.wage_per_hour,
        piece_rate=policy.piece_rate,
    )


def settling_of(counts: dict[str, int], settled: Iterable[Any]) -> Settling:
    """From `Numbers.verdicts` and `Numbers.settled`."""
    waited = sorted(seconds_between(row.decided_at, row.known_at) for row in settled)
    return Settling(**counts, median_s=quantile(waited, 0.5), p90_s=quantile(waited, 0.9))


def seconds_between(earlier: str, later: str) -> float:
    """Seconds between two times of the ledger."""
    return (datetime.fromisoformat(later) - datetime.fromisoformat(earlier)).total_seconds()


def quantile(ordered: Sequence[float], share: float) -> float | None:
    """The quantile of sorted values, interpolated between its neighbours (type 7 of Hyndman and Fan 1996)."""
    if not ordered:
        return None
    place = share * (len(ordered) - 1)
    below = int(place)
    above = min(below + 1, len(ordered) - 1)
    return ordered[below] + (place - below) * (ordered[above] - ordered[below])
