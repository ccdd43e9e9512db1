"""Gold: mixed in unseen, scored unseen, and what follows for those who get it wrong."""

from dataclasses import asdict, fields

import pytest

from recognizer.errors import InputError
from serving.consensus import Bar, Entry
from serving.ledger import Ledger
from serving.office import Question, TooLate
from serving.office.gold import add_expert_gold, add_gold
from serving.office.office import Office
from serving.truth.correct import Row
from tests.serving.office import house

STRICT = Bar(least_gold=1.0, most_gold=1.0, window=5, long_window=5, certainty=0.9)
"""Nothing but gold is shown."""


def gilded(ledger: Ledger, salt: int = 9) -> int:
    """Nine accepted fields of another batch are gold: codes and numbers."""
    batch_id = house.read_batch(ledger, salt=salt)
    found = [use for use in house.uses(ledger, batch_id).values() if use.kind != "name"]
    rows = [
        Row(line=n, field=use.crop_id, value=house.TRUTH.get(use.reading.text, use.reading.text))
        for n, use in enumerate(found, 2)
    ]
    added = add_gold(ledger, rows, by="known.csv")
    assert (added.new, added.known) == (len(rows), 0)
    again = add_gold(ledger, rows, by="known.csv")
    assert (again.new, again.known) == (0, len(rows))
    return len(rows)


def test_gold_cannot_be_told_from_the_rest(ledger: Ledger) -> None:
    """Neither the lease, nor the question, nor the answer's receipt for the person says which is which."""
    gilded(ledger)
    house.read_batch(ledger, doubtful=("policy", "old_policy", "ssn"), salt=1)
    office = house.opened(ledger, "ann", bar=Bar(least_gold=0.5, most_gold=0.5))
    office.tick()
    purposes: dict[str, int] = {"gold": 0, "production": 0}
    shapes = set()
    for n in range(12):
        for lease in office.lease("ann", f"sitting {n}"):
            asked = office.question(lease)
            shapes.add(tuple((name, type(value).__name__) for name, value in asdict(asked.lease).items()))
            purpose = office.queue.task(lease.task_id).purpose
            purposes[purpose] += 1
            assert "gold" not in repr(asked) and (asked.votes, asked.suggestion) == ((), None)
            house.key_in(office, "ann", lease)
    assert purposes["gold"] > 2 and purposes["production"] > 2 and len(shapes) == 1
    assert {field.name for field in fields(Question)}.isdisjoint({"purpose", "gold", "reading", "confidence"})
    progress = office.progress("ann", "sitting 0")
    assert (progress.gold_answered, progress.gold_accuracy) == (purposes["gold"], 1.0) and progress.notice == ""


def misled(ledger: Ledger) -> tuple[Office, list[str]]:
    """Bob settles three fields together with the machine; and all gold that he is shown he gets wrong."""
    gilded(ledger)
    house.read_batch(ledger, salt=1, doubtful=("old_policy", "ssn"))
    office = house.opened(ledger, "ann", "bob", "cyd")
    assert office.tick().filed == 8
    leases = [house.one(office, "bob", f"sitting {n}", kinds=["code"]) for n in range(3)]
    for lease in leases:
        house.key_in(office, "bob", lease)
    assert office.tick().settled == 3
    return office, [lease.crop_id for lease in leases]


def test_who_falls_below_the_bar_has_the_votes_voided_and_the_fields_asked_again(ledger: Ledger) -> None:
    office, settled = misled(ledger)
    held = house.one(office, "bob", "held", kinds=["ssn"])
    strict = Office(ledger, rules=house.AT_ONCE, bar=STRICT)
    for n in range(3):
        lease = house.one(strict, "bob", f"late {n}", kinds=["ssn"])
        assert strict.queue.task(lease.task_id).purpose == "gold"
        house.key_in(strict, "bob", lease, "000-00-0000")
    waiting = sum(count.wanted for count in office.queue.counts())
    came = strict.tick()
    assert [voiding.person for voiding in came.voidings] == ["bob"] and came.reopened == 3
    for crop_id in settled:
        assert [said.outcome for said in house.verdicts(ledger, crop_id)] == ["text", "withdrawn"]
    assert sum(count.wanted for count in office.queue.counts()) == waiting + 3
    refused = office.submit(held.token, "bob", Entry(text="123-45-6789"), confirmed=True)
    assert isinstance(refused, TooLate) and refused.code == "withdrawn"
    assert "do not count" in strict.progress("bob", "late 0").notice and not strict.progress("cyd", "x").notice
    assert strict.lease("bob", "afterwards") == ()  # nothing but gold, and there is none left
    assert office.lease("cyd", "morning") and not strict.tick().changed


def test_what_voids_interrupted_is_done_by_the_next_tick(ledger: Ledger) -> None:
    """The voiding is noted, and the process dies before it has voided anything."""
    _, settled = misled(ledger)
    with ledger.desk() as desk:
        now = desk.now()
        facts = {"group": None, "since": "", "at": now, "reason": "3 of 3 wrong"}
        desk.judging.note_voided("bob", facts, now)
    assert Office(ledger, rules=house.AT_ONCE, bar=STRICT).tick().reopened == 3
    assert all(house.verdicts(ledger, crop_id)[-1].outcome == "withdrawn" for crop_id in settled)


def test_reopened_fields_are_settled_by_others(ledger: Ledger) -> None:
    office, settled = misled(ledger)
    assert office.void("bob", "", "copied from a neighbour")["reopened"] == 3
    house.key_all(office, "cyd")
    assert office.tick().settled >= 3
    for crop_id in settled:
        last = house.verdicts(ledger, crop_id)[-1]
        voters = {vote.token: vote.person for vote in office.queue.votes(last.evidence["task"])}
        assert last.outcome == "text" and [voters[token] for token in last.evidence["votes"]] == ["cyd"]
    assert [event.event for event in _events(ledger, "batch 1")].count("completed") >= 2


def _events(ledger: Ledger, batch_id: str):  # type: ignore[no-untyped-def]
    with ledger.truth() as truth:
        return truth.events(batch_id)


def test_what_an_expert_settled_can_be_gold(ledger: Ledger) -> None:
    house.read_batch(ledger)
    office = house.opened(ledger, "ann", "ben", "cyd", "eve")
    office.tick()
    for person, text in (("ann", "Webb"), ("ben", "Wehh"), ("cyd", "Wedd")):
        house.key_in(office, person, house.one(office, person, "morning"), text)
        office.tick()
    lease = house.one(office, "eve", "morning", role="expert")
    house.key_in(office, "eve", lease, "Webb")
    office.tick()
    assert add_expert_gold(ledger).new == 1 and add_expert_gold(ledger).new == 0
    known = office.queue.gold(lease.crop_id)
    assert known is not None and (known.text, known.by) == ("Webb", "expert")


def test_rows_that_make_no_sense_add_nothing(ledger: Ledger) -> None:
    house.read_batch(ledger)
    rows = [
        Row(line=2, field="s1.png:1:policy", value="E757558"),
        Row(line=3, field="s9.png:1:policy", value="E757558"),
        Row(line=4, field="s2.png:1:policy", value="x", outcome="blank"),
    ]
    with pytest.raises(InputError, match=r"line 3: no batch has the field(.|\n)*line 4: an entry that says blank"):
        add_gold(ledger, rows, by="known.csv")
    office = house.opened(ledger, "ann")
    with ledger.truth() as truth:
        crop_id = truth.uses_at("s1.png", 1, "policy")[0].crop_id
    assert office.queue.gold(crop_id) is None
    assert add_gold(ledger, rows[:1], by="known.csv").new == 1
    with pytest.raises(InputError, match="gold already, with another answer"):
        add_gold(ledger, [Row(line=2, field="s1.png:1:policy", value="F757558")], by="other.csv")
