"""Plain limits: what is late, slow or silent. No statistics: a limit is passed, or it is not."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from serving.ledger import Ledger
from serving.ledger.numbers import Scope
from serving.monitors.settings import Settings

LATEST_PAGES = 50
_LATENCY = f"""
    WITH latest AS (
        SELECT p.* FROM _pages p JOIN _batches b USING (batch_id)
        WHERE b.purpose = 'production' AND p.created_at >= b.started_at AND status = 'read'
        ORDER BY p.created_at DESC LIMIT {LATEST_PAGES}
    ), pages AS (
        SELECT any_value(p.milliseconds) + coalesce(sum(f.latency_ms), 0) AS milliseconds
        FROM latest p LEFT JOIN _fields f USING (batch_id, scan_no, page_no) GROUP BY batch_id, scan_no, page_no
    )
    SELECT median(milliseconds) / 1000 AS seconds, count(*) AS pages FROM pages"""
_LAST = "SELECT max(p.created_at) AS last FROM _pages p JOIN _batches b USING (batch_id) WHERE b.purpose = 'production'"


@dataclass(frozen=True, kw_only=True)
class Passed:
    """What is measured against a limit: `value` is None where there is nothing to measure."""

    monitor: str
    what: str
    value: float | None
    limit: float | None
    since: str | None = None

    @property
    def is_over(self) -> bool:
        """Whether an alarm is due."""
        return self.value is not None and self.limit is not None and self.value > self.limit

    @property
    def evidence(self) -> Mapping[str, Any]:
        """As the alarm says it."""
        return {self.what: self.value, "limit": self.limit}


def measured(ledger: Ledger, ask: Any, settings: Settings) -> Iterator[Passed]:
    """Everything that has a limit, as it stands now."""
    with ledger.numbers(Scope()) as numbers:
        now = numbers.now()
        oldest = numbers.line(now).oldest_at
    with ledger.monitoring_to_read() as rows:
        undelivered = rows.parcels()[1]
    yield Passed(
        monitor="queue_age", what="oldest question waits, hours", value=_hours(oldest, now), limit=settings.queue_hours,
        since=oldest,
    )  # fmt: skip
    yield Passed(
        monitor="outbox_lag", what="oldest parcel waits, hours", value=_hours(undelivered, now),
        limit=settings.outbox_hours, since=undelivered,
    )  # fmt: skip
    [slow] = ask(_LATENCY).to_pylist()
    enough = slow["pages"] == LATEST_PAGES
    yield Passed(
        monitor="page_latency", what=f"median of {LATEST_PAGES} pages, seconds",
        value=slow["seconds"] if enough else None, limit=settings.page_seconds,
    )  # fmt: skip
    [last] = ask(_LAST).to_pylist()
    came = None if last["last"] is None else last["last"].isoformat(timespec="microseconds")
    yield Passed(
        monitor="volume", what="no page came in, hours", value=_hours(came, now), limit=settings.silent_hours,
        since=came,
    )  # fmt: skip


def _hours(since: str | None, now: str) -> float | None:
    if since is None:
        return None
    return (datetime.fromisoformat(now) - datetime.fromisoformat(since)).total_seconds() / 3600
