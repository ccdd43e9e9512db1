"""A review office in short, for the benchmark of crowds: fields to key, people, gold, skills and an expert."""

from collections import Counter, deque
from dataclasses import dataclass, field, replace

import numpy as np

from recognizer.form import Field, Option
from serving.consensus import (
    Assisted,
    Ballot,
    Bar,
    Blind,
    Entry,
    GoldAnswer,
    History,
    Policy,
    Settled,
    Skills,
    Vote,
    Wants,
    circles,
    estimate_skills,
    gold_rate,
    group_of,
    judge,
    key,
    same,
    settle,
    suspicions,
)
from serving.crowds.simulated import Worker
from serving.crowds.slip import slip

BOX = (0, 0, 300, 40)
FIELDS = (
    Field(name="policy", kind="code", box=BOX, pattern="[A-Z][0-9]{6}"),
    Field(name="zip", kind="digits", box=BOX, pattern="[0-9]{5}"),
    Field(name="amount", kind="amount", box=BOX),
    Field(name="born", kind="date", box=BOX),
    Field(name="surname", kind="name", box=BOX),
    Field(name="smoker", kind="checkbox", box=BOX),
    Field(
        name="state", kind="choice_group", box=BOX,
        options=tuple(Option(value=v, box=(i * 40, 0, 20, 20)) for i, v in enumerate(("single", "married", "other"))),
    ),
)  # fmt: skip
MISLEADING, SAME_AS_MACHINE, EXPERT_ERROR = 0.0014, 0.02, 0.002
GOLD, ESTIMATE_EVERY = 100, 200


@dataclass(kw_only=True)
class Task:
    """One field to settle: what is true, what the image looks like, what the machine says, and what people said."""

    field: Field
    true: Entry
    seen: Entry
    machine: Entry
    confidence: float
    votes: list[Vote] = field(default_factory=list)
    verdict: Settled | None = None

    def cast(self, worker: Worker, rng: np.random.Generator) -> Vote:
        misled = not same(self.machine, self.true, self.field) and rng.random() < SAME_AS_MACHINE
        entry = worker.says(self.machine if misled and worker.manner == "careful" else self.seen, self.field, rng)
        return Vote(person=worker.person, entry=entry)

    @property
    def is_wrong(self) -> bool:
        return self.verdict is None or not same(self.verdict.entry, self.true, self.field)


@dataclass(frozen=True, kw_only=True)
class Figures:
    """Shares and counts per field: wrong verdicts, blind votes, gold answered, experts' votes."""

    wrong: float
    votes: float
    gold: float = 0.0
    experts: float = 0.0

    @property
    def keyed(self) -> float:
        return self.votes + self.gold + self.experts


def drawn_task(rng: np.random.Generator, machine_right: float) -> Task:
    """A field with a machine that is calibrated and right so often; its errors are slips as people make them."""
    place = FIELDS[int(rng.integers(len(FIELDS)))]
    true = drawn_value(place, rng)
    seen = slip(true, place, rng) if rng.random() < MISLEADING else true
    confidence = float(rng.beta(9 * machine_right, 9 * (1 - machine_right)))
    machine = true if rng.random() < confidence else slip(true, place, rng)
    return Task(field=place, true=true, seen=seen, machine=machine, confidence=min(max(confidence, 0.01), 0.999))


def drawn_value(place: Field, rng: np.random.Generator) -> Entry:
    if rng.random() < 0.08 and place.kind != "checkbox":
        return Entry(outcome="blank" if rng.random() < 0.8 else "illegible")
    digits = "".join(str(d) for d in rng.integers(0, 10, 6))
    letters = "".join("aeinorstlmdu"[i] for i in rng.integers(0, 12, int(rng.integers(4, 10))))
    values = {
        "code": "ABCDEF"[int(rng.integers(6))] + digits,
        "digits": digits[:5],
        "amount": f"{int(rng.integers(1, 9000))}.{digits[:2]}",
        "date": f"{int(rng.integers(1, 13))}/{int(rng.integers(1, 29))}/{int(rng.integers(1930, 2010))}",
        "name": letters.title(),
        "checkbox": "yes" if rng.random() < 0.3 else "no",
        "choice_group": ("single", "married", "other")[int(rng.integers(3))],
    }
    return Entry(text=values[place.kind])


@dataclass(kw_only=True)
class Office:
    """The queue in short: who is asked next, when gold is shown, what is done again."""

    people: tuple[Worker, ...]
    tasks: list[Task]
    policy: Policy
    rng: np.random.Generator
    bar: Bar = field(default_factory=Bar)
    uses_gold: bool = True
    skills: Skills = field(default_factory=Skills)
    clock: int = 0
    learned: int = 0
    gold: list[Ballot] = field(default_factory=list)
    experts: int = 0

    def __post_init__(self) -> None:
        self.histories = {w.person: History(person=w.person) for w in self.people}
        self.active = {w.person: w for w in self.people}
        self.pool = [drawn_task(self.rng, 0.9) for _ in range(GOLD)]
        self.missed: list[dict[str, tuple[str, str]]] = [{} for _ in self.pool]

    def run(self) -> Figures:
        waiting = deque(range(len(self.tasks)))
        while waiting:
            number = waiting.popleft()
            waiting.extend(self.ask(number, self.tasks[number]))
            if self.uses_gold and self.clock >= self.learned + ESTIMATE_EVERY:
                self.learn()
        fields = len(self.tasks)
        votes = sum(len(task.votes) for task in self.tasks) - self.experts
        wrong = sum(task.is_wrong for task in self.tasks)
        return Figures(
            wrong=wrong / fields, votes=votes / fields, gold=len(self.gold) / fields, experts=self.experts / fields
        )

    def ask(self, number: int, task: Task) -> list[int]:
        """One more vote on a task; returns the tasks that wait again, this one among them until it is settled."""
        asked = {vote.person for vote in task.votes}
        free = [worker for worker in self.active.values() if worker.person not in asked]
        state = self.settled(task)
        again: list[int] = []
        if isinstance(state, Settled):
            task.verdict = state
            return []
        if state.role == "expert" or not free:
            entry = task.seen if self.rng.random() >= EXPERT_ERROR else slip(task.seen, task.field, self.rng)
            task.votes.append(Vote(person="expert", entry=entry, role="expert"))
            self.experts += 1
        else:
            worker = free[int(self.rng.integers(len(free)))]
            again = self.show_gold(worker, task.field) if self.uses_gold else []
            if worker.person not in self.active:
                return [number, *again]
            task.votes.append(task.cast(worker, self.rng))
            self.now()
        state = self.settled(task)
        task.verdict = state if isinstance(state, Settled) else None
        return again if task.verdict else [number, *again]

    def settled(self, task: Task) -> Settled | Wants:
        if self.policy.rule == "one_plus_model":
            hearing = Assisted(machine=task.machine, confidence=task.confidence)
            return settle(task.votes, hearing, self.policy, task.field, self.skills)
        return settle(task.votes, Blind(purpose="production"), self.policy, task.field, self.skills)

    def show_gold(self, worker: Worker, place: Field) -> list[int]:
        """Gold, as often as this person's trust asks for; returns the tasks that must be done again."""
        history = self.histories[worker.person]
        while self.rng.random() < gold_rate(history, group_of(place), self.bar):
            drawn = int(self.rng.integers(GOLD))
            task = self.pool[drawn]
            vote = Vote(person=worker.person, entry=worker.says(task.true, task.field, self.rng))
            self.gold.append(Ballot(field=task.field, votes=(vote,), truth=task.true))
            right = same(vote.entry, task.true, task.field)
            if not right:
                self.missed[drawn][worker.person] = key(vote.entry, task.field)
            answer = GoldAnswer(at=self.now(), group=group_of(task.field), right=right)
            history = replace(history, answers=(*history.answers, answer))
            self.histories[worker.person] = history
            voiding = judge(history, self.bar)
            if voiding is not None:
                del self.active[worker.person]
                return self.void(worker.person)
        return []

    def void(self, person: str) -> list[int]:
        """All votes of somebody who is found out, and the fields that are open again without them."""
        opened = []
        for number, task in enumerate(self.tasks):
            if any(vote.person == person for vote in task.votes):
                task.votes = [replace(v, voided=True) if v.person == person else v for v in task.votes]
                state = self.settled(task)
                if task.verdict is not None and not isinstance(state, Settled):
                    opened.append(number)
                task.verdict = state if isinstance(state, Settled) else None
        return opened

    def learn(self) -> None:
        """Skills and circles from all votes so far."""
        self.learned = self.clock
        ballots = [
            Ballot(field=t.field, votes=tuple(t.votes), truth=t.verdict.entry if t.verdict.by == "expert" else None)
            for t in self.tasks
            if t.verdict is not None
        ]
        known = [(t.field, t.verdict.entry, t.votes) for t in self.tasks if t.verdict is not None]
        mistakes = [
            {v.person: key(v.entry, place) for v in votes if v.role == "reviewer" and not same(v.entry, entry, place)}
            for place, entry, votes in known
        ]
        found = circles(suspicions([wrong for wrong in mistakes + self.missed if len(wrong) > 1]))
        self.skills = estimate_skills(ballots + self.gold, found)

    def now(self) -> str:
        self.clock += 1
        return f"{self.clock:09d}"


def majority(people: tuple[Worker, ...], tasks: list[Task], rng: np.random.Generator) -> Figures:
    """Three people per field; what two of them say counts, of three different answers any."""
    wrong = 0
    for task in tasks:
        three = rng.permutation(len(people))[:3]
        said = Counter(key(task.cast(people[i], rng).entry, task.field) for i in three)
        wrong += said.most_common(1)[0][0] != key(task.true, task.field)
    return Figures(wrong=wrong / len(tasks), votes=3.0)
