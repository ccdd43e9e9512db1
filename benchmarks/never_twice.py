"""What does it cost to do a batch again: as it was, under another policy, with another model, and back?

    python -m benchmarks.never_twice [--repeat 10] [--bundle data/bundle] [--second FOLDER]

Sample scans are recognized with the champions, one process preparing. Counted is what was really done: pages that were
prepared, runs of a network on a crop, and seconds of CPU of all processes. Files that were refused are tried again by
every new batch. Without a second model, the first one under another name reads: it costs the same. `trial` is the same
pages read by one more model beside, for the purpose `trial`.
"""

import argparse
import json
import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from rich.console import Console
from rich.table import Table

from benchmarks.sample_runs import BUNDLE, DATA, Silent, copies, cpu_s, one_of, scratch
from recognizer.form import load_form
from serving.batch.recognize import Order, recognize
from serving.door import Door, open_door
from serving.intake.scans import find_scans
from serving.intake.workshop import PageDone, Workshop
from serving.ledger import Ledger, open_ledger
from serving.models import Champions, Models, Shelf
from serving.promise import Policy

OTHER = Policy(accuracy=0.99, certainty=0.9, audit=0.05)


@dataclass(frozen=True, kw_only=True)
class Cost:
    """One pass over the scans: pages prepared, files refused, crops read, and seconds of CPU of all processes."""

    name: str
    prepared: int
    refused: int
    read: int
    cpu_s: float


class House:
    """One ledger and its champions; each pass is as a command of its own would have it."""

    def __init__(self, ledger: Ledger, store: Path, scans: Path) -> None:
        self.ledger, self.store, self.scans = ledger, store, scans
        self.models = Models(ledger, Shelf(store))
        self.forms = tuple(load_form(path) for path in sorted((DATA / "forms").glob("*.yaml")))

    def passes(self, name: str, policy: Policy | None = None) -> Cost:
        """Recognize everything with the champions."""
        return self.through(name, Door(Champions(self.ledger, self.models.shelf, policy), self.ledger))

    def through(self, name: str, door: Door) -> Cost:
        """Recognize everything through a door, and say what it cost."""
        order = Order(forms=self.forms, scans=find_scans([self.scans]), out=self.store / "out", workers=1)
        door.lineup  # noqa: B018  # loading a model is no part of it
        with counted() as done:
            began_s = cpu_s()
            recognize(order, door, self.ledger, Silent())
            spent_s = cpu_s() - began_s
        prepared = sum(done)
        return Cost(name=name, prepared=prepared, refused=len(done) - prepared, read=door.spent.readings, cpu_s=spent_s)


@contextmanager
def counted() -> Iterator[list[bool]]:
    """A list that grows by one with each page that is worked on: whether it was prepared, or refused."""
    pages, done = Workshop.pages, []

    def counting(shop: Workshop[Any], *asked: Any, **settings: Any) -> Iterator[Any]:
        for page in pages(shop, *asked, **settings):
            done.append(isinstance(page, PageDone))
            yield page

    Workshop.pages = counting  # type: ignore[method-assign]
    try:
        yield done
    finally:
        Workshop.pages = pages  # type: ignore[method-assign]


def renamed(bundle: Path, folder: Path) -> Path:
    """The same networks as a bundle of another id."""
    shutil.copytree(bundle, folder)
    content = json.loads((folder / "bundle.json").read_text())
    content["manifest"]["made"] = "the same under another name"
    (folder / "bundle.json").write_text(json.dumps(content))
    return folder


def costs(here: Path, scans: Path, bundle: Path, second: Path) -> list[Cost]:
    """Everything that may happen to a batch, one after the other."""

    def reads(bundle_id: str, kind: str = "") -> None:
        house.models.activate(bundle_id, kind=kind, by="benchmark", reason="to be measured", evidence={})

    with open_ledger(f"sqlite:///{here}/ledger.db") as ledger:
        house = House(ledger, here, scans)
        house.models.begin(bundle)
        done = [house.passes("for the first time"), house.passes("again"), house.passes("another policy", OTHER)]
        made = house.models.publish(second, by="benchmark")
        reads(made, "date")
        done.append(house.passes("a new champion for dates"))
        reads(made)
        done.append(house.passes("a new champion for all"))
        house.models.rollback(by="benchmark", reason="to be measured")
        house.models.rollback("date", by="benchmark", reason="to be measured")
        done.append(house.passes("rolled back"))
        trial = open_door(house.models.shelf.folder(made), ledger, purpose="trial")
        return [*done, house.through("trial: one more model", trial)]


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--repeat", type=int, default=10, help="copies of each sample scan")
    parser.add_argument("--bundle", type=Path, default=BUNDLE)
    parser.add_argument("--second", type=Path, help="another bundle; without one, the same under another name")
    asked = parser.parse_args()
    with scratch() as folder:
        here = Path(folder)
        (here / "scans").mkdir()
        copies(here / "scans", asked.repeat)
        second = asked.second or renamed(asked.bundle, here / "second")
        for part, scans in (("warm", one_of(here)), ("measured", here / "scans")):
            (here / part).mkdir()
            done = costs(here / part, scans, asked.bundle, second)
    told(done)


def told(done: list[Cost]) -> None:
    table = Table("pass", "pages prepared", "refused", "crops read", "CPU s", "of the first", box=None)
    for cost in done:
        counts = str(cost.prepared), str(cost.refused), str(cost.read)
        table.add_row(cost.name, *counts, f"{cost.cpu_s:.2f}", f"{cost.cpu_s / done[0].cpu_s:.1%}")
    Console(width=120).print(table)


if __name__ == "__main__":
    main()
