"""The office's tick: what is due is filed, judged, settled and learned. Again is harmless, and so is a kill."""

from collections import Counter
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from threading import Lock
from time import monotonic

from serving.consensus import Bar, Skills, Voiding
from serving.ledger import Ledger
from serving.ledger.writing import Writing
from serving.office.filing import Clerk
from serving.office.learning import learn
from serving.office.paper import Papers
from serving.office.settling import CLOSED, Came, Settler
from serving.office.trusting import Truster
from serving.promise import Policy
from serving.queue import Queue, Rules

AT_ONCE = 20
"""So many tasks are settled in one transaction: people's votes come in between."""
OVERLAP = 1000
"""Verdicts have their numbers before their transaction ends: so many may be seen late, and are looked at again."""
LEARN_VOTES, LEARN_S = 200, 900.0
"""Skills are learned anew after so many new votes, or so many seconds with any."""


@dataclass(frozen=True, kw_only=True)
class Ticked:
    """What a tick did: tasks `filed`; `settled` by their votes; `asked_again` of one more reviewer; sent `to_expert`;
    `reopened` because votes were voided; `closed` because people had settled the field elsewhere. `voidings` are new.
    `busy`: another process is at it, and nothing was done here."""

    filed: int = 0
    settled: int = 0
    asked_again: int = 0
    to_expert: int = 0
    reopened: int = 0
    closed: int = 0
    voidings: tuple[Voiding, ...] = ()
    learned: bool = False
    busy: bool = False

    @property
    def changed(self) -> bool:
        """Whether anything happened."""
        return bool(
            self.filed or self.settled or self.asked_again or self.to_expert or self.reopened or self.closed
            or self.voidings
        )  # fmt: skip

    @property
    def line(self) -> str:
        """In one line."""
        if self.busy:
            return "another process is settling"
        counts = {
            "filed": self.filed, "settled": self.settled, "asked again": self.asked_again,
            "to an expert": self.to_expert, "reopened": self.reopened, "closed": self.closed,
            "people below the bar": len(self.voidings),
        }  # fmt: skip
        return ", ".join(f"{count:,} {name}" for name, count in counts.items() if count) or "nothing to do"


Step = Callable[[Writing, Sequence[tuple[str, str]]], Counter[Came]]
"""Something that is done to a few tasks, as (task_id, crop_id), in one transaction."""


class Ticker:
    """Does what is due, and remembers meanwhile what was learned of people: `skills`. All of it can be found again."""

    def __init__(self, ledger: Ledger, queue: Queue, papers: Papers, policy: Policy, rules: Rules, bar: Bar) -> None:
        self.skills = Skills()
        self._ledger, self._queue, self._papers = ledger, queue, papers
        self._policy, self._rules, self._bar = policy, rules, bar
        self._learned_at, self._learned_votes = 0.0, 0
        self._judged_until = ""
        self._withdrawn_until = 0
        self._ticking = Lock()

    @property
    def settler(self) -> Settler:
        """Settles with what is known of people now."""
        return Settler(skills=self.skills, papers=self._papers, rules=self._rules)

    @property
    def clerk(self) -> Clerk:
        """Puts fields to people with what is known of these now."""
        return Clerk(
            ledger=self._ledger, queue=self._queue, policy=self._policy, papers=self._papers, skills=self.skills
        )

    @property
    def truster(self) -> Truster:
        """Judges people by the bar."""
        return Truster(ledger=self._ledger, papers=self._papers, bar=self._bar, settler=self.settler)

    def tick(self) -> Ticked:
        """File what is to be asked, judge people, settle what has its votes. Again is harmless, and so is a kill.

        One process at a time does it; others, and other threads, are told `busy` at once. Raises LedgerError.
        """
        if not self._ticking.acquire(blocking=False):
            return Ticked(busy=True)
        try:
            with self._ledger.alone("office") as alone:
                return self._tick() if alone else Ticked(busy=True)
        finally:
            self._ticking.release()

    def _tick(self) -> Ticked:
        learned = self._learn()
        filed = self.clerk.file_tasks()
        voidings, came = self._judge()
        closed = self._close_known()
        came += self._settle()
        return Ticked(
            filed=filed, settled=came["settled"], asked_again=came["asked_again"], to_expert=came["to_expert"],
            reopened=came["reopened"] + closed["reopened"], closed=closed["settled"], voidings=tuple(voidings),
            learned=learned,
        )  # fmt: skip

    def _learn(self) -> bool:
        with self._ledger.desk_to_read() as desk:
            votes = desk.judging.count()
        new, now = votes - self._learned_votes, monotonic()
        if not new or (new < LEARN_VOTES and self._learned_votes and now - self._learned_at < LEARN_S):
            return False
        self.skills = learn(self._ledger, self._papers)
        self._learned_votes, self._learned_at = votes, now
        return True

    def _judge(self) -> tuple[list[Voiding], Counter[Came]]:
        with self._ledger.desk_to_read() as desk:
            persons, now = desk.judging.tested_since(self._judged_until), desk.now()
        truster = self.truster
        voidings = truster.judge(persons)
        self._judged_until = now
        return voidings, truster.enforce()

    def _settle(self) -> Counter[Came]:
        came, seen = Counter[Came](), set[str]()
        while some := [task_id for task_id in self._queue.ripe() if task_id not in seen]:
            seen.update(some)
            for start in range(0, len(some), AT_ONCE):
                with self._ledger.writing() as writing:
                    came += self.settler.settle(writing, some[start : start + AT_ONCE])
        return came

    def _close_known(self) -> Counter[Came]:
        """What people settled elsewhere is asked no more; what that closed is asked again where it was taken back."""
        with self._ledger.desk_to_read() as desk:
            found, last = desk.tasks.answered_elsewhere(500), desk.tasks.last_verdict()
            freed = desk.tasks.closed_in_vain(self._withdrawn_until, CLOSED)
        came = self._in_steps(found, lambda settler: settler.close_known)
        came += self._in_steps(freed, lambda settler: settler.reopen_known)
        self._withdrawn_until = max(0, last - OVERLAP)
        return came

    def _in_steps(self, tasks: Sequence[tuple[str, str]], do: Callable[[Settler], Step]) -> Counter[Came]:
        came = Counter[Came]()
        for start in range(0, len(tasks), AT_ONCE):
            with self._ledger.writing() as writing:
                came += do(self.settler)(writing, tasks[start : start + AT_ONCE])
        return came
