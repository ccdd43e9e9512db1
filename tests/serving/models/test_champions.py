"""The champions read: a switch is seen at the next page, never within one, and nothing is read twice."""

import json
import logging
from collections.abc import Callable, Iterator
from dataclasses import replace
from pathlib import Path

import pytest

from recognizer.errors import BundleError
from serving.batch.begun import ORDER, as_begun, order_digest
from serving.batch.run import run_batch
from serving.door import Door
from serving.ledger import BatchFacts, BatchStart, Ledger, open_ledger
from serving.models import Champions, Models, Shelf
from tests.serving import specimens as sample
from tests.serving.models.bundles import SHIPPED, flip, variant

SCANS = ("s1", "s2", "s3")
PAGES = 2 * len(SCANS)


class House:
    """A ledger, a shelf with two models, the first of them champion, and batches that are read with the champions."""

    def __init__(self, url: str, store: Path, second: Path) -> None:
        self.ledger: Ledger = open_ledger(url)
        self.models = Models(self.ledger, Shelf(store))
        self.first = self.models.begin(SHIPPED).bundle_id
        self.second = self.models.publish(second, by="ada")
        self.door = self.new_door()

    def new_door(self) -> Door:
        """As another command would have it, which knows nothing of this one."""
        return Door(Champions(self.ledger, self.models.shelf), self.ledger)

    def activate(self, bundle_id: str, kind: str = "") -> None:
        self.models.activate(bundle_id, kind=kind, by="ada", reason="better", evidence={})

    def start(self) -> BatchStart:
        lineup = self.door.lineup
        start = replace(sample.start("batch", SCANS), bundle_id=lineup.general.reader.bundle_id)
        identity = f"{lineup.bundle_ids} {lineup.policy_digest}"
        params = {**start.params, ORDER: order_digest(self.door, SCANS)}
        return as_begun(replace(start, batch_id=f"{hash(identity):x}", params=params), self.door, self.ledger)

    def run(self, at_page: int = 0, event: Callable[[], None] = lambda: None) -> BatchFacts:
        """Run the batch; after so many pages something happens."""
        return run_batch(self.start(), sample.two_pages, self.door, self.ledger, Watching(at_page, event))

    def read_by(self, batch_id: str) -> list[set[str]]:
        """The models that read each page, in order."""
        pages = self.ledger.answers(batch_id).values()
        return [{answer.prediction.bundle_id for answer in answers} for answers in pages]


class Watching:
    """Counts pages, and has something happen after one of them."""

    def __init__(self, at_page: int, event: Callable[[], None]) -> None:
        self.pages, self.at_page, self.event = 0, at_page, event

    def begins(self, scans: int, done: int) -> None:
        pass

    def page(self, entry: object, answers: object) -> None:
        self.pages += 1
        if self.pages == self.at_page:
            self.event()

    def scan_ends(self) -> None:
        pass


class Killed(Exception):
    """The batch's process dies here."""


@pytest.fixture(scope="module")
def second(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return variant(tmp_path_factory.mktemp("made"), "second")


@pytest.fixture
def house(tmp_path: Path, second: Path) -> Iterator[House]:
    made = House(f"sqlite:///{tmp_path}/ledger.db", tmp_path, second)
    yield made
    made.ledger.close()


def test_a_running_batch_sees_an_activation_at_the_next_page(empty_database: str, tmp_path: Path, second: Path) -> None:
    house = House(empty_database, tmp_path, second)
    facts = house.run(at_page=2, event=lambda: house.activate(house.second))
    assert house.read_by(facts.batch_id) == [{house.first}] * 2 + [{house.second}] * 4
    assert dict(facts.bundles) == {house.second: 12, house.first: 6} and facts.bundle_id == house.first
    house.ledger.close()


def test_a_page_is_never_read_by_two_line_ups(house: House) -> None:
    """The switch comes while a page is being read: the page is finished as it was begun."""
    house.door.lineup  # noqa: B018  # loads the model
    reader = house.door.lineup.general.reader
    read, asked = reader.read, []

    def switching(crop: object, folder: Path = Path()) -> object:
        asked.append(crop)
        if len(asked) == 2:
            house.activate(house.second)
        return read(crop, folder)  # type: ignore[arg-type]

    reader.read = switching  # type: ignore[method-assign, assignment]
    facts = house.run()
    assert house.read_by(facts.batch_id) == [{house.first}] + [{house.second}] * 5


def test_a_kind_is_read_by_its_own_champion(house: House) -> None:
    house.activate(house.second, "ssn")
    facts = house.run(at_page=4, event=lambda: house.models.rollback("ssn", by="ada", reason="worse") and None)
    for place, answers in house.ledger.answers(facts.batch_id).items():
        by = {answer.field: answer.prediction.bundle_id for answer in answers}
        own = house.second if place < (3, 1) else house.first
        assert by == {"policy": house.first, "ssn": own, "born": house.first}
    assert dict(facts.bundles) == {house.first: 14, house.second: 4}


def test_decisions_are_made_by_the_promise_of_the_model_that_read(house: House) -> None:
    house.activate(house.second, "ssn")
    lineup = house.door.lineup
    assert lineup.of("ssn").reader.bundle_id == house.second and lineup.of("date") is lineup.general
    assert lineup.bundle_ids == {"": house.first, "ssn": house.second}
    house.models.rollback("ssn", by="ada", reason="worse")
    assert house.door.lineup.policy_digest != lineup.policy_digest


def test_an_interrupted_batch_goes_on_under_the_new_champion(house: House) -> None:
    def die() -> None:
        raise Killed

    with pytest.raises(Killed):
        house.run(at_page=3, event=die)
    begun = house.ledger.latest_batch()
    house.activate(house.second)
    house.door = house.new_door()
    facts = house.run()
    assert facts.batch_id == begun and facts.resumed == 1
    assert house.read_by(facts.batch_id) == [{house.first}] * 3 + [{house.second}] * 3
    assert house.door.spent.readings == 9


def test_a_complete_batch_is_another_one_under_another_champion_and_reads_only_what_is_new(house: House) -> None:
    once = house.run(at_page=4, event=lambda: house.activate(house.second))
    house.door = house.new_door()
    again = house.run()
    assert again.batch_id != once.batch_id and house.read_by(again.batch_id) == [{house.second}] * PAGES
    assert house.door.spent.readings == 12  # of the last two pages the predictions were there
    assert house.run().batch_id == again.batch_id and house.door.spent.readings == 12


def test_after_a_rollback_nothing_stays_of_the_model_that_was_undone(house: House) -> None:
    """The batch that began with the first model was ended by the second: it is not the batch of the first one alone."""
    mixed = house.run(at_page=4, event=lambda: house.activate(house.second))
    house.models.rollback(by="ada", reason="worse")
    house.door = house.new_door()
    clean = house.run()
    assert clean.batch_id != mixed.batch_id and house.read_by(clean.batch_id) == [{house.first}] * PAGES
    assert house.door.spent.readings == 6
    assert house.run().batch_id == clean.batch_id


def test_a_champion_that_is_damaged_is_not_taken_and_the_one_of_before_reads_on(
    house: House, caplog: pytest.LogCaptureFixture
) -> None:
    def spoil() -> None:
        house.activate(house.second)
        flip(house.models.shelf.folder(house.second) / "text.onnx")

    with caplog.at_level(logging.WARNING):
        facts = house.run(at_page=1, event=spoil)
    assert house.read_by(facts.batch_id) == [{house.first}] * PAGES
    assert [r.message for r in caplog.records if "those of before go on" in r.message and "text.onnx" in r.message]
    assert len(caplog.records) == 1  # said once, not at every page
    with pytest.raises(BundleError, match=r"text.onnx.*mend: `penfield publish FOLDER`"):
        _ = house.new_door().lineup


def test_without_a_champion_it_says_what_to_do(tmp_path: Path) -> None:
    with open_ledger(f"sqlite:///{tmp_path}/ledger.db") as ledger, pytest.raises(BundleError, match="no champion yet"):
        Champions(ledger, Shelf(tmp_path)).now()


def test_a_model_is_loaded_once_and_let_go_when_it_reads_nothing_more(house: House) -> None:
    first = house.door.lineup.general
    house.activate(house.second, "ssn")
    assert house.door.lineup.general is first
    house.activate(house.second)
    assert house.door.lineup.general is house.door.lineup.own["ssn"] is not first


def test_facts_name_every_model(house: House) -> None:
    house.activate(house.second, "ssn")
    facts = json.loads(json.dumps(house.door.facts))
    assert facts["kinds"]["ssn"]["bundle_id"] == house.second and "precision" in facts["settings"]
