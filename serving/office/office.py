"""The office: joins what is asked, who has it, what the votes say, and what becomes of it."""

from collections import Counter
from collections.abc import Callable, Collection, Sequence
from dataclasses import dataclass
from math import isfinite
from random import Random
from statistics import median

from recognizer.errors import UsageError
from serving.consensus import Bar, Entry, History, Voiding, gold_rate
from serving.ledger import Ledger
from serving.ledger.desk import Lease, Role
from serving.office.filing import Became
from serving.office.group import AT_ONCE as GROUP
from serving.office.group import Group, Grouping, Verified
from serving.office.paper import Papers
from serving.office.plausible import check
from serving.office.question import Question, question_of
from serving.office.settling import Came
from serving.office.tick import Ticked, Ticker
from serving.office.trusting import group_of_kind
from serving.people import People
from serving.promise import Policy
from serving.queue import Queue, Rules, Submitted, TooLate


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
        self._grouping = Grouping(ledger=ledger, queue=self.queue, papers=self._papers, random=random or Random())
        self._ticker = Ticker(ledger, self.queue, self._papers, self.policy, self.rules, self.bar)

    # What comes of it

    def tick(self) -> Ticked:
        """File what is to be asked, judge people, settle what has its votes. Again is harmless, and so is a kill.

        One process at a time does it; others, and other threads, are told `busy` at once. Raises LedgerError.
        """
        return self._ticker.tick()

    def doubt(self, prediction_ids: Collection[str], reason: str) -> Counter[Became]:
        """Put fields to people that were accepted and may be wrong; says what became of each. Again is harmless. Until
        people settle one, its record keeps what it says."""
        return self._ticker.clerk.doubt(prediction_ids, reason)

    def compare(self, prediction_ids: Collection[str], reason: str) -> int:
        """Put fields to people, blind, on which models are held against each other; says how many are new. Again is
        harmless."""
        return self._ticker.clerk.compare(prediction_ids, reason)

    def void(self, person_id: str, since: str, reason: str) -> Counter[Came]:
        """Void a person's votes after a time, whatever gold says ("" from the first on), and take from the desk what
        lies there. Their fields are settled without them, or asked again."""
        with self.ledger.desk_to_read() as desk:
            now = desk.now()
        voiding = Voiding(person=person_id, group=None, since=since, at=now, reason=reason)
        return self._ticker.truster.void(voiding, None, until=None)

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
        gold = self._gold(self._history(person_id))
        return self.queue.lease(person_id, sitting, role=role, kinds=kinds, count=count, gold=gold)

    def question(self, lease: Lease) -> Question:
        """What a person is shown for a lease. Raises LedgerError where the picture is gone."""
        return question_of(self.ledger, lease, self._papers, self._ticker.skills)

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
        are open to this person, or their answers do not count. Odd ones are among them as often as their trust asks
        for."""
        history = self._history(person_id)
        if self._ticker.truster.notice(history):
            return None
        return self._grouping.group(person_id, sitting, most, self._gold(history))

    def submit_group(
        self, person_id: str, tokens: Sequence[int], struck: Collection[int], *, seconds: float = 0.0
    ) -> Verified:
        """Confirm the readings of a group but for those that are struck out, which people key then, blind."""
        return self._grouping.submit(person_id, tokens, struck, seconds)

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
            notice=self._ticker.truster.notice(history),
        )

    def _gold(self, history: History) -> Callable[[str], float]:
        """The share of gold in what a person is shown of a kind."""
        return lambda kind: gold_rate(history, group_of_kind(kind), self.bar)

    def _history(self, person_id: str) -> History:
        with self.ledger.desk_to_read() as desk, self.ledger.truth() as truth:
            return self._ticker.truster.history(desk, truth, person_id)
