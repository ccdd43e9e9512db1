"""Alarms in SQL."""

import json
from collections.abc import Mapping
from typing import Any

from sqlalchemy import Connection, Row, func, select

from recognizer.errors import UsageError
from serving.ledger.alarm import Alarm
from serving.ledger.clock import utc_now
from serving.ledger.desk.insert import insert
from serving.ledger.ids import digest
from serving.ledger.plain import canonical
from serving.ledger.schema.alarms import alarm_ends, alarms


class Alarms:
    """Alarms, within one transaction."""

    def __init__(self, connection: Connection) -> None:
        self._connection = connection

    def sound(
        self, monitor: str, slice: Mapping[str, str], *, evidence: Mapping[str, Any], first_seen: str | None = None,
        prediction_id: str | None = None,
    ) -> bool:  # fmt: skip
        """File an alarm; False where one of the monitor and slice holds already.

        `first_seen` is when the trouble was first seen (UTC, ISO 8601), now where it is not known.
        """
        now, where = utc_now(), dict(slice)
        same = [each for each in self.all() if each.monitor == monitor and each.slice == where]
        if any(each.is_holding for each in same):
            return False
        row = {
            "alarm_id": digest("alarm", monitor, canonical(where), len(same)),  # of two at once one is filed
            "monitor": monitor,
            "slice": canonical(where),
            "first_seen": first_seen or now,
            "prediction_id": prediction_id,
            "evidence": canonical(dict(evidence)),
            "at": now,
        }
        statement = insert(self._connection, alarms).on_conflict_do_nothing().returning(alarms.c.seq)
        return self._connection.scalar(statement, row) is not None

    def end(self, seq: int, *, by: str, reason: str) -> Alarm:
        """Note that somebody has seen to an alarm. Raises UsageError where there is none, or it has ended."""
        found = next((each for each in self.all() if each.seq == seq), None)
        if found is None or found.ended_at:
            why = f"{found.ended_by} ended it on {found.ended_at[:10]}" if found and found.ended_at else "there is none"
            raise UsageError(f"alarm {seq}: {why} - mend: `penfield alarms` lists those that hold")
        row = {"alarm_id": found.alarm_id, "by": by, "reason": reason, "at": utc_now()}
        self._connection.execute(insert(self._connection, alarm_ends).on_conflict_do_nothing(), row)
        return next(each for each in self.all() if each.seq == seq)

    def all(self, within: Mapping[str, str] | None = None) -> tuple[Alarm, ...]:
        """Every alarm, oldest first; of slices only that have all values of `within`, such as one model's."""
        query = select(alarms, alarm_ends.c.at.label("ended_at"), alarm_ends.c.by, alarm_ends.c.reason)
        query = query.outerjoin(alarm_ends, alarm_ends.c.alarm_id == alarms.c.alarm_id).order_by(alarms.c.seq)
        found = (_alarm_of(row) for row in self._connection.execute(query))
        return tuple(each for each in found if (within or {}).items() <= each.slice.items())

    def holding(self, within: Mapping[str, str] | None = None) -> tuple[Alarm, ...]:
        """Those that nobody has ended."""
        return tuple(each for each in self.all(within) if each.is_holding)

    def turn(self) -> tuple[int, int]:
        """Changes whenever an alarm is sounded or ended."""
        sounded = self._connection.scalar(select(func.coalesce(func.max(alarms.c.seq), 0)))
        return int(sounded or 0), int(self._connection.scalar(select(func.count()).select_from(alarm_ends)) or 0)


def _alarm_of(row: Row[Any]) -> Alarm:
    return Alarm(
        seq=row.seq, alarm_id=row.alarm_id, monitor=row.monitor, slice=json.loads(row.slice),
        first_seen=row.first_seen, prediction_id=row.prediction_id, evidence=json.loads(row.evidence), at=row.at,
        ended_at=row.ended_at, ended_by=row.by, end_reason=row.reason,
    )  # fmt: skip
