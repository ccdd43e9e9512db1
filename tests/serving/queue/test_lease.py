"""Who gets what, and when somebody else does."""

import random
from dataclasses import fields
from datetime import UTC, datetime
from itertools import pairwise

import pytest

from recognizer.errors import LedgerError, UsageError
from serving.ledger import Ledger
from serving.queue import Gold, Lease, Rules, Task, TooLate
from tests.serving.queue.conftest import Clock
from tests.serving.queue.desk import Said, file_crops, file_people, one, opened, taken, task


def test_a_task_is_filed_once(ledger: Ledger) -> None:
    queue = opened(ledger, [task(n) for n in range(3)])
    assert queue.add([task(2), task(2), task(0, value=99.0)]) == 0
    assert [count.wanted for count in queue.counts()] == [1, 1, 1]
    assert queue.task("t000000").value == 1.0


def test_the_clock_is_the_databases_and_its_times_are_the_ledgers(ledger: Ledger) -> None:
    queue = opened(ledger, [task(0)], people=("ada",))
    lease = one(queue, "ada")
    seconds = (datetime.fromisoformat(lease.expires_at) - datetime.now(UTC)).total_seconds()
    assert len(lease.expires_at) == 32 and abs(seconds - 300) < 60


def test_nobody_gets_a_field_twice_even_for_another_purpose(ledger: Ledger, clock: Clock) -> None:
    again = task(9, crop_id="c000000", kind="name", purpose="audit", record_id=None)
    queue = opened(ledger, [task(0, votes=2), again], people=("ada", "bob"))
    lease = one(queue, "ada", "morning")
    assert queue.lease("ada", "morning") == () and queue.lease("ada", "evening") == ()
    taken(queue.submit(lease.token, "ada", Said()))
    assert queue.lease("ada", "next day") == ()
    assert one(queue, "bob").task_id == "t000000"
    assert queue.lease("bob", "next day") == ()  # on his own desk since the morning


def test_nobody_gets_two_fields_of_a_record_in_a_sitting(ledger: Ledger) -> None:
    queue = opened(ledger, [task(n) for n in range(8)], people=("ada",))  # two records
    leases = queue.lease("ada", "morning", count=5)
    assert len(leases) == 2 and {int(lease.task_id[1:]) // 4 for lease in leases} == {0, 1}
    assert len(queue.lease("ada", "evening", count=5)) == 2


def test_a_team_of_one_may_and_the_lease_says_so(ledger: Ledger, clock: Clock) -> None:
    queue = opened(ledger, [task(n) for n in range(4)], Rules(alone=True), people=("ada",))
    leases = queue.lease("ada", "morning", count=9)
    assert len(leases) == 4 and [lease.relaxed for lease in leases] == [False, True, True, True]
    taken(queue.submit(leases[0].token, "ada", Said()))
    clock.wait(301)
    again = queue.lease("ada", "morning", count=9)
    assert {lease.task_id for lease in again} == {lease.task_id for lease in leases[1:]}  # not what is answered


def test_the_order_is_by_promise_age_and_value(ledger: Ledger, clock: Clock) -> None:
    file_people(ledger, "ada")
    queue = opened(ledger, [task(0, 1, kind="name")], Rules(patience_s=1000, haste_s=100))
    clock.wait(100)
    file_crops(ledger, [f"c{n:06d}" for n in range(1, 5)])
    promised = {"due_at": "2026-11-24T08:05:00+00:00"}  # 200 s from now
    new: list[dict[str, object]] = [{}, {"value": 3.0}, promised, {"value": 2.5}]
    queue.add(task(n, 1, kind="name", **settings) for n, settings in enumerate(new, start=1))
    assert [lease.task_id for lease in queue.lease("ada", "morning", count=5)] == [
        "t000003",  # promised in 200 s
        "t000002",  # a day's patience, but a wrong value costs three times as much
        "t000004",
        "t000000",  # as much worth as the last, and older
        "t000001",
    ]


def test_one_kind_after_the_other_until_its_run_is_over(ledger: Ledger) -> None:
    tasks = [task(n, 1, kind=("name", "date")[n % 2]) for n in range(40)]
    queue = opened(ledger, tasks, Rules(run=5), people=("ada",))
    kinds = [one(queue, "ada").kind for _ in range(40)]
    changes = sum(a != b for a, b in pairwise(kinds))
    assert changes <= 8 and sorted(kinds) == ["date"] * 20 + ["name"] * 20
    assert queue.lease("ada", "morning", kinds=["name"]) == ()


def test_only_the_kinds_and_the_role_that_are_asked_for(ledger: Ledger) -> None:
    tasks = [task(0, 1, kind="name"), task(1, 1, kind="date"), task(2, 1, kind="ssn", role="expert")]
    queue = opened(ledger, tasks, people=("ada",))
    assert one(queue, "ada", kinds=["date"]).task_id == "t000001"
    assert one(queue, "ada", role="expert").task_id == "t000002"
    assert one(queue, "ada").task_id == "t000000"


def test_what_somebody_leaves_comes_to_somebody_else(ledger: Ledger, clock: Clock) -> None:
    queue = opened(ledger, [task(0)], people=("ada", "bob", "cyd"))
    first = one(queue, "ada")
    assert queue.lease("bob", "morning") == ()
    clock.wait(299)
    assert queue.lease("bob", "morning") == () and queue.held("ada", "morning") == (first,)
    clock.wait(1)
    second = one(queue, "bob")
    assert second.task_id == first.task_id and second.token > first.token
    assert queue.held("ada", "morning") == () and queue.lease("ada", "morning") == ()
    assert queue.release(second.token, "bob") and not queue.release(second.token, "bob")
    assert not queue.release(first.token, "cyd")
    assert one(queue, "cyd").task_id == first.task_id


def test_a_short_lease_ends_by_the_databases_own_clock(ledger: Ledger) -> None:
    queue = opened(ledger, [task(0)], Rules(lease_s=0.3), people=("ada", "bob"))
    one(queue, "ada")
    assert queue.lease("bob", "morning") == ()
    for _ in range(10_000):
        if leases := queue.lease("bob", "morning"):
            break
    assert leases and leases[0].task_id == "t000000"


def test_a_page_that_is_loaded_again_shows_what_was_there(ledger: Ledger, clock: Clock) -> None:
    queue = opened(ledger, [task(n) for n in range(12)], people=("ada",))
    leases = queue.lease("ada", "morning", count=2)
    clock.wait(60)
    assert queue.held("ada", "morning") == leases and queue.held("ada", "evening") == ()
    taken(queue.submit(leases[0].token, "ada", Said()))
    assert queue.held("ada", "morning") == leases[1:]


def test_new_and_returned_tasks_are_found_before_the_mark(ledger: Ledger, clock: Clock) -> None:
    """Each person's place in the line is remembered; what comes in before it must be seen all the same."""
    queue = opened(ledger, [task(n, 1, kind="name") for n in range(30)], people=("ada", "bob"))
    bobs = one(queue, "bob")
    for _ in range(20):
        one(queue, "ada")
    clock.wait(3600)
    assert one(queue, "ada").task_id == bobs.task_id  # bob went away an hour ago
    file_crops(ledger, ["c000030"])
    queue.add([task(30, 1, kind="name", value=50.0)])
    assert one(queue, "ada").task_id == "t000030"
    assert len(queue.lease("ada", "morning", count=50)) == 9
    assert queue.lease("ada", "morning") == ()
    file_crops(ledger, ["c000031"])
    queue.add([task(31, 1, kind="name")])
    clock.wait(60)
    assert one(queue, "ada").task_id == "t000031"


def test_gold_is_mixed_in_and_cannot_be_told(ledger: Ledger) -> None:
    real = [task(n, 1, kind="name") for n in range(300)]
    gold = [task(n, 1, kind="name", purpose="gold", record_id=None, votes=0) for n in range(300, 400)]
    queue = opened(ledger, [*real, *gold], people=("ada", "bob"))
    queue.add_gold(Gold(crop_id=item.crop_id, outcome="text", text="F757558", by="expert") for item in gold)
    known = {item.task_id for item in gold}
    seen = {person: [one(queue, person, gold=0.25).task_id for _ in range(100)] for person in ("ada", "bob")}
    for had in seen.values():
        assert 10 <= len(known.intersection(had)) <= 45 and len(set(had)) == 100
    assert known.intersection(seen["ada"]) & set(seen["bob"])  # the same gold for everybody
    assert not {"purpose", "record_id", "prediction_id", "batch_id"} & {field.name for field in fields(Lease)}
    lease = one(queue, "ada", "evening", gold=1.0)
    answer = taken(queue.submit(lease.token, "ada", Said()))
    assert answer.purpose == "gold" and not answer.complete
    assert queue.gold(lease.crop_id) == Gold(crop_id=lease.crop_id, outcome="text", text="F757558", by="expert")
    assert sum(count.wanted for count in queue.counts()) == 300


def test_who_has_seen_all_gold_gets_real_tasks_unless_nothing_else_is_allowed(ledger: Ledger) -> None:
    tasks = [task(n, 1, kind="name") for n in range(9)] + [task(9, 1, kind="name", purpose="gold", votes=0)]
    queue = opened(ledger, tasks, people=("ada",))
    queue.add_gold([Gold(crop_id="c000009", outcome="blank", text="", by="expert")])
    assert one(queue, "ada", gold=1.0).task_id == "t000009"
    assert queue.lease("ada", "morning", gold=1.0) == ()
    assert one(queue, "ada", gold=0.999).task_id == "t000000"


def test_a_task_must_make_sense(ledger: Ledger) -> None:
    queue = opened(ledger, [task(0)], people=("ada",))
    with pytest.raises(UsageError, match="unknown kind 'colour'"):
        queue.add([task(1, kind="colour")])
    with pytest.raises(UsageError, match="due_at is no time"):
        queue.add([task(1, crop_id="c000000", due_at="tomorrow")])
    with pytest.raises(UsageError, match="value"):
        queue.add([task(1, value=float("nan"))])
    with pytest.raises(LedgerError, match="failed"):
        queue.add([task(1, crop_id="unknown")])
    with pytest.raises(LedgerError, match="failed"):
        queue.lease("nobody", "morning")
    with pytest.raises(LedgerError, match="no task"):
        queue.wants("t9", 1, "reviewer", "why")
    with pytest.raises(LedgerError, match="no task"):
        queue.task("t9")
    with pytest.raises(UsageError, match="rules"):
        Rules(lease_s=0)
    assert isinstance(queue.submit(99, "ada", Said()), TooLate) and not queue.release(99, "ada")


def test_counts_say_what_waits(ledger: Ledger, clock: Clock) -> None:
    tasks = [task(n, 1, kind="name", votes=2) for n in range(3)] + [task(3, 1, kind="date", role="expert")]
    queue = opened(ledger, tasks, Rules(patience_s=3600, haste_s=0), people=("ada",))
    begun = clock.now
    clock.wait(3601)
    queue.lease("ada", "morning", count=2)
    expert, reviewer = queue.counts()
    assert (expert.role, expert.kind, expert.wanted, expert.leased, expert.overdue) == ("expert", "date", 1, 0, 1)
    assert (reviewer.kind, reviewer.wanted, reviewer.leased, reviewer.oldest_at) == ("name", 6, 2, begun)


def test_two_queues_on_one_ledger_share_the_work(ledger: Ledger) -> None:
    file_people(ledger, "ada", "bob")
    one_queue = opened(ledger, [task(n, 1) for n in range(20)])
    other = type(one_queue)(ledger, Rules(), random.Random(1))
    had = [one(queue, person).task_id for _ in range(10) for queue, person in ((one_queue, "ada"), (other, "bob"))]
    assert len(set(had)) == 20


def test_a_task_comes_back_as_it_was_filed(ledger: Ledger) -> None:
    filed = task(0, due_at="2026-12-01T00:00:00+00:00", value=2.5, votes=2, purpose="audit")
    queue = opened(ledger, [filed])
    found = queue.task("t000000")
    assert found.created_at and Task(**{**vars(found), "created_at": ""}) == filed
