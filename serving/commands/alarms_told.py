"""Alarms in words."""

from collections.abc import Iterable, Mapping
from typing import Any

from serving.ledger import Alarm


def lines_of(alarms: Iterable[Alarm]) -> list[str]:
    """A line or two for each alarm: number, time, monitor, slice, evidence, and how it ended."""
    return [line for alarm in alarms for line in _lines(alarm)]


def _lines(alarm: Alarm) -> list[str]:
    where = ", ".join(f"{name} {value}" for name, value in sorted(alarm.slice.items())) or "all"
    first = f", prediction {alarm.prediction_id}" if alarm.prediction_id else ""
    told = [
        f"{alarm.seq}  {alarm.monitor}: {where}",
        f"   first seen {alarm.first_seen[:16]}{first}, sounded {alarm.at[:16]}; {_plain(alarm.evidence)}",
    ]
    if alarm.ended_at is not None:
        told.append(f"   ended {alarm.ended_at[:16]} by {alarm.ended_by}: {alarm.end_reason}")
    return told


def _plain(evidence: Mapping[str, Any]) -> str:
    return ", ".join(f"{name} {value:.4g}" if isinstance(value, float) else f"{name} {value}"
                     for name, value in sorted(evidence.items())) or "no evidence is told"  # fmt: skip
