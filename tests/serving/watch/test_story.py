"""The talk's story: a stack that is fine on held-out data meets real input on which one of its components breaks."""

from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import pytest

from recognizer.form import Form, PageSize, PrintedBoxes
from recognizer.stack import Stack
from serving.door import Door
from serving.ledger import Answer, BatchStart, Ledger, ScanEntry, open_ledger
from serving.promise import Promise
from serving.readers import Model, Same
from tests.serving import specimens as sample
from tests.stacks import scripted

NOTICED_WITHIN = 40
"""Fields: what docs/STACKS.md states."""
A_PAGE = 10
FORM = Form(
    name="numbers", page=PageSize(width=600, height=800, dpi=150), registration=PrintedBoxes(method="boxes"),
    fields=tuple(scripted.FIELD.model_copy(update={"name": f"number_{n}"}) for n in range(A_PAGE)),
    folder=Path("/forms"),
)  # fmt: skip


def model(broken: dict[str, str] | None = None, least: int = 2) -> Model:
    """The fitted stack, of which some components are not what they were."""
    fitted = scripted.fitted()
    stack = replace(fitted.stack, stack_id="5" * 32, components=scripted.three(broken), least=least)
    promises = {members: Promise(labels=labels) for members, labels in fitted.labels.items()}
    return Model(reader=stack, promise=promises[stack.members], left=promises)


class Office:
    """A ledger with a batch, and pages of ten numbers that are read through the door."""

    def __init__(self, ledger: Ledger, pages: int = 60) -> None:
        self.ledger, self.number = ledger, 0
        scans = tuple(ScanEntry(scan_no=n, path=f"s{n}", scan_digest=f"s{n}") for n in range(1, pages + 1))
        self.batch = BatchStart(
            batch_id="batch", bundle_id="5" * 32, bundle_info={}, purpose="production", params={}, forms={}, scans=scans
        )
        with ledger.writing() as writing:
            writing.start_batch(self.batch)

    def read(self, door: Door, pages: int, seed: int = 50) -> list[tuple[str, Answer]]:
        """Answers with what is really written there, page by page."""
        answers: list[tuple[str, Answer]] = []
        texts = scripted.numbers(A_PAGE * 100, seed)
        for _ in range(pages):
            first = A_PAGE * self.number
            page = texts[first : first + A_PAGE]
            self.number += 1
            crops = [
                replace(scripted.crop_of(text, seed), field=field)
                for text, field in zip(page, FORM.fields, strict=True)
            ]
            entry = sample.entry(f"s{self.number}")
            read = door.read(entry, crops, FORM, batch_id="batch", scan_no=self.number)
            answers += zip(page, read, strict=True)
        return answers


@pytest.fixture
def office(tmp_path: Path) -> Iterator[Office]:
    with open_ledger(f"sqlite:///{tmp_path}/ledger.db") as ledger:
        yield Office(ledger)


def accepted_wrong(answers: list[tuple[str, Answer]]) -> tuple[int, int]:
    accepted = [(truth, each) for truth, each in answers if each.decision.is_accepted]
    return len(accepted), sum(truth != each.prediction.reading.text for truth, each in accepted)


def test_a_stack_in_order_raises_no_alarm_and_keeps_its_promise(office: Office) -> None:
    door = Door(Same(model()), office.ledger)
    accepted, wrong = accepted_wrong(office.read(door, 40))
    assert accepted > 300 and wrong <= 0.005 * accepted
    with office.ledger.alarms_to_read() as alarms:
        assert alarms.all() == ()


@pytest.mark.parametrize("broken", ["constant", "silent", "garbage", "raises"])
@pytest.mark.parametrize("name", ["ash", "cedar"])
def test_a_component_that_breaks_is_named_soon_and_the_promise_holds(office: Office, name: str, broken: str) -> None:
    office.read(Door(Same(model()), office.ledger), 10)
    door = Door(Same(model({name: broken})), office.ledger)
    after = office.read(door, 40)
    with office.ledger.alarms_to_read() as alarms:
        (alarm,) = alarms.holding({"model": "5" * 32})
    assert alarm.slice["component"] == name and alarm.monitor.endswith("_component")
    ids = [each.prediction.prediction_id for _, each in after]
    assert alarm.prediction_id in ids[:NOTICED_WITHIN]
    accepted, wrong = accepted_wrong(after)
    assert wrong <= 0.005 * len(after), "before and after the alarm together"
    page_of_alarm = ids.index(alarm.prediction_id) // A_PAGE
    healthy = after[(page_of_alarm + 1) * A_PAGE :]
    assert {each.prediction.bundle_id for _, each in healthy} == {model().reader.without([name]).bundle_id}  # type: ignore[attr-defined]
    assert all(len(each.prediction.reading.parts) == 2 for _, each in healthy)
    accepted, wrong = accepted_wrong(healthy)
    assert accepted > 0.3 * len(healthy) and wrong <= 0.005 * accepted


def test_what_is_left_out_stays_out_until_a_person_says_otherwise(office: Office) -> None:
    office.read(Door(Same(model({"ash": "silent"})), office.ledger), 3)
    mended = Door(Same(model()), office.ledger)
    assert all(len(each.prediction.reading.parts) == 2 for _, each in office.read(mended, 2))
    with office.ledger.alarms() as alarms:
        (alarm,) = alarms.holding()
        alarms.end(alarm.seq, by="ada", reason="the runtime was updated")
    again = office.read(mended, 3)
    assert all(len(each.prediction.reading.parts) == 3 for _, each in again), "at the next page"
    with office.ledger.alarms_to_read() as alarms:
        assert alarms.holding() == (), "what it read while it was broken is not held against it"


def test_with_too_few_components_left_nothing_is_accepted(office: Office) -> None:
    door = Door(Same(model({"ash": "silent", "birch": "garbage"})), office.ledger)
    answers = office.read(door, 12)
    with office.ledger.alarms_to_read() as alarms:
        named = {alarm.slice["component"] for alarm in alarms.holding()}
    assert "ash" in named and len(named) >= 2
    last = [each for _, each in answers[-A_PAGE:]]
    assert not any(each.decision.is_accepted for each in last)
    assert {each.prediction.reading.confidence for each in last} == {0.0}
    assert any(each.prediction.reading.text for each in last), "people still get something to compare with"


def test_short_batches_count_together(office: Office) -> None:
    """Also where a monitor has something to say of the whole stack meanwhile."""
    for n in range(4):  # each with a door of its own, as one command after the other
        office.read(Door(Same(model({"cedar": "garbage"})), office.ledger), 1)
        with office.ledger.alarms() as alarms:
            alarms.sound(f"output_drift {n}", {"model": "5" * 32}, evidence={})
    with office.ledger.alarms_to_read() as alarms:
        assert [alarm.slice["component"] for alarm in alarms.holding() if "component" in alarm.slice] == ["cedar"]


def test_an_evaluation_neither_alarms_nor_leaves_out(office: Office) -> None:
    door = Door(Same(model({"ash": "silent"})), office.ledger, purpose="evaluation")
    answers = office.read(door, 5)
    assert all(len(each.prediction.reading.parts) == 3 for _, each in answers)
    with office.ledger.alarms_to_read() as alarms:
        assert alarms.all() == ()


def test_the_parts_on_record_say_the_same_again(office: Office) -> None:
    """The combination is a function of the parts: what was recorded can be judged once more without a model."""
    stack = model().reader
    assert isinstance(stack, Stack)
    for truth, each in office.read(Door(Same(model()), office.ledger), 2):
        reading = each.prediction.reading
        assert stack.judge(scripted.crop_of(truth, 50), reading.parts) == reading
