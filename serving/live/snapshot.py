"""A snapshot: today's numbers, asked as the day's report asks them, and how things stand at this moment."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime
from pathlib import Path
from typing import Any

from serving.columns import Asking, columns_of, sync
from serving.daily.day import Day, day_of
from serving.ledger import Ledger
from serving.ledger.desk import Count
from serving.live.questions import HOURS, KINDS, MODELS, QUESTIONS, SPEED, asked
from serving.promise import Policy

Row = Mapping[str, Any]


@dataclass(frozen=True, kw_only=True)
class Waiting:
    """What waits to leave the house: `parcels` for MLflow, since `oldest_at`; messages that receivers have not taken
    (`messages`) and that are not tried any more (`dead`)."""

    parcels: int
    oldest_at: str | None
    messages: int
    dead: int


@dataclass(frozen=True, kw_only=True)
class Snapshot:
    """Production at a moment. `day` is today (UTC) as its report would tell it; `answers` are those of `QUESTIONS`;
    `line` is what waits for people, by role and kind; `looked_at` is when monitors looked last."""

    day: Day
    answers: Mapping[str, Sequence[Row]]
    line: tuple[Count, ...]
    waiting: Waiting
    looked_at: str | None

    @property
    def at(self) -> datetime:
        """The ledger's time."""
        return datetime.fromisoformat(self.day.made_at)

    @property
    def today(self) -> Row:
        """The day's fields by decision, and its pages; zeros where nothing was read."""
        nothing = {"pages": 0, "fields": 0, "accept": 0, "audit": 0, "review": 0, "rescan": 0, "estimated": None}
        return self.day.on("days", self.day.day) or nothing

    @property
    def work(self) -> Row:
        """What people did today."""
        nothing = {"votes": 0, "people": 0, "minutes": 0.0, "keystrokes": 0, "cost": 0.0}
        return self.day.on("work", self.day.day) or nothing

    @property
    def automation(self) -> float | None:
        """The share of today's fields that nobody had to look at."""
        return self.today["accept"] / self.today["fields"] if self.today["fields"] else None

    @property
    def kinds(self) -> Sequence[Row]:
        """Today's fields by kind and decision."""
        return self.answers[KINDS]

    @property
    def hours(self) -> Sequence[Row]:
        """The last 24 hours: fields, those that nobody had to look at, and answers of people."""
        return self.answers[HOURS]

    @property
    def models(self) -> Sequence[Row]:
        """By model and purpose, today's predictions: how many, seconds in all, and when the last one was made."""
        return self.answers[MODELS]

    @property
    def speed(self) -> Row:
        """Of today's predictions in production the median and the 95th percentile, in seconds; when the last was."""
        return self.answers[SPEED][0]

    def since(self, at: str | datetime | None) -> float | None:
        """Seconds from a time to the snapshot; None for none."""
        if at is None:
            return None
        moment = datetime.fromisoformat(at) if isinstance(at, str) else at
        return max(0.0, (self.at - (moment if moment.tzinfo else moment.replace(tzinfo=UTC))).total_seconds())


def snapshot_of(ledger: Ledger, store: Path, policy: Policy, day: date | None = None) -> Snapshot:
    """Bring the columns up to the ledger and ask; of another day than today, what was asked is that day's, and what
    stands is still of now. Raises LedgerError."""
    keep = columns_of(store)
    sync(ledger, keep)
    with ledger.desk_to_read() as desk:
        now = desk.now()
        line = tuple(desk.line.counts(now))
    wanted = day or datetime.fromisoformat(now).date()
    with Asking(keep) as asking:
        found = day_of(ledger, asking, wanted, policy)
        answers = {name: asking.ask(asked(name, wanted, now)).to_pylist() for name in QUESTIONS}
    with ledger.monitoring_to_read() as rows:
        (parcels, oldest), looked_at = rows.parcels(), rows.looked_at()
    with ledger.outside_to_read() as outside:
        standing = [outside.hooks.standing(hook) for hook in outside.hooks.all()]
    waiting = Waiting(
        parcels=parcels, oldest_at=oldest, messages=sum(each.waiting for each in standing),
        dead=sum(each.dead for each in standing),
    )  # fmt: skip
    return Snapshot(day=found, answers=answers, line=line, waiting=waiting, looked_at=looked_at)
