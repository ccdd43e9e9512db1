"""The line follows from the records: as many slots as votes are wanted and not in."""

from recognizer.errors import LedgerError
from serving.ledger.desk import Desk, Role, Task
from serving.queue.rules import Rules, target_at

WITHDRAWN = "withdrawn"
ERASED = "erased"
"""Reason of a task that wants nothing any more, for ever: what it asks about was erased."""


def want(desk: Desk, task_id: str, votes: int, role: Role, reason: str, rules: Rules) -> None:
    """Say how many valid votes of a role a task wants in total; 0 settles it. Raises LedgerError."""
    desk.tasks.lock(task_id)
    task = desk.tasks.find(task_id)
    if task is None or task.purpose == "gold":
        raise LedgerError(f"the queue has no task {task_id} that wants votes")
    now = desk.now()
    if (task.votes, task.role) != (votes, role):
        desk.tasks.want([(task_id, votes, role, reason)], now)
    line_up(desk, task, rules, now)


def line_up(desk: Desk, task: Task, rules: Rules, now: str) -> None:
    """Have a task wait for exactly the votes that it still wants. The task must be locked.

    What is on a desk stays there while such a vote is wanted; else it is withdrawn, and its submit will be refused.
    """
    if task.purpose == "gold":
        return
    votes, role = desk.tasks.wanted(task.task_id) or (0, task.role)
    missing = max(0, votes - desk.votes.valid(task.task_id, role))
    slots = desk.line.of_task(task.task_id)
    fitting = [slot for slot in slots if slot.role == role]
    kept = sorted(fitting, key=lambda slot: slot.free_from <= now)[:missing]
    for slot in slots:
        if slot not in kept:
            desk.line.drop(slot.seq)
            if slot.free_from > now:
                desk.leases.end(slot.token, WITHDRAWN, now)
    desk.line.add([(task, missing - len(kept), role)], {task.task_id: target_at(task, task.created_at, rules)}, now)
    if votes and not missing:
        desk.line.complete(task.task_id, now)
    else:
        desk.line.incomplete(task.task_id)


def reopen(desk: Desk, task: Task, reason: str, now: str) -> None:
    """Have a settled task want again what it wanted before it was settled."""
    wanted = desk.tasks.wanted(task.task_id)
    before = desk.tasks.wanted(task.task_id, before=True)
    if wanted is not None and wanted[0] == 0 and before is not None and task.reason != ERASED:
        desk.tasks.want([(task.task_id, *before, reason)], now)
