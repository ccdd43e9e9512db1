"""What monitors remember, in SQL."""

import json
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any

from sqlalchemy import Connection, delete, func, select

from serving.ledger import schema
from serving.ledger.alarms import Alarms
from serving.ledger.clock import utc_now
from serving.ledger.desk.insert import insert
from serving.ledger.plain import canonical
from serving.ledger.schema.monitors import monitor_looks, monitor_references

KEPT_LOOKS = 10
"""More than the last one, so that two that file at the same moment still meet at what they go on from."""


@dataclass(frozen=True, kw_only=True)
class KeptReference:
    """What was usual of a stream and a category, since the moment `since`."""

    stream: str
    since: str
    category: str
    facts: Mapping[str, Any]


class Monitoring:
    """The monitors' memory and their alarms, within one transaction."""

    def __init__(self, connection: Connection) -> None:
        self._connection = connection
        self.alarms = Alarms(connection)

    def last_look(self) -> tuple[int, dict[str, Any]]:
        """The number of the last look and what it left; 0 and nothing where there was none."""
        query = select(monitor_looks.c.seq, monitor_looks.c.facts).order_by(monitor_looks.c.seq.desc()).limit(1)
        row = self._connection.execute(query).first()
        return (0, {}) if row is None else (row.seq, json.loads(row.facts))

    def references(self) -> list[KeptReference]:
        """Every reference, oldest first."""
        rows = self._connection.execute(select(monitor_references).order_by(monitor_references.c.seq))
        return [
            KeptReference(stream=row.stream, since=row.since, category=row.category, facts=json.loads(row.facts))
            for row in rows
        ]

    def parcels(self) -> tuple[int, str | None]:
        """How many parcels MLflow has not been shown, and since when the oldest one waits."""
        box, done = schema.outbox, schema.deliveries
        query = select(func.count(), func.min(box.c.created_at)).select_from(box)
        row = self._connection.execute(query.outerjoin(done, done.c.key == box.c.key).where(done.c.key.is_(None))).one()
        return row[0], row[1]

    def looked_at(self) -> str | None:
        """When the last look was; None where there was none."""
        found: str | None = self._connection.scalar(select(func.max(monitor_looks.c.at)))
        return found

    def file(self, after: int, facts: Mapping[str, Any], references: Iterable[KeptReference]) -> bool:
        """Note a look that goes on from `after`, with the references that were closed in it; False, and nothing is
        noted, where another goes on from there already. Of older looks the last few are kept."""
        now = utc_now()
        if after != (self._connection.scalar(select(func.max(monitor_looks.c.seq))) or 0):
            return False
        statement = insert(self._connection, monitor_looks).on_conflict_do_nothing().returning(monitor_looks.c.seq)
        row = {"after": after, "facts": canonical(facts), "at": now}
        seq = self._connection.scalar(statement, row)
        if seq is None:
            return False
        self._connection.execute(delete(monitor_looks).where(monitor_looks.c.seq <= seq - KEPT_LOOKS))
        rows = [
            {"stream": each.stream, "since": each.since, "category": each.category, "facts": canonical(each.facts),
             "at": now}
            for each in references
        ]  # fmt: skip
        if rows:
            self._connection.execute(insert(self._connection, monitor_references).on_conflict_do_nothing(), rows)
        return True
