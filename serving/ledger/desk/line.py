"""The line of votes that are wanted, and of tasks that have all of theirs, in SQL."""

from collections.abc import Iterable, Mapping, Sequence
from functools import lru_cache
from typing import Any

from sqlalchemy import Connection, Row, bindparam, case, func, select, tuple_, union_all
from sqlalchemy import exists as exists_
from sqlalchemy.sql import ColumnElement, CompoundSelect, Select

from serving.ledger.desk.apart import had_more_of_it
from serving.ledger.desk.insert import insert
from serving.ledger.desk.values import Count, Mark, Opening, Seat, Task
from serving.ledger.schema import lease_ends, leases, predictions, slots, tasks, vote_voids, votes
from serving.ledger.schema.review import settling


def _had(*more: ColumnElement[bool]) -> ColumnElement[bool]:
    return exists_().where(leases.c.person_id == bindparam("person"), *more)


_answered = exists_().where(votes.c.token == leases.c.token)
_on_desk = (leases.c.expires_at > bindparam("now")) & ~exists_().where(lease_ends.c.token == leases.c.token)
_had_field = _had(leases.c.crop_id == slots.c.crop_id)
_had_record = _had(leases.c.sitting == bindparam("sitting"), leases.c.record_id == slots.c.record_id)
_had_more = had_more_of_it(slots.c.crop_id)
_answered_field = _had(leases.c.crop_id == slots.c.crop_id, _answered | _on_desk)
_STRICT = (_had_field, _had_record, _had_more)
_ALONE = (_answered_field,)

# No index is sorted by these two: the few that came free lately are sorted instead of walking along the line to them.
_target = slots.c.target_at + ""
_seq = slots.c.seq + 0


def _open(barred: Sequence[ColumnElement[bool]]) -> Select[Any]:
    """What is free and not barred. Two people who ask at once get two different ones."""
    return (
        select(
            slots.c.seq.label("slot"), slots.c.target_at, slots.c.task_id, slots.c.crop_id, slots.c.record_id,
            slots.c.kind, tasks.c.form, tasks.c.field,
        )
        .join(tasks, tasks.c.task_id == slots.c.task_id)
        .where(
            slots.c.role == bindparam("role"),
            slots.c.kind == bindparam("kind"),
            slots.c.free_from <= bindparam("now"),
            *[~bar for bar in barred],
        )
        .limit(1)
        .with_for_update(skip_locked=True, of=slots)
    )  # fmt: skip


def _onward(barred: Sequence[ColumnElement[bool]]) -> Select[Any]:
    place = tuple_(bindparam("target_at"), bindparam("slot"))
    return _open(barred).where(tuple_(slots.c.target_at, slots.c.seq) >= place).order_by(slots.c.target_at, slots.c.seq)


def _freed(barred: Sequence[ColumnElement[bool]]) -> Select[Any]:
    recent = slots.c.free_from > bindparam("since")
    return _open(barred).where(recent, _target <= bindparam("target_at")).order_by(_target, _seq)


_ONWARD = {False: _onward(_STRICT), True: _onward(_ALONE)}
_FREED = {False: _freed(_STRICT), True: _freed(_ALONE)}
_said_the_same = (
    tasks.c.form.is_not_distinct_from(bindparam("form")),
    tasks.c.field == bindparam("field"),
    predictions.c.outcome == bindparam("outcome"),
    predictions.c.text == bindparam("text"),
)
_GROUPS = (
    select(tasks.c.form, tasks.c.field, tasks.c.kind, predictions.c.outcome, predictions.c.text)
    .select_from(slots)
    .join(tasks, tasks.c.task_id == slots.c.task_id)
    .join(predictions, predictions.c.prediction_id == tasks.c.prediction_id)
    .where(slots.c.role == "verifier", slots.c.free_from <= bindparam("now"), *[~bar for bar in _STRICT])
    .group_by(tasks.c.form, tasks.c.field, tasks.c.kind, predictions.c.outcome, predictions.c.text)
    .order_by(func.count().desc(), func.min(slots.c.target_at))
    .limit(1)
)
_OF_GROUP = (
    _open(_STRICT)
    .join(predictions, predictions.c.prediction_id == tasks.c.prediction_id)
    .where(*_said_the_same)
    .order_by(slots.c.target_at, slots.c.seq)
    .limit(bindparam("most"))
)
_BARRED = select(slots.c.seq).where(slots.c.seq == bindparam("place"), _had_field | _had_record | _had_more)
_CLAIM = (
    slots.update()
    .where(slots.c.seq == bindparam("place"))
    .values(token=bindparam("lease"), free_from=bindparam("until"))
)
_OF_TASK = select(slots).where(slots.c.task_id == bindparam("task")).order_by(slots.c.seq).with_for_update()
_FREE = (
    slots.update()
    .where(slots.c.task_id == bindparam("task"), slots.c.token == bindparam("lease"))
    .values(token=None, free_from=bindparam("now"))
)
_DROP = slots.delete().where(slots.c.seq == bindparam("place"))
_COUNTS = (
    select(
        slots.c.role,
        slots.c.kind,
        func.count().label("wanted"),
        func.sum(case((slots.c.free_from > bindparam("now"), 1), else_=0)).label("leased"),
        func.sum(case((slots.c.target_at < bindparam("now"), 1), else_=0)).label("overdue"),
        func.min(slots.c.waits_since).label("oldest_at"),
    )
    .group_by(slots.c.role, slots.c.kind)
    .order_by(slots.c.role, slots.c.kind)
)


@lru_cache
def _heads(kinds: tuple[str, ...]) -> CompoundSelect[Any]:
    """One step into the index for each kind; MIN with GROUP BY would walk through all of it."""
    each = [
        select(slots.c.kind, slots.c.target_at)
        .where(slots.c.role == bindparam("role"), slots.c.kind == kind)
        .order_by(slots.c.target_at)
        .limit(1)
        .subquery()
        for kind in kinds
    ]
    return union_all(*[select(head) for head in each])


_later, _later_lease = votes.alias(), leases.alias()
_spoke_again = exists_().where(
    _later_lease.c.person_id == leases.c.person_id,
    _later_lease.c.sitting == leases.c.sitting,
    _later.c.token == _later_lease.c.token,
    _later.c.at > votes.c.at,
)
_may_be_undone = exists_().where(
    votes.c.task_id == settling.c.task_id,
    votes.c.at > bindparam("since"),
    leases.c.token == votes.c.token,
    ~exists_().where(vote_voids.c.token == votes.c.token),
    ~_spoke_again,
)
_RIPE = (
    select(settling.c.task_id)
    .where(~_may_be_undone)
    .order_by(settling.c.at, settling.c.task_id)
    .limit(bindparam("most"))
)


class Line:
    """The lines, within one transaction."""

    def __init__(self, connection: Connection) -> None:
        self._connection = connection

    def add(self, rows: Iterable[tuple[Task, int, str]], targets: Mapping[str, str], now: str) -> None:
        """Have tasks wait for votes: (task, votes, role)."""
        new = [
            {
                "task_id": task.task_id,
                "role": role,
                "kind": task.kind,
                "crop_id": task.crop_id,
                "record_id": task.record_id,
                "target_at": targets[task.task_id],
                "waits_since": task.created_at or now,
                "token": None,
                "free_from": now,
            }
            for task, count, role in rows
            for _ in range(count)
        ]
        if new:
            self._connection.execute(slots.insert(), new)

    def heads(self, role: str, kinds: Sequence[str]) -> dict[str, str]:
        """When the most urgent task of each kind ought to be done; kinds of which none waits are missing."""
        if not kinds:
            return {}
        rows = self._connection.execute(_heads(tuple(kinds)), {"role": role})
        return {row.kind: row.target_at for row in rows}

    def onward(self, seat: Seat, kind: str, now: str, mark: Mark | None) -> Opening | None:
        """The most urgent task of a kind that this person may have, at the mark or after it."""
        place = {"target_at": mark.target_at if mark else "", "slot": mark.slot if mark else 0}
        return self._opening(_ONWARD[seat.alone], seat, kind, now, place)

    def freed(self, seat: Seat, kind: str, now: str, mark: Mark, since: str) -> Opening | None:
        """The same before the mark, of those that came in or came back after `since`."""
        place = {"target_at": mark.target_at, "since": since}
        return self._opening(_FREED[seat.alone], seat, kind, now, place)

    def _opening(
        self, query: Select[Any], seat: Seat, kind: str, now: str, place: Mapping[str, object]
    ) -> Opening | None:
        asked = {"person": seat.person, "sitting": seat.sitting, "role": seat.role, "kind": kind, "now": now}
        row = self._connection.execute(query, {**asked, **place}).one_or_none()
        return None if row is None else Opening(**row._mapping)

    def group(self, seat: Seat, now: str) -> dict[str, Any] | None:
        """Of what verifiers are to see: form, field, kind, outcome and text of the largest group that this person may
        have."""
        asked = {"person": seat.person, "sitting": seat.sitting, "now": now}
        row = self._connection.execute(_GROUPS, asked).one_or_none()
        return None if row is None else dict(row._mapping)

    def of_group(self, seat: Seat, group: Mapping[str, Any], now: str, most: int) -> list[Opening]:
        """Up to `most` free places of a group."""
        asked = {
            "person": seat.person, "sitting": seat.sitting, "role": seat.role, "now": now, "most": most,
            **group,
        }  # fmt: skip
        return [Opening(**row._mapping) for row in self._connection.execute(_OF_GROUP, asked)]

    def barred(self, seat: Seat, slot: int) -> bool:
        """Whether the rules for a team of several would keep this person from it."""
        values = {"person": seat.person, "sitting": seat.sitting, "place": slot}
        return self._connection.scalar(_BARRED, values) is not None

    def claim(self, slot: int, token: int, until: str) -> None:
        """Give a slot to a lease."""
        self._connection.execute(_CLAIM, {"place": slot, "lease": token, "until": until})

    def of_task(self, task_id: str) -> Sequence[Row[Any]]:
        """The slots of a task; nobody else gets or leaves one until the transaction ends."""
        return self._connection.execute(_OF_TASK, {"task": task_id}).all()

    def free(self, task_id: str, token: int, now: str) -> None:
        """Take a slot back from a lease, so that somebody else may have it."""
        self._connection.execute(_FREE, {"task": task_id, "lease": token, "now": now})

    def drop(self, slot: int) -> None:
        """The vote is in, or not wanted any more."""
        self._connection.execute(_DROP, {"place": slot})

    def complete(self, task_id: str, now: str) -> None:
        """Note that a task has all the votes that it wanted."""
        self._connection.execute(
            insert(self._connection, settling).values(task_id=task_id, at=now).on_conflict_do_nothing()
        )

    def incomplete(self, task_id: str) -> None:
        """Note that it has not, or that it was settled."""
        self._connection.execute(settling.delete().where(settling.c.task_id == task_id))

    def ripe(self, since: str, most: int) -> list[str]:
        """Tasks that have all their votes, of which none can be taken back: given before `since`, or not the person's
        last of that sitting."""
        return list(self._connection.scalars(_RIPE, {"since": since, "most": most}))

    def counts(self, now: str) -> list[Count]:
        """The lines in figures."""
        return [Count(**row._mapping) for row in self._connection.execute(_COUNTS, {"now": now})]
