"""Group verify: what the machine read the same is seen together, and the odd ones are struck out.

Whoever verifies sees the answer, so this is only for fields whose policy says `consensus: verify`, never for audits.
"""

from collections.abc import Callable, Collection, Mapping, Sequence
from dataclasses import dataclass
from functools import partial
from random import Random
from typing import Any

from recognizer.errors import LedgerError
from serving.consensus import Entry, same
from serving.ledger import Ledger
from serving.ledger.desk import Desk, Lease, Opening, Seat
from serving.office.paper import Papers
from serving.queue import Queue, Submitted
from serving.queue.queue import STRUCK

AT_ONCE = 24
"""So many fields are seen together at most."""
CONFIRMED = "confirmed"
"""What somebody says of an odd one that they let pass."""
CHOICE = 200
"""Among how much gold of a field odd ones are looked for."""


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


@dataclass(frozen=True, kw_only=True)
class Grouping:
    """Puts groups on verifiers' desks and takes what they say. Odd ones are planted among them: gold of the same field
    whose answer is another, shown as if it had been read so. Whoever lets one pass was not looking."""

    ledger: Ledger
    queue: Queue
    papers: Papers
    random: Random

    def group(self, person: str, sitting: str, most: int, odd: Callable[[str], float]) -> Group | None:
        """The group on somebody's desk, or the largest that is open to them; None where none is. `odd` says of a kind
        which share of the fields is to be odd ones; half of them at most are."""
        leases = [lease for lease in self.queue.held(person, sitting) if lease.role == "verifier"]
        if not leases:
            leases = list(self.queue.group(person, sitting, most, partial(self._odd, odd)))
        entry = self._shown(leases)
        if entry is None:  # what odd ones were planted among is gone
            for lease in leases:
                self.queue.release(lease.token, person)
            return None
        with self.ledger.truth() as truth:
            paper = self.papers.of(truth, leases[0].crop_id, leases[0].field, leases[0].kind)
        return Group(leases=tuple(leases), entry=entry, label=paper.label, title=paper.title)

    def submit(self, person: str, tokens: Sequence[int], struck: Collection[int], seconds: float) -> Verified:
        """Confirm the readings of these leases, but for those that are struck out. Each is durable before the next;
        again is harmless."""
        came = [self._submit(person, token, token in struck, seconds / len(tokens)) for token in tokens]
        return Verified(confirmed=came.count("confirmed"), struck=came.count("struck"), late=came.count("late"))

    def _submit(self, person: str, token: int, struck: bool, seconds: float) -> str | None:
        with self.ledger.desk_to_read() as desk:
            task_id = desk.leases.task_of(token)
            state = desk.leases.state(token) if task_id is not None else None
        if task_id is None or state is None or (state.person, state.role) != (person, "verifier"):
            return "late"
        word = "struck" if struck else "confirmed"
        if state.purpose == "gold":
            said = self.queue.submit(token, person, _Word(outcome=STRUCK if struck else CONFIRMED), seconds=seconds)
            return word if isinstance(said, Submitted) else "late"
        if struck:
            return word if self.queue.strike(token, person) else None
        done = self.queue.submit(token, person, read_there(self.ledger, self.queue, task_id), seconds=seconds)
        return word if isinstance(done, Submitted) else "late"

    def _odd(
        self,
        share: Callable[[str], float],
        desk: Desk,
        seat: Seat,
        group: Mapping[str, Any],
        openings: Sequence[Opening],
    ) -> list[Opening]:
        """Gold to be planted among these: of the same field, looking as they do, and of another answer."""
        wanted = sum(self.random.random() < share(group["kind"]) for _ in openings)
        wanted = min(wanted, len(openings) // 2)  # most are real
        with self.ledger.truth() as truth:
            field = self.papers.of(truth, openings[0].crop_id, group["field"], group["kind"]).field
        read = _entry(group["outcome"], group["text"])
        on_page = desk.tasks.view(openings[0].crop_id) is not None
        here = {opening.record_id for opening in openings}
        found: list[Opening] = []
        for opening in desk.leases.unseen_gold_of(seat, group, CHOICE) if wanted else ():
            known = desk.tasks.gold(opening.crop_id)
            alike = (desk.tasks.view(opening.crop_id) is not None) == on_page
            if (
                known is not None
                and alike
                and opening.record_id not in here
                and not same(_entry(known.outcome, known.text), read, field)
            ):
                found.append(opening)
        return self.random.sample(found, min(wanted, len(found)))

    def _shown(self, leases: Sequence[Lease]) -> Entry | None:
        """What the machine read of those that are no gold: it is the same of all."""
        for lease in leases:
            if self.queue.task(lease.task_id).purpose != "gold":
                return read_there(self.ledger, self.queue, lease.task_id)
        return None


@dataclass(frozen=True, kw_only=True)
class _Word:
    """What a verifier says of gold: it is no answer to what stands there."""

    outcome: str
    text: str = ""


def _entry(outcome: str, text: str) -> Entry:
    return Entry(outcome=outcome, text=text)  # type: ignore[arg-type]  # Entry says so where it is none


def read_there(ledger: Ledger, queue: Queue, task_id: str) -> Entry:
    """What the machine read. Raises LedgerError where it read nothing."""
    name = queue.task(task_id).prediction_id
    found = ledger.predictions([name]).get(name) if name is not None else None
    if found is None:
        raise LedgerError(f"nothing was read for the task {task_id}")
    return Entry(text=found.reading.text, outcome=found.reading.outcome)  # type: ignore[arg-type]  # Entry checks it
