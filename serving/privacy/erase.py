"""Erasure of what is known of a person, page by page; a tombstone stays."""

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass

from recognizer.errors import UsageError
from recognizer.form import Field
from serving.ledger import Ledger
from serving.ledger.erasing import Erasing
from serving.ledger.erasure import PagePlace, Personal, Tombstone
from serving.ledger.statement import RecordEvent
from serving.ledger.tombstones import REFUSED, SWEPT
from serving.privacy.labels import labels
from serving.queue.need import ERASED, line_up
from serving.queue.rules import Rules
from serving.truth.agreement import Fields

REASONS = ("request", "consent", "retention", "mistake", "law")
"""Asked for by the person; consent taken back; kept long enough; should never have come in; ordered by law."""


@dataclass(frozen=True, kw_only=True)
class Erased:
    """What became of a page: its tombstone, and whether there was anything left to erase (`again`: there was not)."""

    page: PagePlace
    stone: Tombstone
    again: bool


def page_named(ledger: Ledger, name: str, batch_id: str | None = None) -> PagePlace:
    """The page that SCAN:PAGE, BATCH:SCAN_NO:PAGE or an id stands for. Raises UsageError where that is not one."""
    found = ledger.pages_named(name, batch_id)
    if not found:
        raise UsageError(f"no batch has the page {name} - mend: write SCAN:PAGE as in the records, or the page's id")
    if len({(page.scan_digest, page.page_no) for page in found}) > 1:
        ids = ", ".join(page.page_id for page in found[:5])
        raise UsageError(f"{name} names several pages - mend: name one by its id: {ids}")
    return found[0]


def personal(ledger: Ledger, page: PagePlace) -> Personal:
    """What an erasure would touch."""
    with ledger.erasing() as erasing:
        return erasing.personal(page)


def erase(ledger: Ledger, page: PagePlace, *, reason: str, by: str, refuse_again: bool = False) -> Erased:
    """Erase a page in every batch that used it: pictures, readings, votes, verdicts, gold.

    One transaction sets the tombstones, withdraws what people are still asked, tells MLflow's outbox and whoever was
    delivered to, and blanks the rows: killed at any moment, all of it is done or nothing. Again is harmless. What
    remains in the files of the database is `sweep`'s. Raises UsageError for a reason that is none.
    """
    if reason not in REASONS:
        raise UsageError(f"reason {reason!r} - mend: one of {', '.join(REASONS)}")
    with ledger.erasing() as erasing:
        known = erasing.personal(page)
        erasing.writing.hold(known.records)
        withdraw(erasing, known.tasks)
        found = erasing.personal(page)  # with what came in before the locks were had
        again = not found.counts
        stone = erasing.last(page) if again else _erase(erasing, found, reason, by)
        if refuse_again:
            erasing.note(stone, REFUSED)
    return Erased(page=page, stone=stone, again=again)


def _erase(erasing: Erasing, found: Personal, reason: str, by: str) -> Tombstone:
    stone = erasing.tombstone(found, reason, by)
    erasing.blank(found, labels(found.said, _fields(erasing, found), erasing.now))
    events = [
        RecordEvent(batch_id=batch_id, scan_no=scan_no, page_no=page_no, event="erased", facts={"reason": reason})
        for batch_id, scan_no, page_no in found.records
    ]
    erasing.writing.record_events(events)
    for batch_id in sorted({batch_id for batch_id, _, _ in found.records}):
        erasing.writing.erasure(batch_id, stone.erasure_id, stone.page_id)
    return stone


def withdraw(erasing: Erasing, tasks: Collection[str]) -> None:
    """Nobody is asked any more what stands in these fields; what is on a desk is taken from it."""
    desk = erasing.desk
    now = desk.now()
    for task_id in sorted(tasks):
        desk.tasks.lock(task_id)
        task = desk.tasks.find(task_id)
        assert task is not None
        if task.purpose != "gold":
            desk.tasks.want([(task_id, 0, task.role, ERASED)], now)
            line_up(desk, task, Rules(), now)


def _fields(erasing: Erasing, found: Personal) -> Mapping[str, Field | None]:
    truth = erasing.writing.truth
    fields = Fields(truth.form_definition)
    return {use.crop_id: fields.of(use) for use in truth.uses_of(found.rows["crops"])}


def sweep(ledger: Ledger) -> Sequence[Tombstone]:
    """Leave no copy of what was erased in the files of the database; gives the erasures that this completes.

    Nothing is done where every erasure is completed already. What a reader keeps in SQLite's log stays for the next
    time: then nothing is completed.
    """
    waiting = [
        stone for stones in ledger.tombstones().values() for stone in stones if SWEPT not in stone.events
    ]  # fmt: skip
    if not waiting or not ledger.sweep():
        return ()
    with ledger.erasing() as erasing:
        for stone in waiting:
            erasing.note(stone, SWEPT)
    return waiting
