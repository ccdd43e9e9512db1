"""A vote comes in: in time, late, again, or too late to be taken."""

from dataclasses import dataclass
from typing import Literal

from serving.ledger.desk import Desk, LeaseState, Purpose, Said

Code = Literal["unknown", "answered", "taken_back", "released", "withdrawn", "taken", "settled", "final"]
REASONS: dict[Code, str] = {
    "unknown": "this field is not on your desk: please go on with the next one",
    "answered": "you answered this field before, and otherwise: that answer stands",
    "taken_back": "this answer was taken back: please answer the field as it is shown to you now",
    "released": "you gave this field back: please go on with the next one",
    "withdrawn": "this field is not asked any more: please go on with the next one, and thank you",
    "taken": "the time for this field was over, and somebody else has it now: please go on with the next one",
    "final": "only your last answer can be taken back, and only for a short time: it stands as it is",
    "settled": "the time for this field was over, and others have answered it: please go on with the next one",
}


@dataclass(frozen=True, kw_only=True)
class Submitted:
    """The vote is durable. `late`: its lease was over, but the field still wanted a vote; `again`: it was there before;
    `complete`: the task now has all the votes that it wanted."""

    task_id: str
    purpose: Purpose
    late: bool
    again: bool
    complete: bool


@dataclass(frozen=True, kw_only=True)
class TooLate:
    """The vote was not taken: a stable code, and a sentence for the person."""

    code: Code
    reason: str


def submit(desk: Desk, token: int, person: str, said: Said, seconds: float, keystrokes: int) -> Submitted | TooLate:
    """File what a person says of the field of a lease, or say why not.

    A lease that is over counts as long as its field wants a vote that is on nobody else's desk: work that is done is
    not thrown away, and no vote too many comes in.
    """
    task_id = desk.leases.task_of(token)
    if task_id is None:
        return too_late("unknown")
    desk.tasks.lock(task_id)
    lease = desk.leases.state(token)
    if lease.voted_at is not None or lease.ended is not None or lease.person != person:
        return _again(desk, lease, person, said)
    now = desk.now()
    complete = False
    if lease.purpose != "gold":
        slots = desk.line.of_task(task_id)
        own = [slot.seq for slot in slots if slot.token == token]
        free = [slot.seq for slot in slots if slot.free_from <= now and slot.role == lease.role]
        if lease.answered or not own + free:
            return too_late("answered" if lease.answered else "taken" if slots else "settled")
        desk.line.drop((own + free)[0])
        complete = len(slots) == 1
    desk.votes.add(lease, said, seconds=seconds, keystrokes=keystrokes, now=now)
    desk.leases.end(token, "submitted", now)
    if complete:
        desk.line.complete(task_id, now)
    return _submitted(lease, late=lease.expires_at <= now, again=False, complete=complete)


def too_late(code: Code) -> TooLate:
    """The refusal with its sentence."""
    return TooLate(code=code, reason=REASONS[code])


def _again(desk: Desk, lease: LeaseState, person: str, said: Said) -> Submitted | TooLate:
    """What becomes of a submit whose lease has ended: a repetition is fine, anything else comes too late."""
    if lease.person != person:
        return too_late("unknown")
    if lease.voted_at is None:
        return too_late("released" if lease.ended == "released" else "withdrawn")
    if lease.voided is not None:
        return too_late("taken_back")
    if (lease.outcome, lease.text) != (said.outcome, said.text):
        return too_late("answered")
    return _submitted(lease, late=lease.expires_at <= lease.voted_at, again=True, complete=False)


def _submitted(lease: LeaseState, *, late: bool, again: bool, complete: bool) -> Submitted:
    return Submitted(task_id=lease.task_id, purpose=lease.purpose, late=late, again=again, complete=complete)
