"""Tasks go out to a crowd: leased until the export expires, so that nobody in the house keys them meanwhile."""

from dataclasses import dataclass, replace
from datetime import datetime
from random import Random
from secrets import token_hex

from recognizer.errors import UsageError
from serving.crowds.worker import worker
from serving.ledger import Ledger
from serving.ledger.desk import Desk, Lease, Opening, Seat
from serving.ledger.masking import SENSITIVE_KINDS
from serving.queue.assign import KINDS, grant
from serving.queue.queue import Queue
from serving.queue.rules import Rules, later

DAY_S = 86_400.0
KINDS_OUTSIDE = tuple(kind for kind in KINDS if kind not in SENSITIVE_KINDS)
"""What people outside may see; other pictures stay in the house unless somebody says otherwise."""
AT_ONCE = 200
GOLD = 0.1


@dataclass(frozen=True, kw_only=True)
class Wanted:
    """What is to go out: so many fields at most, of these kinds (None: all that are not sensitive), for so long.

    `gold` is the share of fields whose answer is known. `together`: several fields of one record may go, so that one
    worker may see more than one of them; the leases say so.
    """

    count: int = 500
    kinds: tuple[str, ...] | None = None
    days: float = 7.0
    gold: float = GOLD
    together: bool = False
    sensitive: bool = False

    def __post_init__(self) -> None:
        unknown = set(self.kinds or ()) - set(KINDS)
        if unknown:
            raise UsageError(f"no such kind: {', '.join(sorted(unknown))} - mend: some of {', '.join(KINDS)}")
        if self.count < 1 or not 0 < self.days <= 365 or not 0 <= self.gold < 1:
            raise UsageError("what is to go out - mend: count at least 1, days up to 365, gold from 0 to below 1")
        if not self.sensitive and set(self.kinds or ()) & SENSITIVE_KINDS:
            raise UsageError("pictures of social security numbers stay in the house - mend: --sensitive if they may go")

    @property
    def which(self) -> tuple[str, ...]:
        """The kinds to take."""
        return self.kinds or (KINDS if self.sensitive else KINDS_OUTSIDE)


@dataclass(frozen=True, kw_only=True)
class HandedOut:
    """An export: its id, until when it holds its tasks, and one lease for each task."""

    export_id: str
    until: str
    leases: tuple[Lease, ...]


def hand_out(
    ledger: Ledger, crowd: str, wanted: Wanted, rules: Rules, random: Random | None = None
) -> HandedOut | None:
    """Lease tasks for a crowd, with all the votes that each still wants of reviewers; None where nothing is open.

    The leases belong to a person of the export's own: nobody, who never answers. What has not come back when the
    export expires is open to everybody again.
    """
    export_id = f"{crowd[:16]}-{token_hex(6)}"
    holder = worker(ledger, "export", export_id)
    queue = Queue(ledger, replace(rules, lease_s=wanted.days * DAY_S, alone=wanted.together), random)
    with ledger.desk() as desk:
        now = desk.now()
        until = later(now, wanted.days * DAY_S)
        facts = {"kinds": list(wanted.which), "gold": wanted.gold, "together": wanted.together}
        desk.crowds.hand_out(export_id, crowd, holder, facts, now, until)
    leases = _leased(queue, holder, export_id, wanted)
    for lease in leases:
        with ledger.desk() as desk:
            _take_all(desk, lease, Seat(person=holder, sitting=export_id, role="reviewer"), rules, until)
    return HandedOut(export_id=export_id, until=until, leases=leases) if leases else None


def _leased(queue: Queue, holder: str, export_id: str, wanted: Wanted) -> tuple[Lease, ...]:
    leases: list[Lease] = []
    while len(leases) < wanted.count:
        count = min(AT_ONCE, wanted.count - len(leases))
        some = queue.lease(holder, export_id, kinds=wanted.which, count=count, gold=wanted.gold)
        leases += some
        if len(some) < count:
            break
    return tuple(leases)


def _take_all(desk: Desk, lease: Lease, seat: Seat, rules: Rules, until: str) -> None:
    """Lease the other votes too that a task wants: a field with two answers to come may get both from the crowd."""
    desk.tasks.lock(lease.task_id)
    task, now = desk.tasks.find(lease.task_id), desk.now()
    assert task is not None
    whole = replace(rules, lease_s=_seconds(now, until))
    for slot in desk.line.of_task(lease.task_id):
        if slot.free_from <= now and slot.role == seat.role:
            opening = Opening(
                slot=slot.seq, target_at=slot.target_at, task_id=task.task_id, crop_id=task.crop_id,
                record_id=task.record_id, form=task.form, field=task.field, kind=task.kind,
            )  # fmt: skip
            grant(desk, seat, opening, whole, now)


def _seconds(start: str, end: str) -> float:
    return max(1.0, (datetime.fromisoformat(end) - datetime.fromisoformat(start)).total_seconds())
