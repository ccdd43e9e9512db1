"""Alarm: something that is watched is not as it was."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any


@dataclass(frozen=True, kw_only=True)
class Alarm:
    """An alarm as it stands in the ledger. It holds while `ended_at` is None; times are UTC, ISO 8601.

    `slice` says of which part of the work it speaks, by dimension: `model`, `component`, `form`, `kind`, `source` ...;
    nothing where it speaks of all. `prediction_id` is that with which it was first seen, None where it is about none.
    """

    seq: int
    alarm_id: str
    monitor: str
    slice: Mapping[str, str]
    first_seen: str
    prediction_id: str | None
    evidence: Mapping[str, Any]
    at: str
    ended_at: str | None = None
    ended_by: str | None = None
    end_reason: str | None = None

    @property
    def is_holding(self) -> bool:
        """Whether nobody has ended it."""
        return self.ended_at is None

    @property
    def where(self) -> str:
        """Its slice in words."""
        return ", ".join(f"{name} {value}" for name, value in sorted(self.slice.items())) or "all"

    @property
    def grounds(self) -> str:
        """Its evidence in words."""
        told = (
            f"{name} {value:.4g}" if isinstance(value, float) else f"{name} {value}"
            for name, value in sorted(self.evidence.items())
        )
        return ", ".join(told) or "no evidence is told"
