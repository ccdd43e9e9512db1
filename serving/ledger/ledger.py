"""The ledger: an append-only SQL database of all that was read, and the outbox of what is to be delivered."""

import json
from collections.abc import Iterable, Iterator
from contextlib import contextmanager, nullcontext
from threading import Lock
from types import TracebackType
from typing import TYPE_CHECKING

from sqlalchemy import Connection, Engine
from sqlalchemy.exc import SQLAlchemyError

from recognizer.errors import LedgerError
from serving.ledger import facts, queries, tombstones
from serving.ledger.alarms import Alarms
from serving.ledger.alone import alone
from serving.ledger.columns import Columns
from serving.ledger.database import in_one_line, open_database, shown
from serving.ledger.desk import Desk
from serving.ledger.erasing import Erasing
from serving.ledger.erasure import PagePlace, Tombstone
from serving.ledger.lessons import Lessons
from serving.ledger.monitoring import Monitoring
from serving.ledger.numbers import Numbers, Scope
from serving.ledger.outside import Outside
from serving.ledger.replaying import Replaying
from serving.ledger.succession import Succession
from serving.ledger.sweep import sweep
from serving.ledger.trial_rows import TrialRows
from serving.ledger.truth import Truth
from serving.ledger.values import Answer, BatchFacts, BatchPage, PageEntry, Parcel, Prediction, ScanEntry, StoredCrop
from serving.ledger.writing import Writing

if TYPE_CHECKING:
    import pandas as pd


def open_ledger(url: str) -> "Ledger":
    """The ledger at a database URL (SQLite or PostgreSQL), created where it is missing.

    Safe to call from several processes at once. Raises LedgerError.
    """
    return Ledger(open_database(url))


class Ledger:
    """Reads at any time; writes only through `writing()` and `desk()`. Safe in processes, each with its own."""

    def __init__(self, engine: Engine) -> None:
        self._engine = engine
        # SQLite lets one write at a time, and has those who wait look again now and then: a queue of our own is fairer.
        self._turn = Lock() if engine.dialect.name == "sqlite" else nullcontext()

    @property
    def url(self) -> str:
        """The database's address, with its password: for another process to open, not to be printed."""
        return self._engine.url.render_as_string(hide_password=False)

    def __enter__(self) -> "Ledger":
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, at: TracebackType | None) -> None:
        self.close()

    def close(self) -> None:
        """Give the connections back."""
        self._engine.dispose()

    @contextmanager
    def writing(self) -> Iterator[Writing]:
        """One transaction: durable when the block ends, as if it had never begun when the block raises."""
        with self._told(), self._turn, self._engine.execution_options(writes=True).begin() as connection:
            yield Writing(connection)

    @contextmanager
    def desk(self) -> Iterator[Desk]:
        """One transaction on people's work, as durable as `writing()`."""
        with self._told(), self._turn, self._engine.execution_options(writes=True).begin() as connection:
            yield Desk(connection)

    @contextmanager
    def desk_to_read(self) -> Iterator[Desk]:
        """One transaction on people's work that writes nothing, and waits for nobody."""
        with self._reading() as connection:
            yield Desk(connection)

    @contextmanager
    def truth(self) -> Iterator[Truth]:
        """What fields are believed to be, asked within one transaction."""
        with self._reading() as connection:
            yield Truth(connection)

    @contextmanager
    def numbers(self, scope: Scope) -> Iterator[Numbers]:
        """What production comes to, counted within one transaction."""
        with self._reading() as connection:
            yield Numbers(connection, scope)

    @contextmanager
    def lessons(self) -> Iterator[Lessons]:
        """One transaction of those who learn from what was settled, as durable as `writing()`."""
        with self._told(), self._turn, self._engine.execution_options(writes=True).begin() as connection:
            yield Lessons(connection)

    @contextmanager
    def lessons_to_read(self) -> Iterator[Lessons]:
        """The same, but it writes nothing and waits for nobody."""
        with self._reading() as connection:
            yield Lessons(connection)

    @contextmanager
    def columns(self) -> Iterator[Columns]:
        """The rows as analysis reads them, within one transaction."""
        with self._reading() as connection:
            yield Columns(connection)

    @contextmanager
    def outside(self) -> Iterator[Outside]:
        """One transaction on who is told and may ask, as durable as `writing()`."""
        with self._told(), self._turn, self._engine.execution_options(writes=True).begin() as connection:
            yield Outside(connection)

    @contextmanager
    def outside_to_read(self) -> Iterator[Outside]:
        """The same, but it writes nothing and waits for nobody."""
        with self._reading() as connection:
            yield Outside(connection)

    @contextmanager
    def succession(self) -> Iterator[Succession]:
        """One transaction on which models there are and which answers, as durable as `writing()`."""
        with self._told(), self._turn, self._engine.execution_options(writes=True).begin() as connection:
            yield Succession(connection)

    @contextmanager
    def succession_to_read(self) -> Iterator[Succession]:
        """The same, but it writes nothing and waits for nobody."""
        with self._reading() as connection:
            yield Succession(connection)

    @contextmanager
    def alarms(self) -> Iterator[Alarms]:
        """One transaction on what is not as it was, as durable as `writing()`."""
        with self._told(), self._turn, self._engine.execution_options(writes=True).begin() as connection:
            yield Alarms(connection)

    @contextmanager
    def alarms_to_read(self) -> Iterator[Alarms]:
        """The same, but it writes nothing and waits for nobody."""
        with self._reading() as connection:
            yield Alarms(connection)

    @contextmanager
    def monitoring(self) -> Iterator[Monitoring]:
        """One transaction on what monitors remember, and their alarms, as durable as `writing()`."""
        with self._told(), self._turn, self._engine.execution_options(writes=True).begin() as connection:
            yield Monitoring(connection)

    @contextmanager
    def monitoring_to_read(self) -> Iterator[Monitoring]:
        """The same, but it writes nothing and waits for nobody."""
        with self._reading() as connection:
            yield Monitoring(connection)

    @contextmanager
    def trials(self) -> Iterator[TrialRows]:
        """One transaction on trials, as durable as `writing()`."""
        with self._told(), self._turn, self._engine.execution_options(writes=True).begin() as connection:
            yield TrialRows(connection)

    @contextmanager
    def trials_to_read(self) -> Iterator[TrialRows]:
        """The same, but it writes nothing and waits for nobody."""
        with self._reading() as connection:
            yield TrialRows(connection)

    @contextmanager
    def replaying(self) -> Iterator[Replaying]:
        """One transaction of those who make predictions again, as durable as `writing()`."""
        with self._told(), self._turn, self._engine.execution_options(writes=True).begin() as connection:
            yield Replaying(connection)

    @contextmanager
    def replaying_to_read(self) -> Iterator[Replaying]:
        """The same, but it writes nothing and waits for nobody."""
        with self._reading() as connection:
            yield Replaying(connection)

    @contextmanager
    def alone(self, work: str) -> Iterator[bool]:
        """Whether this process does the `work` (a word) alone while the block runs."""
        with self._told(), alone(self._engine, work) as taken:
            yield taken

    @contextmanager
    def _reading(self) -> Iterator[Connection]:
        with self._told(), self._engine.begin() as connection:
            yield connection

    @contextmanager
    def _told(self) -> Iterator[None]:
        """Whatever the database raises becomes one clear line."""
        try:
            yield
        except SQLAlchemyError as error:
            raise LedgerError(f"the ledger {shown(self._engine.url)} failed: {in_one_line(error)}") from error

    # What was erased

    @contextmanager
    def erasing(self) -> Iterator[Erasing]:
        """One transaction that erases, as durable as `writing()`."""
        with self._told(), self._turn, self._engine.execution_options(writes=True).begin() as connection:
            yield Erasing(connection)

    def sweep(self) -> bool:
        """Leave no copy of what was erased in the database's files; False where a reader keeps SQLite's log."""
        with self._told(), self._turn:
            return sweep(self._engine)

    def tombstones(self, scan_digests: Iterable[str] | None = None) -> tombstones.Stones:
        """The tombstones of erased pages of these scans, or all, by digest of the scan and number of the page."""
        with self._reading() as connection:
            return tombstones.tombstones(connection, None if scan_digests is None else list(scan_digests))

    def tombstone_of(self, table: str, key: str) -> Tombstone | None:
        """The tombstone of a row (`crops`, `predictions`, `pages` ...), where it was erased."""
        with self._reading() as connection:
            return tombstones.tombstone_of(connection, table, key)

    def pages_named(self, name: str, batch_id: str | None = None) -> list[PagePlace]:
        """The pages that a name stands for: SCAN:PAGE, BATCH:SCAN_NO:PAGE, or an id of a page (or its beginning)."""
        with self._reading() as connection:
            return tombstones.pages_named(connection, name, batch_id)

    def pages_before(self, before: str) -> list[PagePlace]:
        """The pages that no batch has used since a time, and that are not erased."""
        with self._reading() as connection:
            return tombstones.pages_before(connection, before)

    # What is known already

    def predictions(self, prediction_ids: Iterable[str]) -> dict[str, Prediction]:
        """Those of the predictions that exist, by id."""
        with self._reading() as connection:
            return queries.predictions(connection, list(prediction_ids))

    def last_readings(self, bundle_id: str, begun_with: str, since: str, most: int) -> list[Prediction]:
        """What a model read last in production after a time, oldest first, in batches begun with `begun_with`."""
        with self._reading() as connection:
            return queries.last_readings(connection, bundle_id, begun_with, since, most)

    def stored_pages(self, scan_digest: str, setup_digest: str) -> dict[int, PageEntry]:
        """The pages of a scan that were prepared under a setup before, by number; rejected ones are not among them."""
        with self._reading() as connection:
            return queries.stored_pages(connection, scan_digest, setup_digest)

    def stored_crops(self, page_key: str) -> tuple[StoredCrop, ...]:
        """The crops of a page that was prepared before, in the order of the form."""
        with self._reading() as connection:
            return queries.stored_crops(connection, page_key)

    def pages_done(self, batch_id: str) -> set[tuple[int, int]]:
        """What of a batch is in already, as (scan_no, page_no)."""
        with self._reading() as connection:
            return queries.pages_done(connection, batch_id)

    def scans_done(self, batch_id: str) -> set[int]:
        """The numbers of the scans all of whose pages are in."""
        with self._reading() as connection:
            return queries.scans_done(connection, batch_id)

    def page_count(self, scan_digest: str) -> int | None:
        """How many pages a scan has, where some batch saw its end and rejected none of it; otherwise None."""
        with self._reading() as connection:
            return queries.page_count(connection, scan_digest)

    def scans(self, batch_id: str) -> tuple[ScanEntry, ...]:
        """The files of a batch, in its order."""
        with self._reading() as connection:
            return queries.scans(connection, batch_id)

    def pages(self, batch_id: str, place: tuple[int, int] | None = None) -> tuple[BatchPage, ...]:
        """The pages of a batch that are in, in the order of scans and pages; or the one at (scan_no, page_no)."""
        with self._reading() as connection:
            return queries.batch_pages(connection, batch_id, place)

    def answers(self, batch_id: str) -> dict[tuple[int, int], tuple[Answer, ...]]:
        """What was predicted and decided, by (scan_no, page_no), fields in the order of the form."""
        with self._reading() as connection:
            return queries.answers(connection, batch_id)

    # What was done

    def has_batch(self, batch_id: str) -> bool:
        """Whether the batch was ever started."""
        with self._reading() as connection:
            return queries.has_batch(connection, batch_id)

    def batch(self, batch_id: str) -> BatchFacts:
        """A batch in figures. Raises LedgerError where there is no such batch."""
        with self._reading() as connection:
            found = facts.batch_facts(connection, batch_id)
        if found is None:
            raise LedgerError(f"the ledger {shown(self._engine.url)} knows no batch {batch_id}")
        return found

    def unfinished_batch(self, order: str) -> str | None:
        """The batch of an order (its parameter `order`) that was begun last and has not come to its end."""
        with self._reading() as connection:
            return queries.unfinished_batch(connection, order)

    def latest_batch(self) -> str | None:
        """The id of the batch that was started last."""
        with self._reading() as connection:
            return queries.latest_batch(connection)

    def form_definition(self, form_digest: str) -> dict[str, object]:
        """The definition of a form as plain data."""
        with self._reading() as connection:
            text = queries.form_definition(connection, form_digest)
        if text is None:
            raise LedgerError(f"the ledger {shown(self._engine.url)} knows no form {form_digest}")
        definition: dict[str, object] = json.loads(text)
        return definition

    def crop_png(self, crop_id: str) -> bytes:
        """The image of a crop, as PNG. Raises LedgerError where there is no such crop."""
        with self._reading() as connection:
            png = queries.crop_png(connection, crop_id)
        if png is None:
            raise LedgerError(f"the ledger {shown(self._engine.url)} knows no crop {crop_id}")
        return png

    def predictions_frame(self, batch_id: str, page_keys: Iterable[str] | None = None) -> "pd.DataFrame":
        """One row per prediction of a batch (of these pages, where given); sensitive values are masked."""
        from serving.ledger import frames

        with self._reading() as connection:
            return frames.predictions_frame(connection, batch_id, None if page_keys is None else list(page_keys))

    def pages_frame(self, batch_id: str) -> "pd.DataFrame":
        """One row per page of a batch; `page` is missing for a file that was rejected as a whole."""
        from serving.ledger import frames

        with self._reading() as connection:
            return frames.pages_frame(connection, batch_id)

    # What is to be delivered

    def pending(self, limit: int = 1000) -> list[Parcel]:
        """The oldest parcels that have not been delivered."""
        with self._reading() as connection:
            return queries.pending(connection, limit)

    def mark_delivered(self, keys: Iterable[str]) -> None:
        """Note that these parcels have arrived. Again is harmless."""
        with self.writing() as writing:
            writing.delivered(keys)
