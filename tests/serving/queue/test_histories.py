"""Long random histories: whatever people do, and in whatever order, the queue does what its plain model does."""

from collections import Counter
from random import Random
from typing import Any

import pytest
from sqlalchemy import create_engine, text

from serving.ledger import Ledger
from serving.queue import Queue, Rules, Submitted, Task
from tests.serving.queue.conftest import Clock
from tests.serving.queue.desk import Said, opened, task
from tests.serving.queue.model import Held, Model

PEOPLE = ("ada", "bob", "cyd", "dan", "eve")
SITTINGS = ("morning", "noon", "evening", "night")
STEPS = 500


class History:
    def __init__(self, ledger: Ledger, clock: Clock, seed: int) -> None:
        self.random = Random(seed)
        self.rules = Rules(lease_s=60, run=3, undo_s=0)
        tasks = [self.task(n) for n in range(90)]
        self.queue = opened(ledger, tasks, self.rules, PEOPLE)
        self.model = Model(tasks={item.task_id: item for item in tasks}, rules=self.rules)
        self.clock, self.ledger = clock, ledger
        self.seen: Counter[str] = Counter()

    def task(self, n: int) -> Task:
        """Three fields to a record, one votes or two, and now and then a second task about a crop."""
        again = {"crop_id": f"c{n - 1:06d}"} if n % 7 == 6 else {}
        role = "expert" if n % 11 == 5 else "reviewer"
        return task(n, 3, votes=self.random.choice((1, 2)), role=role, value=self.random.random(), **again)

    def step(self) -> None:
        steps = {"lease": 8, "submit": 6, "wait": 2, "release": 1, "want": 2, "void": 0.3, "sleep": 0.3}
        (name,) = self.random.choices(list(steps), list(steps.values()))
        self.seen[name] += 1
        getattr(self, name)()

    def lease(self) -> None:
        person, sitting = self.random.choice(PEOPLE), self.random.choice(SITTINGS)
        role: Any = "expert" if self.random.random() < 0.2 else "reviewer"
        allowed = self.model.may_have(person, sitting, role)
        leases = self.queue.lease(person, sitting, role=role)
        assert bool(leases) == bool(allowed), (person, sitting, role, allowed)
        for lease in leases:
            assert lease.task_id in allowed and not lease.relaxed
            assert lease.token > max(self.model.leases, default=0)
            rivals = [self.model.tasks[name] for name in allowed if self.model.tasks[name].kind == lease.kind]
            assert self.model.tasks[lease.task_id].value == max(rival.value for rival in rivals)
            self.model.leases[lease.token] = Held(
                lease.token, self.model.tasks[lease.task_id], person, sitting, role, self.model.now + 60
            )

    def submit(self) -> None:
        if not self.model.leases:
            return
        held = self.random.choice(list(self.model.leases.values())[-25:])
        person = held.person if self.random.random() < 0.95 else self.random.choice(PEOPLE)
        said = self.random.choice(("yes", "no"))
        expected = self.model.submit(held.token, person, said)
        self.seen[expected] += 1
        answer = self.queue.submit(held.token, person, Said(said))
        if isinstance(answer, Submitted):
            assert expected == ("again" if answer.again else "late" if answer.late else "in time")
            assert answer.again or answer.complete == (self.model.missing(answer.task_id) == 0)
        else:
            kinds = {"ended": {"released", "withdrawn"}, "too late": {"taken", "settled"}}
            assert answer.code in kinds.get(expected, {expected})

    def wait(self) -> None:
        self.pass_time(self.random.choice((5, 20, 61)))

    def sleep(self) -> None:
        self.pass_time(3600)

    def pass_time(self, seconds: float) -> None:
        self.clock.wait(seconds)
        self.model.now += seconds

    def release(self) -> None:
        if self.model.leases:
            held = self.random.choice(list(self.model.leases.values()))
            assert self.queue.release(held.token, held.person) == (not held.ended)
            held.ended = True

    def want(self) -> None:
        task_id = self.random.choice(list(self.model.tasks))
        votes = self.random.choice((0, 1, 2, 3))
        role: Any = self.random.choice(("reviewer", "reviewer", "expert"))
        self.queue.wants(task_id, votes, role, "because")
        self.model.want(task_id, votes, role)

    def void(self) -> None:
        person = self.random.choice(PEOPLE)
        assert set(self.queue.void(person, "", "under the bar", by="admin")) == self.model.void(person)

    def check(self) -> None:
        """The line is what the records make of it, and what is on desks is what the model has on them."""
        line = Counter(row[0] for row in rows(self.ledger, "SELECT task_id FROM slots"))
        assert line == Counter({name: n for name in self.model.tasks if (n := self.model.missing(name))})
        wanted = {name for name, (votes, _) in self.model.wants.items() if votes}
        assert set(self.queue.ripe(1000)) == {name for name in wanted if not self.model.missing(name)}
        for person in PEOPLE:
            desk = {lease.token for sitting in SITTINGS for lease in self.queue.held(person, sitting)}
            assert desk == {held.token for held in self.model.live(person=person)}


def rows(ledger: Ledger, query: str) -> list[Any]:
    engine = create_engine(ledger.url)
    with engine.connect() as connection:
        found = list(connection.execute(text(query)))
    engine.dispose()
    return found


@pytest.mark.parametrize("seed", range(2))
def test_a_long_history_is_as_the_model_says(ledger: Ledger, clock: Clock, seed: int) -> None:
    history = History(ledger, clock, seed)
    for step in range(STEPS):
        history.step()
        if step % 50 == 0:
            history.check()
    history.check()
    assert {"lease", "submit", "want", "late", "in time", "again", "too late", "ended"} <= set(history.seen)
    twice = "SELECT person_id, crop_id FROM leases GROUP BY person_id, crop_id HAVING count(*) > 1"
    together = "SELECT 1 FROM leases GROUP BY person_id, sitting, record_id HAVING count(*) > 1"
    assert rows(ledger, twice) == rows(ledger, together) == []
    assert rows(ledger, "SELECT token FROM leases WHERE relaxed <> 0") == []


def test_queues_in_two_places_remember_other_marks_and_do_the_same(ledger: Ledger, clock: Clock) -> None:
    """What a queue remembers of each person's place in the line is never what it goes by alone."""
    history = History(ledger, clock, 99)
    queues = [history.queue, Queue(ledger, history.rules), Queue(ledger, history.rules)]
    for step in range(STEPS // 2):
        history.queue = queues[step % 3] if step % 50 else Queue(ledger, history.rules)
        history.step()
    history.check()
