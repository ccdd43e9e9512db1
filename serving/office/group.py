"""Group verify: what the machine read the same is seen together, and the odd ones are struck out.

Whoever verifies sees the answer, so this is only for fields whose policy says `consensus: verify`, never for audits.
"""

from collections.abc import Collection, Sequence
from dataclasses import dataclass

from recognizer.errors import LedgerError
from serving.consensus import Entry
from serving.ledger import Ledger
from serving.ledger.desk import Lease
from serving.office.paper import Papers
from serving.queue import Queue, Submitted

AT_ONCE = 24
"""So many fields are seen together at most."""


@dataclass(frozen=True, kw_only=True)
class Group:
    """Fields on a verifier's desk that the machine read the same: `entry`. `label` is what the form prints there."""

    leases: tuple[Lease, ...]
    entry: Entry
    label: str
    title: str


@dataclass(frozen=True, kw_only=True)
class Verified:
    """How many readings were confirmed, how many struck out, and how many came too late."""

    confirmed: int
    struck: int
    late: int


def group_of(ledger: Ledger, queue: Queue, papers: Papers, person: str, sitting: str, most: int) -> Group | None:
    """The group on somebody's desk, or the largest that is open to them; None where none is."""
    held = [lease for lease in queue.held(person, sitting) if lease.role == "verifier"]
    leases = held or queue.group(person, sitting, most)
    if not leases:
        return None
    with ledger.truth() as truth:
        paper = papers.of(truth, leases[0].crop_id, leases[0].field, leases[0].kind)
    entry = read_there(ledger, queue, leases[0].task_id)
    return Group(leases=tuple(leases), entry=entry, label=paper.label, title=paper.title)


def submit_group(
    ledger: Ledger, queue: Queue, person: str, tokens: Sequence[int], struck: Collection[int], seconds: float
) -> Verified:
    """Confirm the readings of these leases, but for those that are struck out. Each is durable before the next; again
    is harmless."""
    confirmed = out = late = 0
    for token in tokens:
        with ledger.desk_to_read() as desk:
            task_id = desk.leases.task_of(token)
            state = desk.leases.state(token) if task_id is not None else None
        if task_id is None or state is None or (state.person, state.role) != (person, "verifier"):
            late += 1
        elif token in struck:
            out += queue.strike(token, person)
        else:
            entry = read_there(ledger, queue, task_id)
            done = queue.submit(token, person, entry, seconds=seconds / len(tokens))
            confirmed += isinstance(done, Submitted)
            late += not isinstance(done, Submitted)
    return Verified(confirmed=confirmed, struck=out, late=late)


def read_there(ledger: Ledger, queue: Queue, task_id: str) -> Entry:
    """What the machine read. Raises LedgerError where it read nothing."""
    name = queue.task(task_id).prediction_id
    found = ledger.predictions([name]).get(name) if name is not None else None
    if found is None:
        raise LedgerError(f"nothing was read for the task {task_id}")
    return Entry(text=found.reading.text, outcome=found.reading.outcome)  # type: ignore[arg-type]  # Entry checks it
