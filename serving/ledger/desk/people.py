"""People and what happened to their accounts, in SQL."""

import json
from typing import Any

from sqlalchemy import Connection, Row, bindparam, func, select

from serving.ledger.desk.insert import insert
from serving.ledger.plain import canonical
from serving.ledger.schema import people, person_events

_newer = person_events.alias()
_last = (
    select(func.max(_newer.c.seq))
    .where(_newer.c.person_id == people.c.person_id)
    .group_by(_newer.c.event)
    .correlate(people)
)
_ALL = (
    select(people, person_events.c.event, person_events.c.facts)
    .select_from(people)
    .join(person_events, person_events.c.person_id == people.c.person_id)
    .where(person_events.c.seq.in_(_last))
    .order_by(people.c.name, person_events.c.seq)
)
_NAMED = _ALL.where(people.c.name == bindparam("name"))
_WITH_ID = _ALL.where(people.c.person_id == bindparam("person_id"))
ENDS_SESSIONS = ("password", "signed_out")
_SESSIONS_FROM = select(func.max(person_events.c.at)).where(
    person_events.c.person_id == bindparam("person_id"), person_events.c.event.in_(ENDS_SESSIONS)
)


class Persons:
    """The people, within one transaction."""

    def __init__(self, connection: Connection) -> None:
        self._connection = connection

    def add(self, person_id: str, name: str, now: str) -> bool:
        """Add a person; False where somebody has that name."""
        row = {"person_id": person_id, "name": name, "created_at": now}
        statement = insert(self._connection, people).on_conflict_do_nothing().returning(people.c.person_id)
        return self._connection.scalar(statement, row) is not None

    def note(self, person_id: str, event: str, facts: dict[str, Any], now: str) -> None:
        """Note that something happened: `password`, `role`, `active`, `signed_out`; the last of each counts."""
        row = {"person_id": person_id, "event": event, "facts": canonical(facts), "at": now}
        self._connection.execute(person_events.insert(), row)

    def all(self) -> list[tuple[Row[Any], dict[str, Any]]]:
        """Everybody by name, with the last of each kind of event."""
        return _gathered(self._connection.execute(_ALL).all())

    def named(self, name: str) -> tuple[Row[Any], dict[str, Any]] | None:
        """The person of that name."""
        return next(iter(_gathered(self._connection.execute(_NAMED, {"name": name}).all())), None)

    def with_id(self, person_id: str) -> tuple[Row[Any], dict[str, Any]] | None:
        """The person with that id."""
        return next(iter(_gathered(self._connection.execute(_WITH_ID, {"person_id": person_id}).all())), None)

    def sessions_from(self, person_id: str) -> str:
        """When the person last got a password or signed out: whatever session began before has ended."""
        return self._connection.scalar(_SESSIONS_FROM, {"person_id": person_id}) or ""


def _gathered(rows: Any) -> list[tuple[Row[Any], dict[str, Any]]]:
    found: dict[str, tuple[Row[Any], dict[str, Any]]] = {}
    for row in rows:
        found.setdefault(row.person_id, (row, {}))[1][row.event] = json.loads(row.facts)
    return list(found.values())
