"""What lies with crowds outside, and what came back from them, in SQL."""

import json
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from sqlalchemy import Connection, Row, bindparam, func, select
from sqlalchemy import exists as exists_

from serving.ledger.plain import canonical
from serving.ledger.schema import lease_ends, leases, slots, vote_voids, votes
from serving.ledger.schema.crowds import crowd_answers, handouts

_ended = exists_().where(lease_ends.c.token == leases.c.token)
_void = exists_().where(vote_voids.c.token == votes.c.token)
_HANDED = (
    select(
        leases.c.token,
        leases.c.sitting,
        (leases.c.expires_at > bindparam("now")).label("in_time"),
        _ended.label("ended"),
    )
    .join(handouts, handouts.c.person_id == leases.c.person_id)
    .where(leases.c.task_id == bindparam("task"), handouts.c.crowd == bindparam("crowd"))
    .order_by(leases.c.token.desc())
)  # fmt: skip
_SAID = (
    select(votes.c.token, votes.c.task_id, votes.c.outcome, votes.c.text)
    .join(leases, leases.c.token == votes.c.token)
    .where(leases.c.person_id == bindparam("person"), leases.c.crop_id == bindparam("crop"), ~_void)
    .order_by(votes.c.token.desc())
    .limit(1)
)
_EDITIONS = (
    select(func.max(crowd_answers.c.edition))
    .where(crowd_answers.c.crowd == bindparam("crowd"), crowd_answers.c.answer_id == bindparam("answer"))
)  # fmt: skip
_EXPORTS = (
    select(
        handouts,
        func.count(leases.c.token).label("tasks"),
        func.count(slots.c.token).label("waiting"),
    )
    .outerjoin(leases, leases.c.person_id == handouts.c.person_id)
    .outerjoin(slots, (slots.c.token == leases.c.token) & (slots.c.free_from > bindparam("now")))
    .group_by(*handouts.c)
    .order_by(handouts.c.at)
)


@dataclass(frozen=True, kw_only=True)
class Handed:
    """The lease under which a task was handed to a crowd; `live` while nobody else may have its place."""

    token: int
    export_id: str
    live: bool


@dataclass(frozen=True, kw_only=True)
class Export:
    """What was handed to a crowd at one time, and until when; so many tasks of it are still waited for. `person` is who
    holds its leases: nobody."""

    export_id: str
    crowd: str
    person: str
    at: str
    until: str
    tasks: int
    waiting: int
    facts: Mapping[str, Any]


class Crowds:
    """What lies outside, within one transaction."""

    def __init__(self, connection: Connection) -> None:
        self._connection = connection

    def hand_out(
        self, export_id: str, crowd: str, person_id: str, facts: Mapping[str, Any], at: str, until: str
    ) -> None:
        """Note that tasks go out; the leases of this person are theirs."""
        row = {
            "export_id": export_id,
            "crowd": crowd,
            "person_id": person_id,
            "facts": canonical(facts),
            "at": at,
            "until": until,
        }
        self._connection.execute(handouts.insert(), row)

    def handed(self, task_id: str, crowd: str, now: str) -> list[Handed]:
        """The leases under which a crowd got a task, the latest first."""
        rows = self._connection.execute(_HANDED, {"task": task_id, "crowd": crowd, "now": now})
        return [
            Handed(token=row.token, export_id=row.sitting, live=bool(row.in_time) and not row.ended) for row in rows
        ]

    def exports(self, now: str) -> list[Export]:
        """Everything that went out, oldest first."""
        rows = self._connection.execute(_EXPORTS, {"now": now})
        return [
            Export(
                export_id=row.export_id,
                crowd=row.crowd,
                person=row.person_id,
                at=row.at,
                until=row.until,
                tasks=row.tasks,
                waiting=row.waiting,
                facts=json.loads(row.facts),
            )
            for row in rows
        ]

    def said(self, person: str, crop_id: str) -> Row[Any, Any, Any, Any] | None:
        """What a person said of a crop that counts, under whatever task: (token, task_id, outcome, text)."""
        return self._connection.execute(_SAID, {"person": person, "crop": crop_id}).one_or_none()

    def edition(self, crowd: str, answer_id: str) -> str | None:
        """The latest edition of a crowd's answer for which its worker got a lease."""
        return self._connection.scalar(_EDITIONS, {"crowd": crowd, "answer": answer_id})

    def answered(self, token: int, crowd: str, answer_id: str, edition: str) -> None:
        """Note for which answer this lease was given."""
        row = {"token": token, "crowd": crowd, "answer_id": answer_id, "edition": edition}
        self._connection.execute(crowd_answers.insert(), row)
