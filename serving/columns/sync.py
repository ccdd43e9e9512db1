"""Brings the columns up to the ledger: only what came in since, and everything again after an erasure."""

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from itertools import chain, groupby
from typing import Any

from serving.columns.judging import judgements_since, verdicts_since
from serving.columns.keep import Keep, Parts
from serving.columns.shape import BY_SCAN, SHAPES
from serving.ledger import Ledger, digest

OVERLAP = timedelta(minutes=10)
"""Rows become visible when their transaction ends, with the time at which it began: so long it may take."""
SCANS_AT_ONCE = 200
ROWS_AT_ONCE = 200_000
"""Rows of fields after which what was read counts: a long first time that is killed goes on from there."""


@dataclass(frozen=True, kw_only=True)
class Synced:
    """What came in: rows by table. `afresh`: there was nothing, or nothing that still counted."""

    rows: dict[str, int]
    afresh: bool


def sync(ledger: Ledger, keep: Keep, told: Callable[[int], None] = lambda rows: None) -> Synced:
    """Bring the columns up to the ledger; `told` hears now and then how many rows are in. Raises LedgerError."""
    with keep.alone():
        parts, afresh = _valid(ledger, keep)
        counts = dict.fromkeys(SHAPES, 0)
        for fresh in chain(_by_time(ledger, keep, parts), _by_scan(ledger, keep, parts)):
            parts = keep.add(parts, fresh)
            for name, rows in fresh.items():
                counts[name] += len(rows)
            told(sum(counts.values()))
    return Synced(rows=counts, afresh=afresh)


def _valid(ledger: Ledger, keep: Keep) -> tuple[Parts, bool]:
    """What is there, where it is of this ledger and nothing was erased since."""
    name = digest("ledger", ledger.url)
    with ledger.columns() as columns:
        erasures = columns.erasures()
    parts = keep.parts()
    if (parts.ledger, parts.erasures) == (name, erasures):
        return parts, False
    return keep.begin(name, erasures), True


def _by_time(ledger: Ledger, keep: Keep, parts: Parts) -> Iterator[Mapping[str, Sequence[dict[str, Any]]]]:
    for name in SHAPES:
        if name not in BY_SCAN:
            since = _since(parts, name)
            yield {name: _new(keep, parts, name, since, _came_in(ledger, name, since))}


def _came_in(ledger: Ledger, name: str, since: str) -> Sequence[dict[str, Any]]:
    if name == "verdicts":
        return verdicts_since(ledger, since)
    if name == "judgements":
        return judgements_since(ledger, since)
    with ledger.columns() as columns:
        return columns.others(since) if name == "others" else columns.table(name, since)


def _by_scan(ledger: Ledger, keep: Keep, parts: Parts) -> Iterator[Mapping[str, Sequence[dict[str, Any]]]]:
    """Scans in the order in which they ended, and with each what was read of it."""
    since = _since(parts, "scan_ends")
    with ledger.columns() as columns:
        ends = _new(keep, parts, "scan_ends", since, columns.ended(since))
    waiting: dict[str, list[dict[str, Any]]] = {name: [] for name in BY_SCAN}
    for some in _portions(ends):
        batch_id, scans = some[0]["batch_id"], [end["scan_no"] for end in some]
        with ledger.columns() as columns:
            waiting["fields"] += columns.fields(batch_id, scans)
            waiting["pages"] += columns.pages(batch_id, scans)
        waiting["scan_ends"] += some
        if len(waiting["fields"]) >= ROWS_AT_ONCE:
            yield waiting
            waiting = {name: [] for name in BY_SCAN}
    yield waiting


def _portions(ends: Sequence[dict[str, Any]]) -> Iterator[list[dict[str, Any]]]:
    for _, group in groupby(ends, key=lambda end: end["batch_id"]):
        scans = list(group)
        for start in range(0, len(scans), SCANS_AT_ONCE):
            yield scans[start : start + SCANS_AT_ONCE]


def _since(parts: Parts, table: str) -> str:
    until = parts.until(table)
    return (datetime.fromisoformat(until) - OVERLAP).isoformat(timespec="microseconds") if until else ""


def _new(keep: Keep, parts: Parts, table: str, since: str, rows: Sequence[dict[str, Any]]) -> list[dict[str, Any]]:
    known = keep.known(parts, table, since) if since else set()
    key = SHAPES[table].key
    return [row for row in rows if tuple(row[name] for name in key) not in known]
