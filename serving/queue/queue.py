"""The queue: questions for people, who has which on the desk, and what they said."""

from collections.abc import Callable, Iterable, Mapping, Sequence
from itertools import islice
from math import isfinite
from random import Random
from typing import Any

from recognizer.errors import LedgerError, UsageError
from serving.ledger import Ledger
from serving.ledger.desk import Count, Desk, Gold, Lease, Opening, Role, Said, Seat, Task, Vote
from serving.queue.assign import KINDS, Assigner, grant
from serving.queue.need import want
from serving.queue.rules import Rules, later, target_at
from serving.queue.submit import Submitted, TooLate, submit
from serving.queue.voiding import clear_desk, give_back, undo, void_some

STRUCK = "struck"
"""How a lease ends whose reading a verifier strikes out, and why people key the field then."""
AT_ONCE = 500
"""How many tasks are filed in one transaction."""
Plant = Callable[[Desk, Seat, Mapping[str, Any], Sequence[Opening]], list[Opening]]
"""Of whom, for which group, among what: gold of the field whose answer is another than the group's, fewer of it."""


class Queue:
    """Questions for people. What it says is durable; all times are the database's. Safe in threads and processes."""

    def __init__(self, ledger: Ledger, rules: Rules | None = None, random: Random | None = None) -> None:
        self._ledger = ledger
        self._rules = rules or Rules()
        self._random = random or Random()
        self._assigner = Assigner(self._rules, self._random)

    # Questions

    def add(self, tasks: Iterable[Task]) -> int:
        """File tasks; one that is there stays as it is. Gives how many are new."""
        waiting, added = iter(tasks), 0
        while some := list(islice(waiting, AT_ONCE)):
            for task in some:
                _check(task)
            with self._ledger.desk() as desk:
                now = desk.now()
                new = desk.tasks.add(some, now)
                asked = [task for task in new if task.purpose != "gold"]
                desk.tasks.want([(task.task_id, task.votes, task.role, task.reason) for task in asked], now)
                targets = {task.task_id: target_at(task, now, self._rules) for task in asked}
                desk.line.add([(task, task.votes, task.role) for task in asked], targets, now)
            added += len(new)
        return added

    def wants(self, task_id: str, votes: int, role: Role, reason: str) -> None:
        """Say how many valid votes of a role a task wants in total; 0 settles it. Raises LedgerError."""
        with self._ledger.desk() as desk:
            want(desk, task_id, votes, role, reason, self._rules)

    def add_gold(self, known: Iterable[Gold]) -> None:
        """File crops whose answer is known; they are shown where a task with the purpose `gold` asks for them."""
        with self._ledger.desk() as desk:
            desk.tasks.add_gold(known, desk.now())

    # Work

    def lease(
        self,
        person: str,
        sitting: str,
        *,
        role: Role = "reviewer",
        kinds: Sequence[str] | None = None,
        count: int = 1,
        gold: float | Callable[[str], float] = 0.0,
    ) -> tuple[Lease, ...]:
        """Put up to `count` tasks on a person's desk, of these kinds or any; with probability `gold` (a number, or one
        for each kind), each is one whose answer is known. Nobody ever gets the same field twice, nor two fields of one
        record in a sitting."""
        seat = Seat(person=person, sitting=sitting, role=role, alone=self._rules.alone)
        taken: list[Lease] = []
        with self._ledger.desk() as desk:
            desk.lock_person(person)
            while len(taken) < count:
                lease = self._assigner.next(desk, seat, kinds, gold)
                if lease is None:
                    break
                taken.append(lease)
        return tuple(taken)

    def group(self, person: str, sitting: str, most: int, plant: Plant | None = None) -> tuple[Lease, ...]:
        """Put up to `most` tasks on a person's desk that the machine read the same, for a verifier: of one field of one
        form, the largest group. `plant` gives gold that takes the place of as many of them, anywhere among them. Empty
        where none is open to this person."""
        seat = Seat(person=person, sitting=sitting, role="verifier")
        with self._ledger.desk() as desk:
            desk.lock_person(person)
            now = desk.now()
            found = desk.line.group(seat, now)
            openings = [] if found is None else desk.line.of_group(seat, found, now, most)
            if found is not None and plant is not None:
                odd = plant(desk, seat, found, openings)
                openings = openings[: most - len(odd)] + odd
                self._random.shuffle(openings)
            return tuple(grant(desk, seat, opening, self._rules, now) for opening in openings)

    def strike(self, token: int, person: str) -> bool:
        """A verifier strikes a reading out: people key the field instead, blind. False where it is not on this desk."""
        with self._ledger.desk() as desk:
            task_id = desk.leases.task_of(token)
            if task_id is None or not give_back(desk, token, person, STRUCK):
                return False
            want(desk, task_id, 2, "reviewer", STRUCK, self._rules)
            return True

    def held(self, person: str, sitting: str) -> tuple[Lease, ...]:
        """What is on a person's desk in this sitting, oldest first: for a page that is loaded again."""
        with self._ledger.desk_to_read() as desk:
            return desk.leases.held(person, sitting, desk.now())

    def submit(
        self, token: int, person: str, entry: Said, *, seconds: float = 0.0, keystrokes: int = 0
    ) -> Submitted | TooLate:
        """Take what a person says of the field of a lease. The same again is fine; the answer says which."""
        with self._ledger.desk() as desk:
            return submit(desk, token, person, entry, seconds, keystrokes)

    def release(self, token: int, person: str) -> bool:
        """Give a task back unanswered; False where it is not on this person's desk."""
        with self._ledger.desk() as desk:
            return give_back(desk, token, person, "released")

    def undo(self, token: int, person: str) -> Lease | TooLate:
        """Take back a person's last answer of a sitting, for `undo_s`; the field is on the desk again."""
        with self._ledger.desk() as desk:
            return undo(desk, token, person, self._rules)

    # What comes of it

    def ripe(self, most: int = 100) -> tuple[str, ...]:
        """Tasks that have all the votes that they wanted, none of which can be taken back: to be settled, or to want
        more. They stay here until `wants` is called."""
        with self._ledger.desk_to_read() as desk:
            return tuple(desk.line.ripe(later(desk.now(), -self._rules.undo_s), most))

    def task(self, task_id: str) -> Task:
        """A task with what it wants now. Raises LedgerError where there is none."""
        with self._ledger.desk_to_read() as desk:
            task = desk.tasks.find(task_id)
        if task is None:
            raise LedgerError(f"the queue has no task {task_id}")
        return task

    def votes(self, task_id: str) -> tuple[Vote, ...]:
        """All votes on a task, void ones too, in the order in which they came."""
        with self._ledger.desk_to_read() as desk:
            return desk.votes.of_task(task_id)

    def gold(self, crop_id: str) -> Gold | None:
        """The known answer of a crop, where there is one."""
        with self._ledger.desk_to_read() as desk:
            return desk.tasks.gold(crop_id)

    def void(
        self,
        person: str,
        since: str,
        reason: str,
        *,
        by: str,
        until: str | None = None,
        kinds: Sequence[str] | None = None,
    ) -> tuple[str, ...]:
        """Void a person's votes after `since` (of these kinds, not after `until`) and clear the person's desk.

        Answers to gold stay: they are the evidence. The tasks want votes again, also settled ones; gives these tasks.
        """
        with self._ledger.desk() as desk:
            clear_desk(desk, person, kinds)
        with self._ledger.desk_to_read() as desk:
            end = until or desk.now()
        touched: list[str] = []
        while True:
            with self._ledger.desk() as desk:
                some = void_some(desk, self._rules, person, since, end, kinds, reason, by)
            if not some:
                return tuple(dict.fromkeys(touched))
            touched += some

    def counts(self) -> tuple[Count, ...]:
        """What waits, by role and kind."""
        with self._ledger.desk_to_read() as desk:
            return tuple(desk.line.counts(desk.now()))


def _check(task: Task) -> None:
    if task.kind not in KINDS:
        raise UsageError(f"task {task.task_id}: unknown kind {task.kind!r} - mend: one of {', '.join(KINDS)}")
    if not (isfinite(task.value) and task.value >= 0 and task.votes >= 0):
        raise UsageError(f"task {task.task_id}: value or votes - mend: numbers, not below 0")
