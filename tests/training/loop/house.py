"""A house whose people have another pen than the champion knows, and settle what stands in every field."""

from pathlib import Path

from benchmarks.pens import draw_fields, slant
from serving.batch.readings import read_fields
from serving.door import Door
from serving.ledger import Ledger
from serving.ledger.statement import Verdict
from serving.models import Champions, Models, Shelf
from serving.truth.settle import settle
from tests.serving.models.bundles import SHIPPED
from training.loop.order import RetrainOrder
from training.measure import Silence


def order(home: Path, **settings: object) -> RetrainOrder:
    """A round of seconds."""
    quick = {"folder": home / "retrain", "least_new": 20, "least_lines": 10, "steps": 12, "share": 0.9,
             "going_on": 0.3, "outcomes": 20, "held_out": 8, "workers": 0}  # fmt: skip
    return RetrainOrder(store=home / "store", **quick | settings)  # type: ignore[arg-type]


def begin(ledger: Ledger, folder: Path) -> Models:
    """The model that ships is the champion."""
    models = Models(ledger, Shelf(folder / "store"))
    models.begin(SHIPPED)
    return models


def read(ledger: Ledger, models: Models, folder: Path, count: int, seed: int = 1) -> dict[str, str]:
    """So many fields come in and are read; gives what is written on each crop."""
    source, written = draw_fields(folder / f"fields {seed}", count, slant, seed)
    door = Door(Champions(ledger, models.shelf), ledger)
    batch = read_fields(source, source.parent / "readings.csv", door, ledger, Silence())
    with ledger.truth() as told:
        return {use.crop_id: written[use.scan] for use in told.uses_in(batch.batch_id)}


def say(ledger: Ledger, truth: dict[str, str]) -> None:
    """People say what is written."""
    with ledger.writing() as writing:
        settle(writing, [Verdict(crop_id=crop_id, source="crowd", outcome="text", text=text, by="people")
                         for crop_id, text in truth.items()])  # fmt: skip
