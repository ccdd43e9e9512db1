"""A sensitive number in a comb is keyed in parts: nobody ever has two of one field; together they are one verdict."""

from collections import defaultdict
from collections.abc import Iterable
from itertools import count
from random import Random

import cv2
import numpy as np
import pytest
from sqlalchemy import create_engine, text

from recognizer.errors import InputError
from serving.consensus import Bar
from serving.ledger import Ledger
from serving.ledger.desk import Lease, Task
from serving.ledger.statement import Statement
from serving.metrics import production_metrics
from serving.office import Implausible, Office, Submitted
from serving.office.explain import explain
from serving.office.filing import IN_PARTS, task_id_of
from serving.office.gold import add_gold
from serving.privacy.erase import erase, page_named
from serving.promise import Policy
from serving.truth.correct import Row, correct
from tests.serving.office import combed, house
from tests.serving.office.combed import key_in, number_of, part_of

_SITTINGS = count(1)
EASY = Policy.model_validate({"kinds": {"ssn": {"consensus": "two_plus_tiebreak"}}})
CREW = tuple(f"reviewer {n}" for n in range(8))


def ssn_of(ledger: Ledger, page: int = 0) -> str:
    return house.uses(ledger, "combed")[f"p{page}.png:1:ssn"].crop_id


def parts_on(office: Office, person: str, kinds: tuple[str, ...] = ("ssn",), role: str = "reviewer") -> list[Lease]:
    """All that a person may have, each in a sitting of its own."""
    found: list[Lease] = []
    while lease := office.lease(person, f"s{next(_SITTINGS)}", kinds=kinds, role=role):  # type: ignore[arg-type]
        found += lease
    return found


def key_everything(office: Office, *people: str, role: str = "reviewer") -> None:
    for _ in range(20):
        votes = 0
        for person in people:
            for lease in parts_on(office, person, role=role):
                key_in(office, person, lease)
                votes += 1
        if not votes and not office.tick().changed:
            return


def verdict_on(ledger: Ledger, page: int = 0) -> Statement | None:
    found = house.verdicts(ledger, ssn_of(ledger, page))
    return found[-1] if found else None


def test_two_people_key_a_number_of_which_neither_sees_all(ledger: Ledger) -> None:
    combed.read_batch(ledger, 1)
    office = house.opened(ledger, *CREW)
    assert office.tick().filed == 4, "two parts, the field that they are parts of, and a name"
    whole = office.queue.task(task_id_of(ssn_of(ledger), "production"))
    assert (whole.votes, whole.reason) == (0, IN_PARTS)
    (first,) = parts_on(office, CREW[0])
    (second,) = parts_on(office, CREW[1])
    ann, ben = part_of(ledger, first), part_of(ledger, second)
    assert ann is not None and ben is not None
    assert {(part.first_sign, part.signs, part.of_signs) for part in (ann, ben)} == {(0, 5, 9), (5, 4, 9)}
    asked = office.question(first if ann.number == 0 else second)
    assert (asked.field.kind, asked.field.pattern) == ("digits", "[0123456789]{5}")
    assert asked.label == "Social security number: digits 1 to 5 of 9"
    with pytest.raises(Implausible, match="pattern"):
        office.submit(first.token, CREW[0], combed.Entry(text=number_of(0)))
    key_in(office, CREW[0], first)
    key_in(office, CREW[1], second)
    key_everything(office, *CREW)
    said = verdict_on(ledger)
    assert said is not None and (said.source, said.outcome, said.text) == ("crowd", "text", number_of(0))
    assert said.evidence["by"] == "parts" and said.confidence is not None and 0.97 < said.confidence < 1
    assert set(said.evidence["parts"]) == {first.task_id, second.task_id}
    votes = [vote.token for task in said.evidence["parts"] for vote in office.queue.votes(task)]
    assert sorted(said.evidence["votes"]) == sorted(votes)
    assert not office.tick().changed and not office.queue.ripe()


def test_the_pictures_show_their_own_cells_and_no_more(ledger: Ledger) -> None:
    """Every pixel of the whole is in exactly one part, and the cut goes where no ink is; views hide the other part."""
    combed.read_batch(ledger, 1)
    office = house.opened(ledger)
    office.tick()
    with ledger.truth() as truth:
        first, second = truth.parts.of([ssn_of(ledger)])[ssn_of(ledger)]
    images = [cv2.imdecode(np.frombuffer(ledger.crop_png(crop), np.uint8), 0)
              for crop in (ssn_of(ledger), first.part_id, second.part_id)]  # fmt: skip
    assert np.array_equal(images[0], np.hstack(images[1:]))
    assert images[1][:, -1].min() > 200 and images[2][:, 0].min() > 200
    with ledger.desk_to_read() as desk:
        views = [desk.tasks.view(part.part_id) for part in (first, second)]
        whole = desk.tasks.view(ssn_of(ledger))
    assert whole is not None and all(view is not None for view in views)
    seen = [cv2.imdecode(np.frombuffer(view.jpeg, np.uint8), 0) for view in views if view is not None]
    boxes = [view.box for view in views if view is not None]
    assert boxes[0][2] + boxes[1][2] == pytest.approx(whole.box[2], abs=1)
    for image, (x, _, width, _) in zip(seen, boxes, strict=True):
        assert image.shape[1] == width + 2 * x
    assert seen[0][:, boxes[0][0] + boxes[0][2] + 2 :].min() > 200, "right of the first part nothing is written"
    assert seen[1][:, : boxes[1][0] - 2].min() > 200, "nor left of the second"
    assert seen[0].min() < 80 and seen[1].min() < 80


@pytest.mark.parametrize("seed", range(3))
def test_nobody_ever_has_two_parts_of_one_field(ledger: Ledger, seed: int) -> None:
    """Random offices: people come in any sitting and role, key, err, give back, take back; gold and audits are among
    what they get. Over all leases that there ever were, no person had more than one part of a field, nor a whole."""
    random = Random(seed)
    policy = Policy.model_validate({"kinds": {"ssn": {"split": 2 + seed % 2}}})
    combed.read_batch(ledger, 5, form=combed.form_of(review=combed.SURE), audit=0.5)
    combed.read_batch(ledger, 5, batch_id="again")
    rows = [Row(line=n, field=f"p{n}.png:1:ssn", value=number_of(n)) for n in (0, 1)]
    add_gold(ledger, rows, by="test", batch_id="combed", policy=policy)
    office = house.opened(ledger, *CREW, "expert 1", "expert 2", policy=policy, bar=Bar(least_gold=0.3, most_gold=0.3))
    office.tick()
    for _ in range(160):
        person = random.choice((*CREW, "expert 1", "expert 2"))
        role = "expert" if person.startswith("expert") else "reviewer"
        for lease in office.lease(person, f"{person} {random.randrange(40)}", role=role, count=random.choice((1, 2))):  # type: ignore[arg-type]
            if random.random() < 0.1:
                office.release(lease.token, person)
                continue
            wrong = random.random() < 0.2 and lease.kind == "ssn"
            key_in(office, person, lease, "1" * 3 if wrong else None)
            if random.random() < 0.1:
                office.undo(lease.token, person)
        if random.random() < 0.3:
            office.tick()
    had = defaultdict[tuple[str, str], set[str]](set)
    engine = create_engine(ledger.url)
    with engine.connect() as connection:
        query = "SELECT l.person_id, l.crop_id, coalesce(p.crop_id, l.crop_id), p.part_id FROM leases l " \
                "LEFT JOIN crop_parts p ON p.part_id = l.crop_id WHERE l.crop_id IN (SELECT part_id FROM crop_parts " \
                "UNION SELECT crop_id FROM crop_parts)"  # fmt: skip
        for person_id, crop_id, whole, part_id in connection.execute(text(query)):
            assert part_id is not None, "a whole went out"
            had[person_id, whole].add(crop_id)
    engine.dispose()
    assert len(had) > 20 and all(len(crops) == 1 for crops in had.values())


def test_a_team_of_one_keys_both_and_the_lease_says_so(ledger: Ledger) -> None:
    combed.read_batch(ledger, 1)
    office = house.opened(ledger, "ann", rules=house.Rules(undo_s=0, alone=True))
    office.tick()
    assert [lease.relaxed for lease in parts_on(office, "ann")] == [False, True]


def test_the_machine_votes_on_the_parts_that_its_reading_tells(ledger: Ledger) -> None:
    """A sure machine settles a part with one person; where it misread the other part, people disagree with it there
    alone."""
    wrong = number_of(0)[:5] + "0000"
    combed.read_batch(ledger, 1, reader=combed.Scripted({0: wrong}, confidence=0.9995))
    office = house.opened(ledger, *CREW, "eve")
    office.tick()
    for person in CREW[:2]:
        (lease,) = parts_on(office, person)
        key_in(office, person, lease)
    came = office.tick()
    assert (came.settled, came.asked_again) == (1, 1)
    key_everything(office, *CREW)
    key_everything(office, "eve", role="expert")
    said = verdict_on(ledger)
    assert said is not None and said.text == number_of(0)
    first = [office.queue.votes(task)[0].text for task in said.evidence["parts"]]
    assert first == [number_of(0)[:5], number_of(0)[5:]]
    agreed = next(each for each in production_metrics(ledger).kinds if each.kind == "ssn").agreement
    assert (agreed.beside_machine, agreed.with_machine) == (2, 1)


def test_in_an_audit_it_votes_on_none(ledger: Ledger) -> None:
    combed.read_batch(ledger, 4, form=combed.form_of(review=combed.SURE), audit=0.5,
                      reader=combed.Scripted(confidence=0.9995))  # fmt: skip
    office = house.opened(ledger, *CREW)
    office.tick()
    audited = [use for use in house.uses(ledger, "combed").values() if use.reading.decision == "audit"]
    assert audited
    with ledger.truth() as truth:
        parts = truth.parts.of([use.crop_id for use in audited])
    tasks = [office.queue.task(task_id_of(part.part_id, "audit")) for some in parts.values() for part in some]
    assert len(tasks) == 2 * len(audited) and {(task.votes, task.consensus) for task in tasks} == {
        (2, "two_plus_tiebreak")
    }
    key_everything(office, *CREW)
    accuracy = production_metrics(ledger).accuracy
    assert accuracy.answered == len(audited) and accuracy.wrong == 0


def test_a_part_on_which_people_disagree_goes_to_an_expert_alone(ledger: Ledger) -> None:
    combed.read_batch(ledger, 1)
    office = house.opened(ledger, *CREW, "eve", policy=EASY)
    office.tick()
    for person in CREW[:7]:
        for lease in parts_on(office, person):
            part = part_of(ledger, lease)
            assert part is not None
            key_in(office, person, lease, None if part.number == 0 else f"000{person[-1]}")
        office.tick()
    (asked,) = parts_on(office, "eve", role="expert")
    question = office.question(asked)
    part = part_of(ledger, asked)
    assert part is not None and part.number == 1 and question.label.endswith("digits 6 to 9 of 9")
    assert len(question.votes) == 3 and all(len(said.entry.text) == 4 for said in question.votes)
    assert verdict_on(ledger) is None
    key_in(office, "eve", asked)
    office.tick()
    said = verdict_on(ledger)
    assert said is not None and (said.source, said.text) == ("crowd", number_of(0)) and parts_on(office, "eve") == []


@pytest.mark.parametrize(
    ("outcomes", "whole"),
    [(("blank", "blank"), "blank"), (("illegible", "text"), "illegible"), (("text", "wrong_crop"), "wrong_crop"),
     (("struck_out", "struck_out"), "struck_out"), (("struck_out", "text"), "illegible"), (("text", "blank"), "text")],
)  # fmt: skip
def test_parts_without_a_text_join(ledger: Ledger, outcomes: tuple[str, str], whole: str) -> None:
    combed.read_batch(ledger, 1)
    office = house.opened(ledger, *CREW, policy=EASY)
    office.tick()
    for person in CREW:
        for lease in parts_on(office, person):
            part = part_of(ledger, lease)
            assert part is not None
            key_in(office, person, lease, outcome=outcomes[part.number])
        office.tick()
    said = verdict_on(ledger)
    assert said is not None and (said.outcome, said.text) == (whole, number_of(0)[:5] if whole == "text" else "")


def settled(ledger: Ledger) -> Office:
    combed.read_batch(ledger, 1)
    office = house.opened(ledger, *CREW, policy=EASY)
    office.tick()
    key_everything(office, *CREW)
    assert (said := verdict_on(ledger)) is not None and said.text == number_of(0)
    return office


def test_a_voided_vote_takes_the_whole_back_until_its_part_is_settled_again(ledger: Ledger) -> None:
    office = settled(ledger)
    said = verdict_on(ledger)
    assert said is not None
    task_id = said.evidence["parts"][0]
    keyed = {vote.person for vote in office.queue.votes(task_id)}
    office.void(min(keyed), "", "caught")
    taken = verdict_on(ledger)
    assert (
        taken is not None and taken.outcome == "withdrawn" and office.queue.task(said.evidence["parts"][1]).votes == 0
    )
    key_everything(office, *CREW)
    again = verdict_on(ledger)
    assert again is not None and again.text == number_of(0) and again.evidence["votes"] != said.evidence["votes"]
    assert not office.tick().changed


def test_what_a_customer_says_of_the_whole_ends_its_parts(ledger: Ledger) -> None:
    combed.read_batch(ledger, 1)
    office = house.opened(ledger, "ann")
    office.tick()
    (lease,) = parts_on(office, "ann")
    correct(ledger, [Row(line=2, field="p0.png:1:ssn", value="987654321")], by="acme.csv")
    assert office.tick().closed == 2
    assert not isinstance(office.submit(lease.token, "ann", combed.Entry(text="12345")), Submitted)
    said = verdict_on(ledger)
    assert said is not None and (said.source, said.text) == ("customer", "987654321")
    correct(ledger, [Row(line=2, field="p0.png:1:ssn", value="", outcome="withdrawn")], by="acme 2.csv")
    assert office.tick().reopened == 2 and sum(each.wanted for each in office.queue.counts() if each.kind == "ssn") == 2


def test_an_erasure_reaches_the_parts(ledger: Ledger) -> None:
    office = settled(ledger)
    with ledger.truth() as truth:
        parts = truth.parts.of([ssn_of(ledger)])[ssn_of(ledger)]
    erase(ledger, page_named(ledger, "p0.png:1"), reason="request", by="test")
    engine, digits = create_engine(ledger.url), number_of(0)
    with engine.connect() as connection:
        for table in ("votes", "verdicts", "predictions", "gold"):
            told = " ".join(map(str, connection.execute(text(f"SELECT * FROM {table}")).all()))
            assert digits[:5] not in told and digits[5:] not in told, table
        pictures = connection.execute(text("SELECT png FROM crops UNION SELECT jpeg FROM views")).all()
        assert len(pictures) == 1, "one picture stands for all"
        kept = connection.execute(text("SELECT evidence FROM verdicts WHERE outcome = 'text'")).scalars().all()
        assert any('"parts"' in facts for facts in kept)
    engine.dispose()
    assert not office.tick().changed and len(parts) == 2


def test_what_cannot_be_cut_is_keyed_whole(ledger: Ledger) -> None:
    """Without a comb nothing says where one digit ends; and a policy may want it whole."""
    combed.read_batch(ledger, 1, form=combed.form_of(comb=None))
    office = house.opened(ledger, "ann")
    assert office.tick().filed == 2
    assert [part_of(ledger, lease) for lease in parts_on(office, "ann")] == [None]
    whole = Policy.model_validate({"kinds": {"ssn": {"split": 1}}})
    assert whole.parts("ssn") == 1 and Policy().parts("ssn") == 2 and Policy().parts("digits") == 1
    assert whole.digest == Policy.model_validate({"kinds": {"ssn": {}}}).digest, "no decision depends on it"


def test_a_tick_that_ends_between_the_parts_files_the_rest(ledger: Ledger, monkeypatch: pytest.MonkeyPatch) -> None:
    """The field's own task comes last, as the sign that its parts are there: until then they are filed again."""
    combed.read_batch(ledger, 3)
    office = house.opened(ledger, *CREW, policy=EASY)
    add, filed = office.queue.add, count()

    def one_by_one(tasks: Iterable[Task]) -> int:
        for task in tasks:
            if next(filed) == 4:
                raise RuntimeError("the power is gone")
            add([task])
        return 0

    with monkeypatch.context() as broken:
        broken.setattr(office.queue, "add", one_by_one)
        with pytest.raises(RuntimeError, match="power"):
            office.tick()
    assert office.tick().filed == 12 - 4
    key_everything(office, *CREW)
    assert [said.text for page in range(3) if (said := verdict_on(ledger, page))] == [number_of(n) for n in range(3)]


def test_gold_is_known_in_parts(ledger: Ledger) -> None:
    combed.read_batch(ledger, 2)
    rows = [Row(line=2, field="p0.png:1:ssn", value=number_of(0))]
    assert add_gold(ledger, rows, by="test").new == 2 and add_gold(ledger, rows, by="test").known == 2
    with pytest.raises(InputError, match="does not fill its comb"):
        add_gold(ledger, [Row(line=2, field="p1.png:1:ssn", value="12345")], by="test")
    office = house.opened(ledger, "ann", bar=Bar(least_gold=1.0, most_gold=1.0))
    office.tick()
    (lease,) = parts_on(office, "ann")
    key_in(office, "ann", lease)
    progress = office.progress("ann", "s")
    assert (progress.gold_answered, progress.gold_right) == (1, 1)


def test_why_a_field_is_asked_in_parts_is_told(ledger: Ledger) -> None:
    combed.read_batch(ledger, 1)
    office = house.opened(ledger, *CREW)
    office.tick()
    told = explain(ledger, "p0.png:1:ssn").sentences
    assert sum(sentence.startswith("Part ") for sentence in told) == 2 and number_of(0)[:5] not in " ".join(told)
