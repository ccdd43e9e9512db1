"""What was accepted and is doubted goes to people; meanwhile, and where they agree, nothing is lost or changed."""

import json
from pathlib import Path

from serving.batch.redeliver import redeliver
from serving.ledger import Ledger
from serving.office import Office
from serving.office.filing import IN_PARTS, task_id_of
from serving.truth.corrections import corrections
from tests.serving.office import combed, house
from tests.serving.truth import talk

REASON = "alarm 1: it may be wrong"


def doubted(ledger: Ledger, office: Office, batch_id: str) -> dict[str, int]:
    ids = [use.prediction_id for use in house.uses(ledger, batch_id).values()]
    return dict(office.doubt(ids, REASON))


def events(ledger: Ledger, batch_id: str) -> list[tuple[int, str]]:
    with ledger.truth() as truth:
        return [(event.record[1], event.event) for event in truth.events(batch_id)]


def test_accepted_fields_are_asked_once_and_blind(ledger: Ledger, tmp_path: Path) -> None:
    """Delivered values stand until people have settled them; only what they find otherwise is delivered again."""
    facts = talk.read_scans(ledger, tmp_path / "out")
    office = house.opened(ledger, "ann", "ben", "cyd")
    before = events(ledger, facts.batch_id)
    assert doubted(ledger, office, facts.batch_id) == {"asked": 11, "with_people": 1}  # one surname is in review
    assert doubted(ledger, office, facts.batch_id) == {"with_people": 12}
    assert office.tick().filed == 1 and office.tick().filed == 0
    assert {office.queue.task(task_id_of(use.crop_id, "production")).reason for use in _accepted(ledger, facts)} == {
        REASON
    }
    assert events(ledger, facts.batch_id) == before
    assert house.key_all(office, "ann") == 12
    office.tick()
    assert all(not house.verdicts(ledger, use.crop_id) for use in _accepted(ledger, facts))  # the machine has no say
    with ledger.truth() as truth:
        assert corrections(truth) == [] and events(ledger, facts.batch_id) == before
    while house.key_all(office, "ben", "cyd"):
        office.tick()
    settled = {use.address: house.verdicts(ledger, use.crop_id)[0].text for use in _accepted(ledger, facts)}
    assert len(settled) == 11 and settled["s1.png:1:policy"] == "E757558"
    changed = events(ledger, facts.batch_id)[len(before) :]
    assert sorted(scan for scan, event in changed if event == "reopened") == [1, 2]
    redeliver(ledger, tmp_path / "again")
    lines = [json.loads(line) for line in (tmp_path / "again" / "corrections.jsonl").read_text().splitlines()]
    assert {(line["delivered"]["value"], line["now"]["value"]) for line in lines} == set(house.TRUTH.items())
    assert doubted(ledger, office, facts.batch_id) == {"settled": 12}


def test_no_estimate_rests_on_what_was_chosen(ledger: Ledger) -> None:
    """A slice is no sample: what is settled of it is no audit, whatever was in audit before stays there."""
    batch_id = house.read_batch(ledger, audit=0.5)
    office = house.opened(ledger, "ann", "ben", "cyd")
    office.tick()
    audited = {use.crop_id for use in house.uses(ledger, batch_id).values() if use.reading.decision == "audit"}
    assert audited and doubted(ledger, office, batch_id) == {
        "asked": 11 - len(audited),
        "with_people": len(audited) + 1,
    }
    while house.key_all(office, "ann", "ben", "cyd"):
        office.tick()
    for use in house.uses(ledger, batch_id).values():
        (said,) = house.verdicts(ledger, use.crop_id)
        assert said.evidence["purpose"] == ("audit" if use.crop_id in audited else "production")


def test_numbers_in_combs_are_asked_in_parts(ledger: Ledger) -> None:
    batch_id = combed.read_batch(ledger, form=combed.form_of(review=combed.SURE))
    office = house.opened(ledger, "ann", "ben", "cyd", "dan")
    assert doubted(ledger, office, batch_id) == {"asked": 2, "with_people": 2}
    crops = [use.crop_id for use in house.uses(ledger, batch_id).values() if use.field == "ssn"]
    assert {office.queue.task(task_id_of(crop, "production")).reason for crop in crops} == {IN_PARTS}
    lease = house.one(office, "ann", "morning", kinds=["ssn"])
    part = combed.part_of(ledger, lease)
    assert part is not None and part.signs < 9
    assert doubted(ledger, office, batch_id) == {"with_people": 4}


def _accepted(ledger: Ledger, facts: object) -> list:  # type: ignore[type-arg]
    uses = house.uses(ledger, facts.batch_id)  # type: ignore[attr-defined]
    return [use for use in uses.values() if use.reading.decision == "accept"]
