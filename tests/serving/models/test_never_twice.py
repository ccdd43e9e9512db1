"""Nothing is read twice, and no page is prepared twice, whoever reads it."""

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from recognizer.form import load_form
from serving.batch.recognize import Order, recognize
from serving.door import Door
from serving.intake.scans import find_scans
from serving.intake.workshop import Workshop
from serving.ledger import Ledger, open_ledger
from serving.models import Champions, Models, Shelf
from serving.promise import Policy
from tests.serving.models.bundles import SHIPPED, variant
from tests.serving.models.test_champions import Watching

DATA = SHIPPED.parent


class Counted:
    """Recognizes one sample scan with the champions, and counts what was done anew."""

    def __init__(self, ledger: Ledger, store: Path, monkeypatch: pytest.MonkeyPatch) -> None:
        self.ledger, self.store, self.prepared = ledger, store, 0
        self.models = Models(ledger, Shelf(store))
        pages = Workshop.pages

        def counting(shop: Workshop[Any], *asked: Any, **settings: Any) -> Iterator[Any]:
            for page in pages(shop, *asked, **settings):
                self.prepared += 1
                yield page

        monkeypatch.setattr(Workshop, "pages", counting)

    def __call__(self, policy: Policy | None = None) -> tuple[int, int, str]:
        """How many crops were read, how many pages prepared, and the batch."""
        before = self.prepared
        door = Door(Champions(self.ledger, self.models.shelf, policy), self.ledger)
        form = load_form(DATA / "forms/insurance_application.yaml")
        scans = find_scans([DATA / "samples/scans/desk_0114.png"])
        order = Order(forms=(form,), scans=scans, out=self.store / "out", workers=1)
        batch = recognize(order, door, self.ledger, Watching(0, lambda: None))
        return door.spent.readings, self.prepared - before, batch.batch_id


@pytest.fixture
def counted(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Counted]:
    with open_ledger(f"sqlite:///{tmp_path}/ledger.db") as ledger:
        yield Counted(ledger, tmp_path, monkeypatch)


def test_another_policy_costs_no_inference_and_another_model_no_preparation(counted: Counted, tmp_path: Path) -> None:
    counted.models.begin(SHIPPED)
    fields, pages, first = counted()
    assert fields == 16 and pages == 1
    assert counted() == (0, 0, first)
    readings, prepared, batch = counted(Policy(accuracy=0.9, audit=0.5))
    assert (readings, prepared) == (0, 0) and batch != first
    made = counted.models.publish(variant(tmp_path, "second"), by="ada")
    counted.models.activate(made, kind="date", by="ada", reason="reads dates better", evidence={})
    dates, prepared, mixed = counted()
    assert 0 < dates < fields and prepared == 0
    assert set(counted.ledger.batch(mixed).bundles.values()) == {dates, fields - dates}
    counted.models.activate(made, by="ada", reason="reads all better", evidence={})
    assert counted()[:2] == (fields - dates, 0)


def test_two_models_on_a_new_page_prepare_it_once(counted: Counted, tmp_path: Path) -> None:
    counted.models.begin(SHIPPED)
    made = counted.models.publish(variant(tmp_path, "second"), by="ada")
    counted.models.activate(made, kind="date", by="ada", reason="reads dates better", evidence={})
    readings, prepared, batch = counted()
    assert (readings, prepared) == (16, 1) and len(counted.ledger.batch(batch).bundles) == 2
