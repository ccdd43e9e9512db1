"""Tasks that lie with a crowd are nobody else's until the export expires; what comes back are its workers' votes."""

from collections.abc import Sequence

import pytest

from recognizer.errors import InputError, UsageError
from recognizer.form import Field
from serving.consensus import Entry
from serving.crowds.hand_in import HandedIn, hand_in
from serving.crowds.hand_out import SENSITIVE_KINDS, HandedOut, Wanted, hand_out
from serving.crowds.work import Answer
from serving.crowds.worker import worker
from serving.ledger import Ledger
from serving.people import People
from serving.queue import Gold, Queue, Rules, Task
from serving.queue.assign import KINDS
from tests.serving.queue.conftest import Clock
from tests.serving.queue.desk import one, opened, task

RULES = Rules(undo_s=0)
CROWD = "label-studio"


def tasks(count: int, **settings: object) -> list[Task]:
    """So many fields, each of a record of its own."""
    return [task(n, fields=1, kind="name", **settings) for n in range(count)]


def out(ledger: Ledger, crowd: str = CROWD, **wanted: object) -> HandedOut:
    handed = hand_out(ledger, crowd, Wanted(**{"gold": 0.0} | wanted), RULES)  # type: ignore[arg-type]
    assert handed is not None
    return handed


def answer(task_id: str, text: str = "Kaplan", worker: str = "3", **settings: str) -> Answer:
    return Answer(task_id=task_id, worker=worker, entry=Entry(text=text), place="annotation 1", **settings)  # type: ignore[arg-type]


def back(ledger: Ledger, queue: Queue, answers: Sequence[Answer], crowd: str = CROWD) -> HandedIn:
    return hand_in(ledger, queue.submit, crowd, answers, RULES)


def why(told: HandedIn) -> list[str]:
    return [complaint.why.split(":")[0] for complaint in told.refused]


def test_what_lies_with_a_crowd_is_not_given_to_anybody_else(ledger: Ledger) -> None:
    queue = opened(ledger, tasks(3), people=("ann",))
    handed = out(ledger, count=2)
    assert len(handed.leases) == 2
    assert one(queue, "ann").task_id not in {lease.task_id for lease in handed.leases}
    assert queue.lease("ann", "morning") == ()
    assert hand_out(ledger, CROWD, Wanted(), RULES) is None


def test_answers_become_votes_of_their_workers(ledger: Ledger) -> None:
    queue = opened(ledger, tasks(2))
    handed = out(ledger)
    told = back(ledger, queue, [answer(lease.task_id, worker=str(n)) for n, lease in enumerate(handed.leases)])
    assert (told.taken, told.known, told.refused) == (2, 0, ())
    names = {person.person_id: person.name for person in People(ledger).everybody()}
    voted = [queue.votes(lease.task_id) for lease in handed.leases]
    assert [[names[vote.person] for vote in votes] for votes in voted] == [["label-studio:0"], ["label-studio:1"]]
    assert set(queue.ripe()) == {lease.task_id for lease in handed.leases}
    assert queue.counts() == ()


def test_the_same_again_changes_nothing(ledger: Ledger) -> None:
    queue = opened(ledger, tasks(3))
    answers = [answer(lease.task_id) for lease in out(ledger).leases]
    assert back(ledger, queue, answers).taken == 3
    before = [queue.votes(each.task_id) for each in answers]
    again = back(ledger, queue, answers + answers)
    assert (again.taken, again.known, again.refused) == (0, 6, ())
    assert [queue.votes(each.task_id) for each in answers] == before


def test_a_field_gets_as_many_answers_as_it_wants_and_no_more(ledger: Ledger) -> None:
    queue = opened(ledger, tasks(1, votes=2), people=("ann",))
    (lease,) = out(ledger).leases
    assert queue.lease("ann", "morning") == ()  # both votes lie with the crowd
    told = back(ledger, queue, [answer(lease.task_id, worker=name) for name in "345"])
    assert told.taken == 2 and why(told) == ["the field is settled"]


def test_a_worker_answers_a_field_once(ledger: Ledger) -> None:
    queue = opened(ledger, tasks(1, votes=2))
    (lease,) = out(ledger).leases
    told = back(ledger, queue, [answer(lease.task_id), answer(lease.task_id, "Kaplau")])
    assert told.taken == 1 and why(told) == ["this worker answered the field before, and otherwise"]


def test_what_did_not_come_back_is_open_to_everybody_again(ledger: Ledger, clock: Clock) -> None:
    queue = opened(ledger, tasks(2), people=("ann",))
    handed = out(ledger, days=1.0)
    clock.wait(86_401)
    first, second = one(queue, "ann"), handed.leases[1]
    assert first.task_id == handed.leases[0].task_id
    told = back(ledger, queue, [answer(first.task_id), answer(second.task_id)])
    assert told.taken == 1 and why(told) == ["the export has expired, and somebody else has the field now"]
    assert len(queue.votes(second.task_id)) == 1  # late, and nobody else had it: work that is done counts


def test_a_field_may_go_out_again_after_it_expired(ledger: Ledger, clock: Clock) -> None:
    queue = opened(ledger, tasks(1))
    out(ledger, days=1.0)
    clock.wait(86_401)
    again = out(ledger)
    assert back(ledger, queue, [answer(again.leases[0].task_id)]).taken == 1


def test_tasks_that_never_went_to_this_crowd_are_refused(ledger: Ledger) -> None:
    queue = opened(ledger, tasks(2))
    handed = out(ledger, crowd="csv", count=1)
    others = [item.task_id for item in tasks(2) if item.task_id != handed.leases[0].task_id]
    told = back(ledger, queue, [answer("nonsense"), answer(handed.leases[0].task_id), answer(others[0])])
    assert told.taken == 0 and told.reasons == {told.refused[0].why: 3}
    assert "no such task was handed to this crowd" in told.refused[0].why


def test_a_changed_answer_takes_the_place_of_the_old_one(ledger: Ledger) -> None:
    queue = opened(ledger, tasks(1, votes=2))
    (lease,) = out(ledger).leases
    first = answer(lease.task_id, "Kaplau", answer_id="7", edition="2026-11-25T09:00:05Z")
    later = answer(lease.task_id, "Kaplan", answer_id="7", edition="2026-11-25T09:10:00Z")
    assert back(ledger, queue, [first, later]).taken == 2
    assert [(vote.text, vote.voided is None) for vote in queue.votes(lease.task_id)] == [
        ("Kaplau", False), ("Kaplan", True),
    ]  # fmt: skip
    again = back(ledger, queue, [first, later])
    assert (again.taken, again.known) == (0, 2)
    assert back(ledger, queue, [answer(lease.task_id, worker="4")]).taken == 1  # the other vote is still wanted
    queue.wants(lease.task_id, 0, "reviewer", "settled")
    last = answer(lease.task_id, "Kaplow", answer_id="7", edition="2026-11-25T09:20:00Z")
    assert why(back(ledger, queue, [last])) == ["the field is settled"]


def test_an_interrupted_import_goes_on(ledger: Ledger) -> None:
    queue = opened(ledger, tasks(2))
    answers = [answer(lease.task_id, answer_id=str(n)) for n, lease in enumerate(out(ledger).leases)]

    def dies(*_: object, **__: object) -> None:
        raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        hand_in(ledger, dies, CROWD, answers, RULES)  # type: ignore[arg-type]
    assert back(ledger, queue, answers).taken == 2
    assert all(len(queue.votes(each.task_id)) == 1 for each in answers)


def test_gold_goes_out_unseen_and_every_worker_may_answer_it(ledger: Ledger) -> None:
    known = [task(100 + n, fields=1, kind="name", purpose="gold", votes=0) for n in range(100)]
    queue = opened(ledger, tasks(60) + known)
    queue.add_gold([Gold(crop_id=item.crop_id, outcome="text", text="Kaplan", by="expert") for item in known])
    handed = out(ledger, gold=0.3)
    golden = [lease for lease in handed.leases if queue.task(lease.task_id).purpose == "gold"]
    assert 2 < len(golden) < 70 and len(handed.leases) - len(golden) == 60
    told = back(ledger, queue, [answer(golden[0].task_id, worker=name) for name in "345"])
    assert told.taken == 3
    assert why(back(ledger, queue, [answer(golden[0].task_id, "Kaplau")])) == [
        "this worker answered the field before, and otherwise"
    ]


def test_one_field_of_a_record_unless_more_may_go_together(ledger: Ledger) -> None:
    queue = opened(ledger, [task(n, fields=4, kind="name") for n in range(8)])
    strict = out(ledger)
    assert len({queue.task(lease.task_id).record_id for lease in strict.leases}) == len(strict.leases) == 2
    together = out(ledger, together=True)
    assert len(together.leases) == 6 and sum(lease.relaxed for lease in together.leases) == 4


def test_social_security_numbers_stay_in_the_house(ledger: Ledger) -> None:
    opened(ledger, [task(n, fields=1, kind="ssn") for n in range(2)])
    assert hand_out(ledger, CROWD, Wanted(), RULES) is None
    with pytest.raises(UsageError, match="--sensitive"):
        Wanted(kinds=("ssn",))
    assert len(out(ledger, sensitive=True).leases) == 2
    for kind in KINDS:
        options = {"lexicon": ("a",)} if kind == "choice" else {}
        if kind != "choice_group":
            assert Field(name="a", kind=kind, box=(0, 0, 9, 9), **options).is_sensitive == (kind in SENSITIVE_KINDS)  # type: ignore[arg-type]


@pytest.mark.parametrize(
    "wanted", [{"count": 0}, {"days": 0}, {"days": 400}, {"gold": 1.0}, {"kinds": ("words",)}], ids=str
)
def test_what_cannot_go_out_is_refused(wanted: dict[str, object]) -> None:
    with pytest.raises(UsageError, match="mend"):
        Wanted(**wanted)  # type: ignore[arg-type]


def test_workers_cannot_sign_in(ledger: Ledger) -> None:
    person = worker(ledger, CROWD, "3")
    assert worker(ledger, CROWD, "3") == person
    assert worker(ledger, "csv", "3") != person
    people = People(ledger)
    found = people.named("label-studio:3")
    assert found.person_id == person and not found.active
    people.activate(found.name)
    assert people.check(found.name, "") is None and people.check(found.name, "password123") is None
    for name in ("", " 3", "x" * 121, "a\nb"):
        with pytest.raises(InputError, match="mend"):
            worker(ledger, CROWD, name)


def test_exports_are_listed_with_what_is_still_out(ledger: Ledger) -> None:
    queue = opened(ledger, tasks(3))
    handed = out(ledger)
    back(ledger, queue, [answer(handed.leases[0].task_id)])
    with ledger.desk_to_read() as desk:
        (export,) = desk.crowds.exports(desk.now())
    assert (export.export_id, export.crowd, export.tasks, export.waiting) == (handed.export_id, CROWD, 3, 2)
