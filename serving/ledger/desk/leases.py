"""Leases and how they end, in SQL."""

from collections.abc import Mapping
from typing import Any

from sqlalchemy import Connection, bindparam, select
from sqlalchemy import exists as exists_

from serving.ledger.desk.apart import had_more_of_it
from serving.ledger.desk.values import Lease, LeaseState, Opening, Seat
from serving.ledger.schema import crop_parts, gold, lease_ends, leases, tasks, vote_voids, votes

_lease = select(
    leases.c.token, leases.c.task_id, leases.c.crop_id, leases.c.role, leases.c.expires_at, leases.c.relaxed,
    tasks.c.form, tasks.c.field, tasks.c.kind,
).join(tasks, tasks.c.task_id == leases.c.task_id)  # fmt: skip
_ended = exists_().where(lease_ends.c.token == leases.c.token)
_live = (leases.c.person_id == bindparam("person")) & (leases.c.expires_at > bindparam("now")) & ~_ended
_HELD = _lease.where(_live, leases.c.sitting == bindparam("sitting")).order_by(leases.c.token)
_LIVE = _lease.where(_live).order_by(leases.c.token)
_other, _void = votes.alias(), vote_voids.alias()
_answered = exists_().where(
    _other.c.task_id == leases.c.task_id,
    _other.c.person_id == leases.c.person_id,
    ~exists_().where(_void.c.token == _other.c.token),
)
_STATE = (
    select(
        leases.c.token,
        leases.c.task_id,
        leases.c.person_id.label("person"),
        leases.c.role,
        leases.c.sitting,
        leases.c.crop_id,
        leases.c.record_id,
        leases.c.expires_at,
        tasks.c.purpose,
        _answered.label("answered"),
        lease_ends.c.reason.label("ended"),
        votes.c.outcome,
        votes.c.text,
        votes.c.at.label("voted_at"),
        vote_voids.c.reason.label("voided"),
    )
    .join(tasks, tasks.c.task_id == leases.c.task_id)
    .outerjoin(lease_ends, lease_ends.c.token == leases.c.token)
    .outerjoin(votes, votes.c.token == leases.c.token)
    .outerjoin(vote_voids, vote_voids.c.token == leases.c.token)
    .where(leases.c.token == bindparam("lease"))
)
_TASK_OF = select(leases.c.task_id).where(leases.c.token == bindparam("lease"))
_RUN = (
    select(tasks.c.kind)
    .join(leases, leases.c.task_id == tasks.c.task_id)
    .where(leases.c.person_id == bindparam("person"), leases.c.sitting == bindparam("sitting"))
    .order_by(leases.c.token.desc())
    .limit(bindparam("most"))
)
_UNSEEN_GOLD = (
    select(tasks.c.task_id, tasks.c.crop_id, tasks.c.record_id, tasks.c.form, tasks.c.field, tasks.c.kind)
    .join(gold, gold.c.crop_id == tasks.c.crop_id)
    .where(
        tasks.c.purpose == "gold",
        tasks.c.kind == bindparam("kind"),
        ~exists_().where(leases.c.person_id == bindparam("person"), leases.c.crop_id == tasks.c.crop_id),
        ~exists_().where(
            leases.c.person_id == bindparam("person"),
            leases.c.sitting == bindparam("sitting"),
            leases.c.record_id == tasks.c.record_id,
        ),
        ~had_more_of_it(tasks.c.crop_id),
    )
    .order_by(tasks.c.seq)
    .limit(bindparam("most"))
)
_UNSEEN_OF_FIELD = _UNSEEN_GOLD.where(
    tasks.c.form.is_not_distinct_from(bindparam("form")),
    tasks.c.field == bindparam("field"),
    ~exists_().where(crop_parts.c.part_id == tasks.c.crop_id),
)


class Leases:
    """The leases, within one transaction."""

    def __init__(self, connection: Connection) -> None:
        self._connection = connection

    def grant(self, seat: Seat, opening: Opening, *, now: str, until: str, relaxed: bool) -> Lease:
        """Put a task on somebody's desk."""
        row = {
            "task_id": opening.task_id,
            "person_id": seat.person,
            "role": seat.role,
            "sitting": seat.sitting,
            "crop_id": opening.crop_id,
            "record_id": opening.record_id,
            "relaxed": int(relaxed),
            "granted_at": now,
            "expires_at": until,
        }
        key = self._connection.execute(leases.insert(), row).inserted_primary_key
        assert key is not None
        return Lease(
            token=key[0],
            task_id=opening.task_id,
            crop_id=opening.crop_id,
            form=opening.form,
            field=opening.field,
            kind=opening.kind,
            role=seat.role,
            expires_at=until,
            relaxed=relaxed,
        )

    def end(self, token: int, reason: str, now: str) -> None:
        """Note how a lease ended."""
        self._connection.execute(lease_ends.insert(), {"token": token, "reason": reason, "at": now})

    def held(self, person: str, sitting: str, now: str) -> tuple[Lease, ...]:
        """What a person has on the desk in a sitting, oldest first."""
        rows = self._connection.execute(_HELD, {"person": person, "sitting": sitting, "now": now})
        return tuple(_lease_of(row) for row in rows)

    def live(self, person: str, now: str) -> tuple[Lease, ...]:
        """What a person has on any desk."""
        return tuple(_lease_of(row) for row in self._connection.execute(_LIVE, {"person": person, "now": now}))

    def task_of(self, token: int) -> str | None:
        """The task that a lease is of."""
        return self._connection.scalar(_TASK_OF, {"lease": token})

    def state(self, token: int) -> LeaseState:
        """A lease as it stands."""
        row = self._connection.execute(_STATE, {"lease": token}).one()
        return LeaseState(**{**row._mapping, "answered": bool(row.answered)})

    def last_kinds(self, person: str, sitting: str, most: int) -> list[str]:
        """The kinds of what a person had last in a sitting, latest first."""
        return list(self._connection.scalars(_RUN, {"person": person, "sitting": sitting, "most": most}))

    def unseen_gold(self, seat: Seat, kind: str, most: int) -> list[Opening]:
        """Gold of a kind that this person never had."""
        values = {"person": seat.person, "sitting": seat.sitting, "kind": kind, "most": most}
        rows = self._connection.execute(_UNSEEN_GOLD, values)
        return [Opening(slot=None, target_at="", **row._mapping) for row in rows]

    def unseen_gold_of(self, seat: Seat, group: Mapping[str, Any], most: int) -> list[Opening]:
        """The same of one field of one form (`form`, `field`, `kind` of a group), whole fields alone."""
        place = {name: group[name] for name in ("form", "field", "kind")}
        values = {"person": seat.person, "sitting": seat.sitting, "most": most, **place}
        rows = self._connection.execute(_UNSEEN_OF_FIELD, values)
        return [Opening(slot=None, target_at="", **row._mapping) for row in rows]


def _lease_of(row: Any) -> Lease:
    return Lease(**{**row._mapping, "relaxed": bool(row.relaxed)})
