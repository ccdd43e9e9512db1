"""Answers that do not count any more: taken back by the person, or voided because the person is not to be trusted."""

from collections.abc import Sequence
from itertools import groupby
from operator import itemgetter

from serving.ledger.desk import Desk, Lease, LeaseState, Opening, Seat
from serving.queue.assign import grant
from serving.queue.need import WITHDRAWN, line_up, reopen
from serving.queue.rules import Rules, later
from serving.queue.submit import TooLate, too_late

TAKEN_BACK = "taken back"
"""Why an answer does not count that its person took back."""
AT_ONCE = 200
"""How many votes are voided in one transaction: others write in between."""


def undo(desk: Desk, token: int, person: str, rules: Rules) -> Lease | TooLate:
    """Take back the last answer of a sitting; the field is on the desk again, under a new lease."""
    desk.lock_person(person)
    task_id = desk.leases.task_of(token)
    if task_id is None:
        return too_late("unknown")
    desk.tasks.lock(task_id)
    lease, now = desk.leases.state(token), desk.now()
    if lease.person != person or lease.voted_at is None:
        return too_late("unknown")
    if lease.voided is not None:
        return too_late("taken_back")
    if not _may_be_undone(desk, lease, rules, now):
        return too_late("final")
    desk.votes.void([token], TAKEN_BACK, person, now)
    return grant(desk, _seat(lease), _opening(desk, lease, rules, now), rules, now)


def _may_be_undone(desk: Desk, lease: LeaseState, rules: Rules, now: str) -> bool:
    """The same for gold as for the rest, so that nobody can tell it by trying."""
    wanted = desk.tasks.wanted(lease.task_id)
    asked = wanted is None or (wanted[0] > 0 and wanted[1] == lease.role)
    recent = (lease.voted_at or "") > later(now, -rules.undo_s)
    return asked and recent and desk.votes.last(lease.person, lease.sitting) == lease.token


def _seat(lease: LeaseState) -> Seat:
    return Seat(person=lease.person, sitting=lease.sitting, role=lease.role)


def _opening(desk: Desk, lease: LeaseState, rules: Rules, now: str) -> Opening:
    task = desk.tasks.find(lease.task_id)
    assert task is not None
    line_up(desk, task, rules, now)
    free = [row.seq for row in desk.line.of_task(task.task_id) if row.free_from <= now]
    return Opening(
        slot=None if task.purpose == "gold" else free[0],
        target_at="",
        task_id=task.task_id,
        crop_id=task.crop_id,
        record_id=task.record_id,
        form=task.form,
        field=task.field,
        kind=task.kind,
    )


def void_some(
    desk: Desk, rules: Rules, person: str, since: str, until: str, kinds: Sequence[str] | None, reason: str, by: str
) -> list[str]:
    """Void up to `AT_ONCE` of a person's votes after `since` and not after `until`; their tasks want votes again, also
    where they had been settled. Gives these tasks."""
    desk.lock_person(person)
    now = desk.now()
    cast = desk.votes.cast(person, since, until, kinds, AT_ONCE)
    touched = []
    for task_id, rows in groupby(cast, key=itemgetter(0)):
        desk.tasks.lock(task_id)
        task = desk.tasks.find(task_id)
        assert task is not None
        desk.votes.void([token for _, token in rows], reason, by, now)
        reopen(desk, task, reason, now)
        line_up(desk, task, rules, now)
        touched.append(task_id)
    return touched


def clear_desk(desk: Desk, person: str, kinds: Sequence[str] | None) -> None:
    """Take from a person what is on the desk, of these kinds or any; others may have it."""
    desk.lock_person(person)
    live = [lease for lease in desk.leases.live(person, desk.now()) if kinds is None or lease.kind in kinds]
    for lease in sorted(live, key=lambda lease: lease.task_id):
        give_back(desk, lease.token, person, WITHDRAWN)


def give_back(desk: Desk, token: int, person: str, reason: str) -> bool:
    """End a lease without a vote; somebody else may have its task. False where there is nothing to end."""
    task_id = desk.leases.task_of(token)
    if task_id is None:
        return False
    desk.tasks.lock(task_id)
    lease = desk.leases.state(token)
    if lease.person != person or lease.ended is not None:
        return False
    now = desk.now()
    desk.leases.end(token, reason, now)
    desk.line.free(task_id, token, now)
    return True
