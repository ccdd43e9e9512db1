"""What tells how well people read: their answers to gold, all votes, and which of them were voided, in SQL."""

import json
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from sqlalchemy import Connection, Row, bindparam, func, select

from serving.ledger.plain import canonical
from serving.ledger.schema import forms, gold, leases, person_events, tasks, vote_voids, votes

VOIDED = "voided"
"""Event of a person whose votes do not count any more."""
_about = (tasks.c.crop_id, tasks.c.form, tasks.c.field, tasks.c.kind)
_GOLD = (
    select(
        votes.c.at, *_about, leases.c.role, votes.c.outcome, votes.c.text, gold.c.outcome.label("true_outcome"),
        gold.c.text.label("true_text"),
    )
    .select_from(votes)
    .join(leases, leases.c.token == votes.c.token)
    .join(tasks, tasks.c.task_id == votes.c.task_id)
    .join(gold, gold.c.crop_id == tasks.c.crop_id)
    .outerjoin(vote_voids, vote_voids.c.token == votes.c.token)
    .where(votes.c.person_id == bindparam("person"), tasks.c.purpose == "gold", vote_voids.c.token.is_(None))
    .order_by(votes.c.at, votes.c.token)
)  # fmt: skip
_BALLOTS = (
    select(
        votes.c.token, votes.c.task_id, votes.c.person_id, leases.c.role, votes.c.outcome, votes.c.text,
        vote_voids.c.reason.label("voided"), *_about, tasks.c.purpose, gold.c.outcome.label("true_outcome"),
        gold.c.text.label("true_text"),
    )
    .select_from(votes)
    .join(leases, leases.c.token == votes.c.token)
    .join(tasks, tasks.c.task_id == votes.c.task_id)
    .outerjoin(vote_voids, vote_voids.c.token == votes.c.token)
    .outerjoin(gold, (gold.c.crop_id == tasks.c.crop_id) & (tasks.c.purpose == "gold"))
    .order_by(votes.c.token.desc())
    .limit(bindparam("most"))
)  # fmt: skip
_SITTING = (
    select(votes.c.seconds, votes.c.keystrokes)
    .join(leases, leases.c.token == votes.c.token)
    .outerjoin(vote_voids, vote_voids.c.token == votes.c.token)
    .where(
        leases.c.person_id == bindparam("person"), leases.c.sitting == bindparam("sitting"),
        vote_voids.c.token.is_(None),
    )
)  # fmt: skip


@dataclass(frozen=True, kw_only=True)
class Voided:
    """That a person's votes do not count: as `serving.consensus.Voiding` has it, and when it was noted."""

    person: str
    facts: Mapping[str, Any]
    at: str


class Judging:
    """What is known of people's reading, within one transaction."""

    def __init__(self, connection: Connection) -> None:
        self._connection = connection

    def gold_of(self, person: str) -> list[Row[Any]]:
        """A person's answers to gold beside what is true, in the order of time; what was taken back is missing."""
        return list(self._connection.execute(_GOLD, {"person": person}))

    def tested_since(self, since: str) -> list[str]:
        """Who answered gold after a time."""
        query = (
            select(votes.c.person_id)
            .distinct()
            .join(tasks, tasks.c.task_id == votes.c.task_id)
            .where(tasks.c.purpose == "gold", votes.c.at > since)
            .order_by(votes.c.person_id)
        )
        return list(self._connection.scalars(query))

    def voided(self, person: str | None = None) -> list[Voided]:
        """The voidings of a person, or of all, as they were made."""
        query = select(person_events).where(person_events.c.event == VOIDED).order_by(person_events.c.seq)
        if person is not None:
            query = query.where(person_events.c.person_id == person)
        return [
            Voided(person=row.person_id, facts=json.loads(row.facts), at=row.at)
            for row in self._connection.execute(query)
        ]

    def note_voided(self, person: str, facts: Mapping[str, Any], now: str) -> None:
        """Note that a person's votes do not count."""
        row = {"person_id": person, "event": VOIDED, "facts": canonical(facts), "at": now}
        self._connection.execute(person_events.insert(), row)

    def count(self) -> int:
        """How many votes there are."""
        return self._connection.scalar(select(func.count()).select_from(votes)) or 0

    def ballots(self, most: int) -> list[Row[Any]]:
        """The latest votes with what they were about, the latest first; of gold, with what is true."""
        return list(self._connection.execute(_BALLOTS, {"most": most}))

    def sitting(self, person: str, sitting: str) -> list[tuple[float, int]]:
        """Seconds and keystrokes of a person's answers of a sitting."""
        rows = self._connection.execute(_SITTING, {"person": person, "sitting": sitting})
        return [(row.seconds, row.keystrokes) for row in rows]

    def forms(self) -> dict[str, str]:
        """Digest of the latest definition of every form, by its name."""
        rows = self._connection.execute(select(forms.c.name, forms.c.form_digest).order_by(forms.c.created_at))
        return {row.name: row.form_digest for row in rows}
