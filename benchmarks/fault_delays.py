"""After how much an alarm was due, counted from the true beginning of a fault; and quiet pages in other orders."""

import sqlite3
from bisect import bisect_left, bisect_right
from collections.abc import Callable, Iterable
from contextlib import closing
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from pathlib import Path

import numpy as np

from benchmarks.fault_runs import copy_store
from serving.ledger import Alarm

FIELDS_A_PAGE = 16
_PAGES = """
    SELECT min(min(p.created_at, d.created_at)) FROM pages p JOIN page_fields f USING (page_key)
    JOIN predictions d USING (crop_id) WHERE ? IN ('', p.scanner) GROUP BY page_key ORDER BY 1"""
_VOTES = "SELECT min(at) FROM votes WHERE ? IN ('', person_id) GROUP BY task_id ORDER BY 1"


@dataclass(frozen=True, kw_only=True)
class Told:
    """An alarm: after how many pages with the fault (`unit`: or answers; of its scanner or person alone) it was due,
    after how many fields, and what it says.

    `others` are measures that sound with it, `stage` is the one that is suspected.
    """

    monitor: str
    slice: dict[str, str]
    units: int
    unit: str
    fields: int
    measure: str
    was: float
    now: float
    others: str = ""
    stage: str = ""


def tell(
    store: Path, sounded: Iterable[Alarm], onset: float, stage: Callable[[Alarm], str] = lambda alarm: ""
) -> list[Told]:
    """Alarms, the soonest first; the fault begins at `onset`, in seconds since 1970. `stage` says what is suspected."""
    began = datetime.fromtimestamp(onset, UTC).isoformat(timespec="microseconds")
    with closing(sqlite3.connect(store / "ledger.db")) as rows:
        found = [replace(_told(rows, each, began), stage=stage(each)) for each in sounded]
    return sorted(found, key=lambda each: each.fields)


def _told(rows: sqlite3.Connection, alarm: Alarm, began: str) -> Told:
    said = alarm.evidence
    is_of_people = alarm.monitor in ("people_disagree", "pace_of_people")
    asked, of = (_VOTES, "person") if is_of_people else (_PAGES, "scanner")
    came = [at for (at,) in rows.execute(asked, (alarm.slice.get(of, ""),))]
    first = bisect_right(came, alarm.first_seen) - 1
    units = int(first + said["answers" if "answers" in said else "pages"] - bisect_left(came, began))
    return Told(
        monitor=alarm.monitor, slice=dict(alarm.slice), units=units, unit="answers" if is_of_people else "pages",
        fields=units if is_of_people else units * FIELDS_A_PAGE, measure=str(said["measure"]), was=float(said["was"]),
        now=float(said["now"]),
        others=str(said.get("others", "")),
    )  # fmt: skip


def reordered(store: Path, to: Path, seed: int) -> None:
    """The store's ledger as if its pages had come in in another order, before anybody looked."""
    copy_store(store, to)
    with closing(sqlite3.connect(to / "ledger.db")) as rows:
        triggers = rows.execute("SELECT name FROM sqlite_master WHERE type = 'trigger'").fetchall()
        for (name,) in triggers:  # the copy is no ledger that anyone relies on
            rows.execute(f"DROP TRIGGER {name}")
        kept = rows.execute("SELECT rowid, at FROM scan_ends ORDER BY rowid").fetchall()
        order = np.random.default_rng([seed, 5]).permutation(len(kept))
        rows.executemany(
            "UPDATE scan_ends SET at = ? WHERE rowid = ?",
            [(kept[place][1], row) for place, (row, _) in zip(order, kept, strict=True)],
        )
        for table in ("alarm_ends", "alarms", "monitor_references", "monitor_looks"):
            rows.execute(f"DELETE FROM {table}")
        rows.commit()
