"""A worker of a crowd gets the place in line that the export of the task holds."""

from dataclasses import dataclass
from typing import Literal

from serving.crowds.work import Answer
from serving.ledger.desk import Desk, Lease, Opening, Seat, Task
from serving.queue.assign import grant
from serving.queue.need import line_up
from serving.queue.rules import Rules

PASSED_ON = "passed on"
CHANGED = "the worker changed the answer"
Why = Literal["unknown", "known", "older", "otherwise", "settled", "taken"]


@dataclass(frozen=True, kw_only=True)
class NoSeat:
    """Why an answer becomes no vote: `known` and `older` are in order, the others are refusals."""

    why: Why


def take_seat(desk: Desk, crowd: str, person: str, answer: Answer, rules: Rules) -> Lease | NoSeat:
    """Lease the task of an answer to its worker, in place of the crowd's export.

    A later edition of an answer that counts already takes its place while the task is not settled. Where the worker
    has the task on the desk, because an earlier attempt was interrupted, it is that lease.
    """
    desk.lock_person(person)
    desk.tasks.lock(answer.task_id)
    task, now = desk.tasks.find(answer.task_id), desk.now()
    if task is None:
        return NoSeat(why="unknown")
    on_desk = [lease for lease in desk.leases.live(person, now) if lease.task_id == task.task_id]
    if on_desk:
        return on_desk[0]
    said = desk.crowds.said(person, task.crop_id)
    if said is not None:
        if (said.outcome, said.text) == (answer.entry.outcome, answer.entry.text):
            return NoSeat(why="known")
        refusal = _unchangeable(desk, crowd, answer, task)
        if refusal is not None:
            return refusal
        desk.votes.void([said.token], CHANGED, person, now)
        line_up(desk, task, rules, now)
    lease = _seated(desk, crowd, person, task, rules, now)
    if isinstance(lease, Lease) and answer.answer_id:
        desk.crowds.answered(lease.token, crowd, answer.answer_id, answer.edition)
    return lease


def _unchangeable(desk: Desk, crowd: str, answer: Answer, task: Task) -> NoSeat | None:
    """Why what a worker said before stays; None where this is a later edition of it and the task is open."""
    edition = desk.crowds.edition(crowd, answer.answer_id) if answer.answer_id else None
    if edition is None or task.purpose == "gold":  # what was said of gold first is the evidence
        return NoSeat(why="otherwise")
    if answer.edition <= edition:
        return NoSeat(why="older")
    return NoSeat(why="settled") if task.votes == 0 else None


def _seated(desk: Desk, crowd: str, person: str, task: Task, rules: Rules, now: str) -> Lease | NoSeat:
    handed = desk.crowds.handed(task.task_id, crowd, now)
    if not handed:
        return NoSeat(why="unknown")
    seat = Seat(person=person, sitting=handed[0].export_id, role="reviewer", alone=True)
    if task.purpose == "gold":
        return grant(desk, seat, _opening(task, None), rules, now)
    slots = [slot for slot in desk.line.of_task(task.task_id) if slot.role == seat.role]
    live = {item.token for item in handed if item.live}
    own = [slot for slot in slots if slot.token in live and slot.free_from > now]
    free = [slot for slot in slots if slot.free_from <= now]
    if not own + free:
        return NoSeat(why="taken" if slots else "settled")
    place = (own + free)[0]
    if own:
        desk.leases.end(place.token, PASSED_ON, now)
    return grant(desk, seat, _opening(task, place.seq), rules, now)


def _opening(task: Task, slot: int | None) -> Opening:
    return Opening(
        slot=slot,
        target_at="",
        task_id=task.task_id,
        crop_id=task.crop_id,
        record_id=task.record_id,
        form=task.form,
        field=task.field,
        kind=task.kind,
    )
