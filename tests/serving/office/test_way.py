"""The way of a doubtful field: filed, keyed blind, settled, its record complete."""

import json

from serving.consensus import Entry
from serving.ledger import Ledger
from serving.office import TooLate
from serving.promise import Policy
from tests.serving.office import house


def test_a_batch_goes_all_the_way(ledger: Ledger) -> None:
    """Tick, votes, tick: the doubtful field is settled, by whom and why is known, its record is complete."""
    batch_id = house.read_batch(ledger)
    office = house.opened(ledger, "ann", "ben")
    assert office.tick().filed == 1  # of twelve fields, one surname is doubtful
    assert office.tick().line == "nothing to do"
    first = house.one(office, "ann", "morning")
    assert (first.field, first.kind, first.form) == ("surname", "name", "claim")
    assert house.key_in(office, "ann", first).complete
    came = office.tick()
    assert (came.asked_again, came.settled) == (1, 0)  # a newcomer and a doubtful machine are not sure enough
    second = house.key_in(office, "ben", house.one(office, "ben", "morning"))
    assert office.tick().settled == 1 and not office.tick().changed
    use = house.uses(ledger, batch_id)["s3.png:1:surname"]
    (said,) = house.verdicts(ledger, use.crop_id)
    assert (said.source, said.outcome, said.text, said.by) == ("crowd", "text", "Webb", "one_plus_model")
    assert said.confidence is not None and said.confidence >= 0.99
    votes = [vote.token for vote in office.queue.votes(second.task_id)]
    assert said.evidence["votes"] == votes and said.evidence["purpose"] == "production"
    with ledger.truth() as truth:
        events = [(event.record, event.event) for event in truth.events(batch_id)]
    assert events == [((batch_id, 3, 1), "completed")]
    assert not office.queue.counts() and not office.queue.ripe()


def test_three_who_do_not_agree_leave_it_to_an_expert(ledger: Ledger) -> None:
    batch_id = house.read_batch(ledger)
    office = house.opened(ledger, "ann", "ben", "cyd", "eve")
    office.tick()
    for person, text in (("ann", "Webb"), ("ben", "Wehh"), ("cyd", "Wedd")):
        house.key_in(office, person, house.one(office, person, "morning"), text)
        came = office.tick()
    assert came.to_expert == 1 and office.lease("dan", "morning") == ()
    lease = house.one(office, "eve", "morning", role="expert")
    asked = office.question(lease)
    assert [said.entry.text for said in asked.votes] == ["Webb", "Wehh", "Wedd"]
    assert asked.suggestion is not None and "3 different answers" in asked.disagreement
    house.key_in(office, "eve", lease, "Weber")
    assert office.tick().settled == 1
    (said,) = house.verdicts(ledger, house.uses(ledger, batch_id)["s3.png:1:surname"].crop_id)
    assert (said.source, said.text, said.by, len(said.evidence["votes"])) == ("expert", "Weber", "eve", 1)


def test_what_is_valuable_and_promised_comes_first(ledger: Ledger) -> None:
    """Value and promised delivery come from the policy, as does what settles a kind."""
    house.read_batch(ledger, doubtful=("ssn", "policy"))
    policy = Policy.model_validate(
        {"delivery_hours": 2, "kinds": {"ssn": {"value": 20, "consensus": "two_plus_tiebreak"}}}
    )
    office = house.opened(ledger, "ann", policy=policy)
    assert office.tick().filed == 7
    lease = house.one(office, "ann", "morning")
    task = office.queue.task(lease.task_id)
    assert (task.kind, task.value, task.votes, task.consensus) == ("ssn", 20, 2, "two_plus_tiebreak")
    assert task.due_at is not None and task.created_at < task.due_at
    others = [office.queue.task(house.one(office, "ann", f"later {n}").task_id) for n in range(6)]
    assert {task.kind for task in others[2:]} == {"code", "name"} and {task.votes for task in others[2:]} == {1}


def test_a_reviewer_is_never_shown_what_the_machine_read(ledger: Ledger) -> None:
    house.read_batch(ledger, doubtful=("policy",))
    office = house.opened(ledger, "ann")
    office.tick()
    lease = house.one(office, "ann", "morning", kinds=["code"])
    asked = office.question(lease)
    assert asked.png.startswith(b"\x89PNG") and asked.dpi == 150 and asked.label == "policy" and asked.title == "claim"
    assert (asked.votes, asked.suggestion, asked.disagreement) == ((), None, "")
    told = repr(asked.lease) + repr(asked.field) + asked.label + asked.title
    assert house.written(ledger, lease) not in told and "F757" not in told


def test_a_field_of_two_batches_is_asked_about_once(ledger: Ledger) -> None:
    """The second batch finds the question there; once people have answered it, a third asks nothing."""
    first = house.read_batch(ledger)
    office = house.opened(ledger, "ann", "ben")
    assert office.tick().filed == 1
    second = house.read_again(ledger, "again")
    assert office.tick().filed == 0
    assert house.key_all(office, "ann", "ben") == 1
    office.tick()
    assert house.key_all(office, "ann", "ben") == 1 and office.tick().settled == 1
    with ledger.truth() as truth:
        assert {event.batch_id for event in truth.events()} == {first, second}
    house.read_again(ledger, "and again")
    assert office.tick().filed == 0 and not office.queue.counts()


def test_the_answer_of_somebody_else_comes_too_late(ledger: Ledger) -> None:
    house.read_batch(ledger)
    office = house.opened(ledger, "ann", "ben")
    office.tick()
    lease = house.one(office, "ann", "morning")
    refused = office.submit(lease.token, "ben", Entry(text="Webb"))
    assert isinstance(refused, TooLate) and refused.code == "unknown"
    assert json.dumps(refused.reason) and office.release(lease.token, "ann") and not office.release(lease.token, "ann")
