"""Votes and their voiding, in SQL."""

from collections.abc import Iterable, Sequence
from typing import Any

from sqlalchemy import Connection, Row, bindparam, func, select

from serving.ledger.desk.values import LeaseState, Said, Vote
from serving.ledger.queries import CHUNK
from serving.ledger.schema import crop_parts, leases, tasks, vote_voids, votes

_all = (
    select(votes, leases.c.role, leases.c.sitting, vote_voids.c.reason.label("voided"))
    .join(leases, leases.c.token == votes.c.token)
    .outerjoin(vote_voids, vote_voids.c.token == votes.c.token)
)
_OF_TASK = _all.where(votes.c.task_id == bindparam("task")).order_by(votes.c.at, votes.c.token)
_ON_CROPS = (
    _all.add_columns(func.coalesce(crop_parts.c.crop_id, tasks.c.crop_id).label("crop_id"))
    .join(tasks, tasks.c.task_id == votes.c.task_id)
    .outerjoin(crop_parts, crop_parts.c.part_id == tasks.c.crop_id)
    .where(tasks.c.purpose.in_(("production", "audit")))
    .order_by(votes.c.at, votes.c.token)
)
_VALID = (
    select(func.count())
    .select_from(votes)
    .join(leases, leases.c.token == votes.c.token)
    .outerjoin(vote_voids, vote_voids.c.token == votes.c.token)
    .where(votes.c.task_id == bindparam("task"), leases.c.role == bindparam("role"), vote_voids.c.token.is_(None))
)
_LAST = (
    select(votes.c.token)
    .join(leases, leases.c.token == votes.c.token)
    .where(leases.c.person_id == bindparam("person"), leases.c.sitting == bindparam("sitting"))
    .order_by(votes.c.at.desc(), votes.c.token.desc())
    .limit(1)
)
_CAST = (
    select(votes.c.task_id, votes.c.token)
    .join(tasks, tasks.c.task_id == votes.c.task_id)
    .outerjoin(vote_voids, vote_voids.c.token == votes.c.token)
    .where(
        votes.c.person_id == bindparam("person"),
        votes.c.at > bindparam("since"),
        votes.c.at <= bindparam("until"),
        vote_voids.c.token.is_(None),
        tasks.c.purpose != "gold",  # what somebody said of gold is the evidence
    )
    .order_by(votes.c.task_id, votes.c.token)
)


class Votes:
    """The votes, within one transaction."""

    def __init__(self, connection: Connection) -> None:
        self._connection = connection

    def add(self, lease: LeaseState, said: Said, *, seconds: float, keystrokes: int, now: str) -> None:
        """File what a person said of the task of a lease."""
        row = {
            "token": lease.token,
            "task_id": lease.task_id,
            "person_id": lease.person,
            "outcome": said.outcome,
            "text": said.text,
            "seconds": float(seconds),
            "keystrokes": int(keystrokes),
            "at": now,
        }
        self._connection.execute(votes.insert(), row)

    def of_task(self, task_id: str) -> tuple[Vote, ...]:
        """All votes on a task in their order, void ones too."""
        return tuple(_vote_of(row) for row in self._connection.execute(_OF_TASK, {"task": task_id}))

    def on_crops(self, crop_ids: Sequence[str]) -> dict[str, list[Vote]]:
        """All votes on these crops and their parts in their order, but for those in trials; void ones too."""
        found: dict[str, list[Vote]] = {}
        for start in range(0, len(crop_ids), CHUNK):
            some = crop_ids[start : start + CHUNK]
            query = _ON_CROPS.where(tasks.c.crop_id.in_(some) | crop_parts.c.crop_id.in_(some))
            for row in self._connection.execute(query):
                found.setdefault(row.crop_id, []).append(_vote_of(row))
        return found

    def valid(self, task_id: str, role: str) -> int:
        """How many votes of a role count."""
        return int(self._connection.scalar(_VALID, {"task": task_id, "role": role}) or 0)

    def last(self, person: str, sitting: str) -> int | None:
        """The token of what a person said last in a sitting."""
        return self._connection.scalar(_LAST, {"person": person, "sitting": sitting})

    def cast(
        self, person: str, since: str, until: str, kinds: Sequence[str] | None, most: int
    ) -> list[tuple[str, int]]:
        """Up to `most` of a person's valid votes after `since` and not after `until`, as (task_id, token), by task."""
        query = _CAST if kinds is None else _CAST.where(tasks.c.kind.in_(kinds))
        values = {"person": person, "since": since, "until": until}
        return [(row.task_id, row.token) for row in self._connection.execute(query.limit(most), values)]

    def void(self, tokens: Iterable[int], reason: str, by: str, now: str) -> None:
        """Note that votes do not count."""
        rows = [{"token": token, "reason": reason, "by": by, "at": now} for token in tokens]
        if rows:
            self._connection.execute(vote_voids.insert(), rows)


def _vote_of(row: Row[Any]) -> Vote:
    return Vote(
        token=row.token,
        task_id=row.task_id,
        person=row.person_id,
        role=row.role,
        outcome=row.outcome,
        text=row.text,
        seconds=row.seconds,
        keystrokes=row.keystrokes,
        at=row.at,
        voided=row.voided,
    )
