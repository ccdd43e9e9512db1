"""The office: joins what is asked, who has it, what the votes say, and what becomes of it."""

from collections import Counter
from collections.abc import Collection, Sequence
from dataclasses import dataclass
from math import isfinite
from random import Random
from statistics import median
from threading import Lock
from time import monotonic

from recognizer.errors import UsageError
from serving.consensus import Bar, Entry, History, Skills, Voiding, gold_rate
from serving.ledger import Ledger
from serving.ledger.desk import Lease, Role
from serving.office.filing import Clerk
from serving.office.group import AT_ONCE as GROUP
from serving.office.group import Group, Verified, group_of, submit_group
from serving.office.learning import learn
from serving.office.paper import Papers
from serving.office.plausible import check
from serving.office.question import Question, question_of
from serving.office.settling import Came, Settler
from serving.office.trusting import Truster, group_of_kind
from serving.people import People
from serving.promise import Policy
from serving.queue import Queue, Rules, Submitted, TooLate

AT_ONCE = 20
"""So many tasks are settled in one transaction: people's votes come in between."""
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


@dataclass(frozen=True, kw_only=True)
class Progress:
    """A person's own figures: answers of this sitting and the median of their seconds; gold ever answered and right.
    `notice` tells those whose answers do not count any more; "" for all others."""

    answered: int
    seconds_median: float | None
    gold_answered: int
    gold_right: int
    notice: str

    @property
    def gold_accuracy(self) -> float | None:
        """The share of right answers to gold; None before the first."""
        return self.gold_right / self.gold_answered if self.gold_answered else None


class Office:
    """What people are asked and what comes of it. Safe in threads and processes; all that it says is in the ledger."""

    def __init__(
        self,
        ledger: Ledger,
        policy: Policy | None = None,
        *,
        rules: Rules | None = None,
        bar: Bar | None = None,
        random: Random | None = None,
    ) -> None:
        self.ledger = ledger
        self.policy = policy or Policy()
        self.rules = rules or Rules()
        self.bar = bar or Bar()
        self.queue = Queue(ledger, self.rules, random)
        self.people = People(ledger)
        self._papers = Papers(ledger)
        self._skills = Skills()
        self._learned_at, self._learned_votes = 0.0, 0
        self._judged_until = ""
        self._ticking = Lock()

    # What comes of it

    def tick(self) -> Ticked:
        """File what is to be asked, judge people, settle what has its votes. Again is harmless, and so is a kill.

        One process at a time does it; others, and other threads, are told `busy` at once. Raises LedgerError.
        """
        if not self._ticking.acquire(blocking=False):
            return Ticked(busy=True)
        try:
            with self.ledger.alone("office") as alone:
                return self._tick() if alone else Ticked(busy=True)
        finally:
            self._ticking.release()

    def _tick(self) -> Ticked:
        learned = self._learn()
        filed = Clerk(
            ledger=self.ledger, queue=self.queue, policy=self.policy, papers=self._papers, skills=self._skills
        ).file_tasks()
        voidings, came = self._judge()
        closed = self._close_known()
        came += self._settle()
        return Ticked(
            filed=filed, settled=came["settled"], asked_again=came["asked_again"], to_expert=came["to_expert"],
            reopened=came["reopened"] + closed["reopened"], closed=closed["settled"], voidings=tuple(voidings),
            learned=learned,
        )  # fmt: skip

    def _learn(self) -> bool:
        with self.ledger.desk_to_read() as desk:
            votes = desk.judging.count()
        new, now = votes - self._learned_votes, monotonic()
        if not new or (new < LEARN_VOTES and self._learned_votes and now - self._learned_at < LEARN_S):
            return False
        self._skills = learn(self.ledger, self._papers)
        self._learned_votes, self._learned_at = votes, now
        return True

    def _judge(self) -> tuple[list[Voiding], Counter[Came]]:
        with self.ledger.desk_to_read() as desk:
            persons, now = desk.judging.tested_since(self._judged_until), desk.now()
        truster = self._truster()
        voidings = truster.judge(persons)
        self._judged_until = now
        return voidings, truster.enforce()

    def _settle(self) -> Counter[Came]:
        came, seen = Counter[Came](), set[str]()
        while some := [task_id for task_id in self.queue.ripe() if task_id not in seen]:
            seen.update(some)
            for start in range(0, len(some), AT_ONCE):
                with self.ledger.writing() as writing:
                    came += self._settler().settle(writing, some[start : start + AT_ONCE])
        return came

    def _close_known(self) -> Counter[Came]:
        with self.ledger.desk_to_read() as desk:
            found = desk.tasks.answered_elsewhere(500)
        came = Counter[Came]()
        for start in range(0, len(found), AT_ONCE):
            with self.ledger.writing() as writing:
                came += self._settler().close_known(writing, found[start : start + AT_ONCE])
        return came

    def void(self, person_id: str, since: str, reason: str) -> Counter[Came]:
        """Void a person's votes after a time, whatever gold says ("" from the first on), and take from the desk what
        lies there. Their fields are settled without them, or asked again."""
        with self.ledger.desk_to_read() as desk:
            now = desk.now()
        voiding = Voiding(person=person_id, group=None, since=since, at=now, reason=reason)
        return self._truster().void(voiding, None, until=None)

    # Work

    def lease(
        self,
        person_id: str,
        sitting: str,
        *,
        role: Role = "reviewer",
        kinds: Sequence[str] | None = None,
        count: int = 1,
    ) -> tuple[Lease, ...]:
        """Put up to `count` fields on a person's desk, gold among them as often as their trust asks for. Experts get
        no gold. Empty where nothing is open to this person."""
        if role == "expert":
            return self.queue.lease(person_id, sitting, role=role, kinds=kinds, count=count)
        history = self._history(person_id)
        return self.queue.lease(
            person_id, sitting, role=role, kinds=kinds, count=count,
            gold=lambda kind: gold_rate(history, group_of_kind(kind), self.bar),
        )  # fmt: skip

    def question(self, lease: Lease) -> Question:
        """What a person is shown for a lease. Raises LedgerError where the picture is gone."""
        return question_of(self.ledger, lease, self._papers, self._skills)

    def submit(
        self,
        token: int,
        person_id: str,
        entry: Entry,
        *,
        seconds: float = 0.0,
        keystrokes: int = 0,
        confirmed: bool = False,
    ) -> Submitted | TooLate:
        """Take what a person says of the field of a lease; it is durable when this returns. The same again is fine.

        Raises Implausible where it breaks a rule of the field and is not `confirmed`, and UsageError for what is no
        answer at all; then nothing was taken.
        """
        if not (isfinite(seconds) and seconds >= 0 and keystrokes >= 0):
            raise UsageError("seconds or keystrokes of an answer - mend: numbers, not below 0")
        with self.ledger.desk_to_read() as desk, self.ledger.truth() as truth:
            task_id = desk.leases.task_of(token)
            task = desk.tasks.find(task_id) if task_id is not None else None
            own = task is not None and desk.leases.state(token).person == person_id
            if task is not None and own:
                check(entry, self._papers.of(truth, task.crop_id, task.field, task.kind).field, confirmed=confirmed)
        return self.queue.submit(token, person_id, entry, seconds=seconds, keystrokes=keystrokes)

    def group(self, person_id: str, sitting: str, *, most: int = GROUP) -> Group | None:
        """Fields that the machine read the same, with what it read, where their policy says `verify`; None where none
        are open to this person."""
        return group_of(self.ledger, self.queue, self._papers, person_id, sitting, most)

    def submit_group(
        self, person_id: str, tokens: Sequence[int], struck: Collection[int], *, seconds: float = 0.0
    ) -> Verified:
        """Confirm the readings of a group but for those that are struck out, which people key then, blind."""
        return submit_group(self.ledger, self.queue, person_id, tokens, struck, seconds)

    def undo(self, token: int, person_id: str) -> Lease | TooLate:
        """Take back a person's last answer of a sitting, for a short time; the field is on the desk again."""
        return self.queue.undo(token, person_id)

    def release(self, token: int, person_id: str) -> bool:
        """Give a field back unanswered; False where it is not on this person's desk."""
        return self.queue.release(token, person_id)

    def progress(self, person_id: str, sitting: str) -> Progress:
        """A person's own figures, for the page."""
        with self.ledger.desk_to_read() as desk:
            done = desk.judging.sitting(person_id, sitting)
        history = self._history(person_id)
        return Progress(
            answered=len(done),
            seconds_median=median(seconds for seconds, _ in done) if done else None,
            gold_answered=len(history.answers),
            gold_right=sum(answer.right for answer in history.answers),
            notice=self._truster().notice(history),
        )

    def _history(self, person_id: str) -> History:
        with self.ledger.desk_to_read() as desk, self.ledger.truth() as truth:
            return self._truster().history(desk, truth, person_id)

    def _settler(self) -> Settler:
        return Settler(skills=self._skills, papers=self._papers, rules=self.rules)

    def _truster(self) -> Truster:
        return Truster(ledger=self.ledger, papers=self._papers, bar=self.bar, settler=self._settler())
