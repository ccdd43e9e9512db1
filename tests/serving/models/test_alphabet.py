"""A model that lacks a field's characters does not read that field: it goes to people, and the others are read."""

from pathlib import Path

import pytest

from recognizer.engine import LACKING as MEASURED
from recognizer.reader import load_reader
from serving.batch.run import run_batch
from serving.decision.decide import LACKING
from serving.door import Door
from serving.ledger import open_ledger
from serving.models import Champions, Models, Shelf
from tests.recognizer.small_model import crop, field
from tests.serving import specimens as sample
from tests.serving.models.bundles import SHIPPED, variant, without
from tests.serving.models.test_champions import Watching


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A model that cannot write F, as the specimens' policy numbers need it."""
    return variant(tmp_path_factory.mktemp("made"), "no_f", without("F"))


def test_only_the_field_that_needs_the_character_goes_to_people(tmp_path: Path, folder: Path) -> None:
    with open_ledger(f"sqlite:///{tmp_path}/ledger.db") as ledger:
        models = Models(ledger, Shelf(tmp_path))
        models.begin(SHIPPED)
        models.activate(models.publish(folder, by="ada"), by="ada", reason="a trial of refusals", evidence={})
        door = Door(Champions(ledger, models.shelf), ledger)
        facts = run_batch(sample.start("batch", ("s1",)), sample.two_pages, door, ledger, Watching(0, lambda: None))
        for answers in ledger.answers(facts.batch_id).values():
            decided = {answer.field: answer.decision for answer in answers}
            assert (decided["policy"].decision, decided["policy"].code) == ("review", "alphabet")
            assert "does not have all characters" in decided["policy"].reason
            assert {decided[name].code for name in ("ssn", "born")}.isdisjoint({"alphabet"})
            refused = next(answer.prediction.reading for answer in answers if answer.field == "policy")
            assert (refused.outcome, refused.text, refused.confidence) == ("illegible", "", 0.0)


def test_the_same_crop_is_read_where_the_form_does_not_need_it(folder: Path) -> None:
    reader, whole = load_reader(folder), load_reader(SHIPPED)
    needs = crop("4827", field("code", pattern="F?[0-9]{4}"))
    assert reader.read(needs).measured == {"lacking": 1.0} and "lacking" not in whole.read(needs).measured
    plain = crop("4827")
    assert reader.read(plain).text == whole.read(plain).text == "4827"
    assert reader.read(plain).confidence == whole.read(plain).confidence


def test_both_rooms_mean_the_same_measure() -> None:
    assert LACKING == MEASURED
