"""Alarms in words."""

from collections.abc import Iterable

from serving.ledger import Alarm


def lines_of(alarms: Iterable[Alarm]) -> list[str]:
    """A line or two for each alarm: number, time, monitor, slice, evidence, and how it ended."""
    return [line for alarm in alarms for line in _lines(alarm)]


def _lines(alarm: Alarm) -> list[str]:
    first = f", prediction {alarm.prediction_id}" if alarm.prediction_id else ""
    told = [
        f"{alarm.seq}  {alarm.monitor}: {alarm.where}",
        f"   first seen {alarm.first_seen[:16]}{first}, sounded {alarm.at[:16]}; {alarm.grounds}",
    ]
    if alarm.ended_at is not None:
        told.append(f"   ended {alarm.ended_at[:16]} by {alarm.ended_by}: {alarm.end_reason}")
    else:
        told.append(f"   why: penfield diagnose {alarm.seq}")
    return told
