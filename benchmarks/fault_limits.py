"""What stops or slows: after how much a plain limit tells it at the default, and when a constant component is named.

    python -m benchmarks.fault_limits

Beside `benchmarks.monitors`, whose faults are told by statistics. An office reads 60 pages of 16 fields a day and looks
every ten minutes. Latency is that of drawn pages in a real ledger, one after the other; a queue that nobody works and a
courier that stopped are rows of a real ledger that wait so long. The components of the stack follow a script, through
the door; each of three breaks in ten orders of fields.
"""

import tempfile
from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path

import numpy as np
from sqlalchemy import create_engine

from benchmarks.drawn_ledger import FORM, Rows
from benchmarks.fault_delays import FIELDS_A_PAGE
from serving.columns import columns_of
from serving.door import Door
from serving.ledger import Alarm, Ledger, open_ledger, schema
from serving.monitors import Settings, look
from serving.readers import Same
from tests.serving.monitors.drawn import Page, pages
from tests.serving.watch.test_story import Office, model

PAGES_A_DAY, LOOK_MINUTES = 60, 10
QUIET, SLOW = 60, 60
"""Pages before, and at most since."""
ORDERS = 10
COMPONENTS = ("ash", "birch", "cedar")


@dataclass(frozen=True, kw_only=True)
class Row:
    """A fault with what tells it, after how much, and what is said."""

    fault: str
    claim: str
    monitor: str
    delay: str
    says: str

    @property
    def line(self) -> str:
        monitor = f"`{self.monitor}`" if self.monitor else "-"
        return f"| {self.fault} | {self.claim} | {monitor} | {self.delay} | {self.says} |"


def main() -> None:
    print("| fault | what is not as it was | told by | after | says |\n|" + " --- |" * 5)
    rows = [
        slowed("slow pages", "a page takes 90 s, not 0.3", 90.0),
        slowed("half speed", "a page takes twice as long", 0.6),
        waited("nobody answers", "no question is answered any more", _question),
        waited("courier stopped", "nothing is delivered to MLflow any more", _parcel), stuck(),
    ]  # fmt: skip
    for row in rows:
        print(row.line)


def slowed(fault: str, claim: str, seconds: float) -> Row:
    """Pages are slower from one page on: looked at after each."""

    def slow(page: Page, rng: np.random.Generator) -> None:
        for said in page.readings:
            said["latency_ms"] = 1000 * seconds / len(page.readings)

    with tempfile.TemporaryDirectory() as folder, _ledger(folder) as ledger:
        pages(ledger, QUIET)
        for count in range(SLOW + 1):
            if alarms := _sounded(ledger, folder):
                return _row(fault, claim, alarms[0], f"{count * FIELDS_A_PAGE} fields ({count} pages)")
            pages(ledger, 1, first=QUIET + count, fault=slow)
    return Row(fault=fault, claim=claim, monitor="", delay=f"not told in {SLOW} pages", says="")


def waited(fault: str, claim: str, file: Callable[[Rows, str], None]) -> Row:
    """Something waits: the first look, every ten minutes, that tells it."""
    step = timedelta(minutes=LOOK_MINUTES)
    low, high = 0, round(timedelta(days=7) / step)
    told: Alarm | None = None
    while low < high:  # a limit that is passed stays so
        middle = (low + high) // 2
        with tempfile.TemporaryDirectory() as folder, _ledger(folder) as ledger:
            engine = create_engine(ledger.url)
            with engine.begin() as connection:
                rows = Rows(connection)
                file(rows, (datetime.now(UTC) - middle * step).isoformat(timespec="microseconds"))
                rows.flush()
            engine.dispose()
            alarms = _sounded(ledger, folder)
        low, high = (low, middle) if alarms else (middle + 1, high)
        told = alarms[0] if alarms else told
    assert told is not None
    hours = low * step / timedelta(hours=1)
    read = round(hours / 24 * PAGES_A_DAY)
    return _row(fault, claim, told, f"{hours:.1f} hours: {read * FIELDS_A_PAGE:,} fields ({read} pages)")


def stuck() -> Row:
    """One component of three says for ever what it said first: fields until the alarm names it."""
    delays, says, others = list[int](), "", 0
    for name in COMPONENTS:
        for seed in range(ORDERS):
            with tempfile.TemporaryDirectory() as folder, _ledger(folder) as ledger:
                office = Office(ledger)
                office.read(Door(Same(model()), ledger), 10, seed=100 + seed)
                after = office.read(Door(Same(model({name: "constant"})), ledger), 10, seed=200 + seed)
                with ledger.alarms_to_read() as rows:
                    alarms = rows.all()
            ids = [each.prediction.prediction_id for _, each in after]
            right = [each for each in alarms if each.slice.get("component") == name]
            others += len(alarms) - len(right)
            delays += [ids.index(str(each.prediction_id)) + 1 for each in right[:1]]
            says = f"{right[0].where}: {right[0].grounds}" if right else says
    count = len(COMPONENTS) * ORDERS
    low, middle, high = min(delays), np.median(delays), max(delays)
    return Row(
        fault="a component is constant", claim="one of three in a stack says what it said first",
        monitor="constant_component", says=says,
        delay=f"{middle:.0f} fields ({low} to {high}; {len(delays)} of {count} named, {others} others)",
    )  # fmt: skip


def _ledger(folder: str) -> Ledger:
    return open_ledger(f"sqlite:///{folder}/ledger.db")


def _sounded(ledger: Ledger, folder: str) -> tuple[Alarm, ...]:
    return look(ledger, columns_of(Path(folder)), Settings()).sounded


def _row(fault: str, claim: str, alarm: Alarm, delay: str) -> Row:
    return Row(fault=fault, claim=claim, monitor=alarm.monitor, delay=delay, says=alarm.grounds)


def _question(rows: Rows, since: str) -> None:
    field = FORM.fields[0]
    rows.add(schema.crops, crop_id="c", png=b"png", dpi=150.0, steps="[]", marks="[]")
    rows.add(
        schema.tasks, task_id="t", crop_id="c", prediction_id=None, purpose="production", batch_id=None, record_id=None,
        form=FORM.name, field=field.name, kind=field.kind, value=1.0, due_at=None, consensus="two", created_at=since,
    )  # fmt: skip
    rows.add(
        schema.slots, task_id="t", role="reviewer", kind=field.kind, crop_id="c", record_id=None, target_at=since,
        waits_since=since, token=None, free_from=since,
    )  # fmt: skip


def _parcel(rows: Rows, since: str) -> None:
    rows.add(schema.bundles, bundle_id="bundle", info="{}", created_at=since)
    rows.add(
        schema.batches, batch_id="b", bundle_id="bundle", purpose="production", params="{}", started_at=since
    )  # fmt: skip
    rows.add(schema.outbox, key="b", kind="batch", batch_id="b", payload="{}", created_at=since)


if __name__ == "__main__":
    main()
