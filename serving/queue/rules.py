"""The rules of the queue, and where they put a task in line."""

from dataclasses import dataclass
from datetime import UTC, datetime, timedelta

from recognizer.errors import UsageError
from serving.ledger.desk import Task

MOST_FORWARD = timedelta(days=3650)


@dataclass(frozen=True, kw_only=True)
class Rules:
    """How work is given out; all times in seconds.

    `lease_s`: how long somebody may have a task. `patience_s`: how soon a task ought to be done that nobody promised;
    each unit of its value brings it `haste_s` forward. `run`: how many of one kind somebody gets before another kind
    that is more urgent. `undo_s`: how long the last vote of a sitting can be taken back. `alone`: a team of one, who
    may get several fields of one record in a sitting, and again what was left unanswered; leases say so.
    """

    lease_s: float = 300.0
    patience_s: float = 86_400.0
    haste_s: float = 600.0
    run: int = 20
    undo_s: float = 20.0
    alone: bool = False

    def __post_init__(self) -> None:
        if self.lease_s <= 0 or self.run < 1 or min(self.patience_s, self.haste_s, self.undo_s) < 0:
            raise UsageError("rules of the queue - mend: lease_s above 0, run at least 1, no time below 0")


def target_at(task: Task, created_at: str, rules: Rules) -> str:
    """When a task ought to be done: as promised or after our patience, whichever is first, valuable ones sooner.

    The line is sorted by it. It grows older as all tasks do, so that their order never has to be made anew: who waits
    long enough comes before everything that comes in.
    """
    ought = datetime.fromisoformat(created_at) + timedelta(seconds=rules.patience_s)
    if task.due_at is not None:
        ought = min(ought, _promised(task.due_at))
    haste = min(timedelta(seconds=min(task.value * rules.haste_s, MOST_FORWARD.total_seconds())), MOST_FORWARD)
    return (ought - haste).isoformat(timespec="microseconds")


def _promised(text: str) -> datetime:
    try:
        moment = datetime.fromisoformat(text)
    except ValueError as error:
        raise UsageError("due_at is no time - mend: ISO 8601, as 2026-11-24T09:30:00+00:00") from error
    return moment.astimezone(UTC) if moment.tzinfo else moment.replace(tzinfo=UTC)


def later(at: str, seconds: float) -> str:
    """A time of the ledger, so many seconds later."""
    return (datetime.fromisoformat(at) + timedelta(seconds=seconds)).isoformat(timespec="microseconds")
