"""A house with a day's work in it: scans that came to their end, doubtful fields, people who key some of them."""

from contextlib import suppress

from serving.ledger import Ledger
from serving.office import Entry, Implausible, Office, Rules
from tests.serving.review import desk

BATCH = "batch-1"


def read_today(ledger: Ledger, pages: int) -> Office:
    """A batch that was read today, and the office in which its doubtful fields wait."""
    desk.read_batch(ledger, pages, BATCH)
    with ledger.writing() as writing:
        for number in range(pages):
            writing.end_scan(BATCH, number, 1)
    return desk.office_on(ledger, rules=Rules(undo_s=0))


def key_some(office: Office, count: int) -> int:
    """So many fields are asked of anna, who keys what is written; gives how many answers were taken."""
    anna = next(person.person_id for person in office.people.everybody() if person.name == "anna")
    taken = 0
    for number in range(count):
        for lease in office.lease(anna, f"sitting {number}"):
            with suppress(Implausible):  # every date is the 30th of February
                text = desk.WRITTEN[lease.field]
                office.submit(lease.token, anna, Entry(text=text), seconds=3.0, keystrokes=9, confirmed=True)
                taken += 1
    office.tick()
    return taken
