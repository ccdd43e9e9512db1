"""Pages drawn, really read, and filed in a store, so that a benchmark can go on where it was interrupted."""

import json
import shutil
import sqlite3
from collections.abc import Callable, Iterable, Sequence
from contextlib import closing
from dataclasses import replace
from pathlib import Path

from benchmarks.fault_pages import NAMELESS, NOTHING, Device, Fault, save_page
from benchmarks.sample_runs import BUNDLE, DATA, Silent
from recognizer.form import load_form
from recognizer.reader import Reader
from serving.batch.recognize import Order, recognize
from serving.door import Door, open_door
from serving.intake.scans import find_scans
from serving.ledger import open_ledger
from serving.promise import Policy
from serving.readers import Same

SOURCE = "lobby"
Wrap = Callable[[Reader], Reader]


def read_pages(
    store: Path, seed: int, numbers: Iterable[int], fault: Fault = NOTHING, wrap: Wrap | None = None,
    devices: Sequence[Device] = (NAMELESS,),
) -> None:  # fmt: skip
    """Draw these pages and read them into the store, as `penfield recognize` does; `truths.json` says what is true."""
    path = store / "truths.json"
    truths = json.loads(path.read_text()) if path.exists() else {}
    folder = store / f"scans {len(truths)}"
    (folder / SOURCE).mkdir(parents=True, exist_ok=True)
    for number in numbers:
        name = f"{SOURCE}/{number:05d}.jpg"
        truths[name] = save_page(folder / name, seed, number, fault, devices[number % len(devices)])
    with open_ledger(url_of(store)) as ledger:
        door = open_door(BUNDLE, ledger, policy=Policy())
        if wrap is not None:
            model = door.lineup.general
            door = Door(Same(replace(model, reader=wrap(model.reader))), ledger)
        form = load_form(DATA / "forms" / "insurance_application.yaml")
        order = Order(forms=(form,), scans=find_scans([folder]), out=folder / "out", workers=1)
        recognize(order, door, ledger, Silent())
    path.write_text(json.dumps(truths))
    shutil.rmtree(folder)


def url_of(store: Path) -> str:
    return f"sqlite:///{store}/ledger.db"


def copy_store(store: Path, to: Path) -> None:
    """The store once more, for another future."""
    shutil.copytree(store, to, ignore=shutil.ignore_patterns("ledger.db*"))
    with closing(sqlite3.connect(store / "ledger.db")) as one, closing(sqlite3.connect(to / "ledger.db")) as other:
        one.backup(other)
