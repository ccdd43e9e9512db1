"""A batch from its first scan to its last. Killed at any moment and started again, it goes on where it was."""

import time
from collections import defaultdict
from collections.abc import Callable, Generator, Iterator
from dataclasses import dataclass
from typing import Protocol

from recognizer.errors import FormError, ScanRejected
from recognizer.form import Form
from recognizer.prepare import page_id
from recognizer.reading import Crop
from serving.batch.ahead import Ahead
from serving.door import Door
from serving.ledger import Answer, BatchFacts, BatchStart, Ledger, PageEntry, ScanEntry, digest, page_key


@dataclass(frozen=True, kw_only=True)
class ReadyPage:
    """A page that is ready to be read, or one that nothing is to be read of; `form` defines the crops' fields."""

    entry: PageEntry
    crops: tuple[Crop, ...] = ()
    form: Form | None = None


Intake = Callable[[ScanEntry, frozenset[int]], Iterator[ReadyPage]]
"""The pages of a scan, in order, without those whose numbers are given."""


class Watcher(Protocol):
    """Is told how a batch goes."""

    def begins(self, scans: int, done: int) -> None:
        """Of so many scans, so many were finished before."""

    def page(self, entry: PageEntry, answers: tuple[Answer, ...]) -> None:
        """A page is in the ledger."""

    def scan_ends(self) -> None:
        """All pages of a scan are."""


def run_batch(
    start: BatchStart, intake: Intake, door: Door, ledger: Ledger, watcher: Watcher, *, workers: int = 1
) -> BatchFacts:
    """Read what of the batch is not in the ledger yet, and return what it came to.

    So many `workers` take in scans at the same time, each in a thread, while this one reads their pages in order. A
    batch that is complete is left as it is. Raises LedgerError where the ledger cannot be written; whatever is wrong
    with a scan becomes a page `rejected: <code>`.
    """
    if not enter(start, ledger):
        return ledger.batch(start.batch_id)
    began = time.perf_counter()
    ended = ledger.scans_done(start.batch_id)
    pages_in = _pages_in(ledger, start.batch_id)
    watcher.begins(len(start.scans), len(ended))
    scans = [(scan, frozenset(pages_in[scan.scan_no])) for scan in start.scans if scan.scan_no not in ended]
    with Ahead(lambda job: _pages(*job, intake), scans, workers) as ahead:
        for (scan, _), page in ahead:
            if page is None:
                _end_scan(ledger, start.batch_id, scan, max(pages_in[scan.scan_no], default=0))
                watcher.scan_ends()
                continue
            entry, answers = file_page(page, scan, start.batch_id, door)
            pages_in[scan.scan_no].add(entry.page_no)
            watcher.page(entry, answers)
    _finish(start.batch_id, ledger, door, time.perf_counter() - began)
    return ledger.batch(start.batch_id)


def _pages(scan: ScanEntry, skip: frozenset[int], intake: Intake) -> Generator[ReadyPage, None, None]:
    yield from intake(scan, skip)


def enter(start: BatchStart, ledger: Ledger) -> bool:
    """Begin or resume; False where there is nothing left to do."""
    known = ledger.has_batch(start.batch_id)
    if known and ledger.batch(start.batch_id).finished_at is not None:
        return False
    with ledger.writing() as writing:
        writing.start_batch(start)
        if known:
            writing.resume_batch(start.batch_id)
    return True


def _pages_in(ledger: Ledger, batch_id: str) -> dict[int, set[int]]:
    """The numbers of the pages that are in the ledger, by scan."""
    numbers: dict[int, set[int]] = defaultdict(set)
    for scan_no, page_no in ledger.pages_done(batch_id):
        numbers[scan_no].add(page_no)
    return numbers


def file_page(page: ReadyPage, scan: ScanEntry, batch_id: str, door: Door) -> tuple[PageEntry, tuple[Answer, ...]]:
    """Read a page and file it. A page on which the model fails is filed as rejected."""
    try:
        answers = door.read(page.entry, page.crops, page.form, batch_id=batch_id, scan_no=scan.scan_no)
        return page.entry, answers
    except ScanRejected as error:
        code, reason = error.code, error.reason
    except FormError as error:
        if page.form is not None:  # every page of the form will fail: better now than after a thousand
            raise
        code, reason = "bad_field", str(error)
    setup = page.entry.setup_digest
    entry = rejected_page(scan, page.entry.page_no, code, reason, setup_digest=setup, batch_id=batch_id)
    return entry, door.read(entry, (), None, batch_id=batch_id, scan_no=scan.scan_no)


def _end_scan(ledger: Ledger, batch_id: str, scan: ScanEntry, page_count: int) -> None:
    with ledger.writing() as writing:
        writing.end_scan(batch_id, scan.scan_no, page_count)


def _finish(batch_id: str, ledger: Ledger, door: Door, seconds: float) -> None:
    facts = {"seconds": seconds, "reading_s": door.spent.reading_s, "ledger_s": door.spent.ledger_s}
    with ledger.writing() as writing:
        writing.finish_batch(batch_id, facts)


def rejected_page(
    scan: ScanEntry, page_no: int, code: str, reason: str, *, setup_digest: str, batch_id: str
) -> PageEntry:
    """A page, or with `page_no` 0 a whole file, that was not taken in.

    Its key is the batch's own: another batch, with other limits or on a better day, tries again.
    """
    return PageEntry(
        page_key=page_key(scan.scan_digest, page_no, digest(setup_digest, batch_id, scan.scan_no, code)),
        page_id=page_id(scan.scan_digest, page_no),
        scan_digest=scan.scan_digest,
        page_no=page_no,
        setup_digest=setup_digest,
        status=f"rejected: {code}",
        reason=reason,
    )
