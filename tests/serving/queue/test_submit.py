"""What becomes of an answer: in time, again, late, taken back, void."""

import pytest

from serving.ledger import Ledger
from serving.queue import Lease, Queue, Rules, TooLate
from tests.serving.queue.conftest import Clock
from tests.serving.queue.desk import Said, one, opened, taken, task


def refused(answer: object) -> str:
    assert isinstance(answer, TooLate), answer
    assert answer.reason.endswith("go on with the next one") or len(answer.reason) > 20
    return answer.code


def valid(queue: Queue, task_id: str = "t000000") -> list[str]:
    return [vote.person for vote in queue.votes(task_id) if vote.voided is None]


def test_a_vote_is_filed_with_how_it_was_made(ledger: Ledger) -> None:
    queue = opened(ledger, [task(0, votes=2)], people=("ada", "bob"))
    lease = one(queue, "ada")
    answer = taken(queue.submit(lease.token, "ada", Said("E757558"), seconds=4.2, keystrokes=8))
    assert (answer.task_id, answer.purpose, answer.late, answer.again, answer.complete) == (
        "t000000", "production", False, False, False,
    )  # fmt: skip
    (vote,) = queue.votes("t000000")
    assert (vote.person, vote.role, vote.outcome, vote.text) == ("ada", "reviewer", "text", "E757558")
    assert (vote.seconds, vote.keystrokes, vote.voided) == (4.2, 8, None) and len(vote.at) == 32
    assert taken(queue.submit(one(queue, "bob").token, "bob", Said("", "blank"))).complete


def test_the_same_again_is_fine_and_another_answer_is_not(ledger: Ledger) -> None:
    queue = opened(ledger, [task(0, votes=2)], people=("ada", "bob"))
    token = one(queue, "ada").token
    taken(queue.submit(token, "ada", Said()))
    again = taken(queue.submit(token, "ada", Said()))
    assert again.again and not again.late
    assert refused(queue.submit(token, "ada", Said("something else"))) == "answered"
    assert refused(queue.submit(token, "ada", Said("", "blank"))) == "answered"
    assert refused(queue.submit(token, "bob", Said())) == "unknown"
    assert len(queue.votes("t000000")) == 1


def test_late_but_nobody_else_has_it_is_taken(ledger: Ledger, clock: Clock) -> None:
    queue = opened(ledger, [task(0)], people=("ada", "bob"))
    lease = one(queue, "ada")
    clock.wait(100_000)
    answer = taken(queue.submit(lease.token, "ada", Said()))
    assert answer.late and answer.complete and queue.lease("bob", "morning") == ()
    again = taken(queue.submit(lease.token, "ada", Said()))
    assert again.late and again.again


def test_late_and_somebody_else_has_it_is_refused_politely(ledger: Ledger, clock: Clock) -> None:
    queue = opened(ledger, [task(0)], people=("ada", "bob"))
    late = one(queue, "ada")
    clock.wait(301)
    lease = one(queue, "bob")
    assert refused(queue.submit(late.token, "ada", Said("stale"))) == "taken"
    taken(queue.submit(lease.token, "bob", Said()))
    assert refused(queue.submit(late.token, "ada", Said("stale"))) == "settled"
    assert valid(queue) == ["bob"]


def test_late_takes_another_place_of_the_same_task(ledger: Ledger, clock: Clock) -> None:
    queue = opened(ledger, [task(0, votes=2)], people=("ada", "bob", "cyd"))
    late = one(queue, "ada")
    clock.wait(301)
    one(queue, "bob")
    assert taken(queue.submit(late.token, "ada", Said())).late
    assert queue.lease("cyd", "morning") == ()  # one vote is in, the other on bob's desk


def test_late_is_no_way_to_answer_twice_or_in_another_role(ledger: Ledger, clock: Clock) -> None:
    queue = opened(ledger, [task(0, votes=2)], Rules(alone=True, undo_s=0), people=("ada", "bob"))
    first = one(queue, "ada")
    clock.wait(301)
    one(queue, "bob")
    second = one(queue, "ada")  # the other place: a team of one gets again what it left
    clock.wait(301)
    taken(queue.submit(second.token, "ada", Said()))
    assert refused(queue.submit(first.token, "ada", Said())) == "answered"
    lapsed = one(queue, "bob")
    clock.wait(301)
    queue.wants("t000000", 1, "expert", "hard to read")
    assert refused(queue.submit(lapsed.token, "bob", Said())) == "taken"
    assert valid(queue) == ["ada"]


def test_what_was_given_back_is_not_taken(ledger: Ledger) -> None:
    queue = opened(ledger, [task(0)], people=("ada",))
    lease = one(queue, "ada")
    assert queue.release(lease.token, "ada")
    assert refused(queue.submit(lease.token, "ada", Said())) == "released"


def test_a_tiebreak_and_an_expert_are_asked_when_they_are_wanted(ledger: Ledger) -> None:
    queue = opened(ledger, [task(0, votes=2)], people=("ada", "bob", "cyd", "eve"))
    for person in ("ada", "bob"):
        queue.submit(one(queue, person).token, person, Said(person))
    assert queue.ripe() == ("t000000",) and queue.lease("cyd", "morning") == ()
    queue.wants("t000000", 3, "reviewer", "two answers")
    assert queue.ripe() == ()
    third = one(queue, "cyd")
    queue.wants("t000000", 1, "expert", "hard to read")
    assert refused(queue.submit(third.token, "cyd", Said())) == "withdrawn"
    assert queue.lease("cyd", "evening") == () and queue.lease("ada", "noon", role="expert") == ()
    taken(queue.submit(one(queue, "eve", role="expert").token, "eve", Said("eve")))
    assert queue.ripe() == ("t000000",)
    queue.wants("t000000", 0, "expert", "settled")
    assert queue.ripe() == () and queue.counts() == ()
    assert (queue.task("t000000").votes, queue.task("t000000").reason) == (0, "settled")


def test_settling_withdraws_what_is_on_desks(ledger: Ledger) -> None:
    queue = opened(ledger, [task(0, votes=3)], people=("ada", "bob"))
    leases = [one(queue, person) for person in ("ada", "bob")]
    queue.wants("t000000", 0, "reviewer", "the customer told us")
    assert queue.held("ada", "morning") == ()
    assert refused(queue.submit(leases[0].token, "ada", Said())) == "withdrawn"


def test_the_last_answer_can_be_taken_back(ledger: Ledger, clock: Clock) -> None:
    queue = opened(ledger, [task(n, 1, kind="name") for n in range(3)], Rules(undo_s=20), people=("ada", "bob"))
    first, second = queue.lease("ada", "morning", count=2)
    for lease in (first, second):
        clock.wait(1)
        taken(queue.submit(lease.token, "ada", Said("wrong")))
    assert queue.ripe() == (first.task_id,)  # no longer the last answer: it stands
    assert refused(queue.undo(first.token, "ada")) == "final"
    assert refused(queue.undo(second.token, "bob")) == "unknown"
    again = queue.undo(second.token, "ada")
    assert isinstance(again, Lease) and again.task_id == second.task_id and again.token > second.token
    assert not again.relaxed and queue.held("ada", "morning") == (again,)
    assert refused(queue.undo(second.token, "ada")) == "taken_back"
    assert refused(queue.submit(second.token, "ada", Said("wrong"))) == "taken_back"
    assert one(queue, "bob").task_id not in (first.task_id, second.task_id)
    taken(queue.submit(again.token, "ada", Said("right")))
    assert [(vote.text, vote.voided) for vote in queue.votes(second.task_id)] == [
        ("wrong", "taken back"),
        ("right", None),
    ]
    clock.wait(21)
    assert queue.ripe() == (first.task_id, second.task_id)
    assert refused(queue.undo(again.token, "ada")) == "final"


@pytest.mark.parametrize("purpose", ["production", "gold"])
def test_undo_is_the_same_for_gold(ledger: Ledger, clock: Clock, purpose: str) -> None:
    from serving.queue import Gold

    gold = [task(1, 1, kind="name", purpose="gold", votes=0)] if purpose == "gold" else []
    queue = opened(ledger, [task(0, 1, kind="name"), *gold], Rules(undo_s=20), people=("ada",))
    queue.add_gold(Gold(crop_id=item.crop_id, outcome="text", text="x", by="expert") for item in gold)
    lease = one(queue, "ada", gold=float(len(gold)))
    taken(queue.submit(lease.token, "ada", Said()))
    clock.wait(19)
    again = queue.undo(lease.token, "ada")
    assert isinstance(again, Lease) and again.task_id == lease.task_id
    taken(queue.submit(again.token, "ada", Said("better")))
    clock.wait(20)
    assert refused(queue.undo(again.token, "ada")) == "final"


def test_void_votes_are_asked_of_others_also_where_they_settled_something(ledger: Ledger, clock: Clock) -> None:
    tasks = [task(n, 1, kind=("name", "date")[n % 2]) for n in range(6)]
    queue = opened(ledger, tasks, people=("mallory", "bob"))
    before = clock.now
    clock.wait(1)
    for lease in queue.lease("mallory", "morning", count=5):
        queue.submit(lease.token, "mallory", Said("whatever"))
    queue.wants("t000000", 0, "reviewer", "settled")
    desk = one(queue, "mallory", "evening")
    touched = queue.void("mallory", before, "under the bar", by="ada", kinds=["name"])
    assert sorted(touched) == ["t000000", "t000002"]
    assert valid(queue) == [] and queue.votes("t000000")[0].voided == "under the bar"
    assert (queue.task("t000000").votes, queue.task("t000000").reason) == (1, "under the bar")
    assert sorted(queue.void("mallory", before, "under the bar", by="ada")) == ["t000001", "t000003", "t000005"]
    assert queue.void("mallory", before, "under the bar", by="ada") == ()
    assert refused(queue.submit(desk.token, "mallory", Said())) == "withdrawn"
    assert len(queue.lease("bob", "morning", count=9)) == 6 and queue.lease("mallory", "next day") == ()


def test_answers_to_gold_stay_when_votes_are_voided(ledger: Ledger) -> None:
    from serving.queue import Gold

    tasks = [task(0, 1, kind="name"), task(1, 1, kind="name", purpose="gold", votes=0)]
    queue = opened(ledger, tasks, people=("mallory",))
    queue.add_gold([Gold(crop_id="c000001", outcome="text", text="x", by="expert")])
    for gold in (1.0, 0.0):
        queue.submit(one(queue, "mallory", gold=gold).token, "mallory", Said())
    assert queue.void("mallory", "", "under the bar", by="ada") == ("t000000",)
    assert valid(queue, "t000001") == ["mallory"] and valid(queue, "t000000") == []


def test_many_votes_are_voided_in_several_steps(ledger: Ledger) -> None:
    queue = opened(ledger, [task(n, 1, kind="name") for n in range(250)], people=("mallory",))
    for _ in range(5):
        for lease in queue.lease("mallory", "morning", count=50):
            queue.submit(lease.token, "mallory", Said())
    assert len(queue.ripe(1000)) == 250
    assert len(queue.void("mallory", "", "under the bar", by="ada")) == 250
    assert queue.ripe() == () and sum(count.wanted for count in queue.counts()) == 250
