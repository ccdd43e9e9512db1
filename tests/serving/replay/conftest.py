"""A store with a past: models, preprocessings and libraries of several ages have read its scans."""

import shutil
from collections.abc import Iterator, Mapping
from contextlib import ExitStack
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import Any
from unittest.mock import patch

import pytest

from recognizer.form import load_form
from recognizer.prepare import Preparer
from serving.batch.recognize import Order, recognize
from serving.door import open_door
from serving.environment import environment
from serving.intake.scans import find_scans
from serving.intake.workshop import Workshop
from serving.ledger import BatchFacts, Ledger, open_ledger
from serving.models import Shelf
from serving.replay import Replayer
from tests.serving.models.bundles import SHIPPED, variant
from tests.serving.test_batch import Quiet

DATA = SHIPPED.parent
OLD_CV, OLD_RUNTIME = "4.0.0.1", "1.0.0"


@dataclass(frozen=True, kw_only=True)
class Past:
    """The ledger, where its things lie, and its batches by what was different then."""

    ledger: Ledger
    root: Path
    batches: Mapping[str, BatchFacts]

    @property
    def shelf(self) -> Shelf:
        return Shelf(self.root / "store")

    def replayer(self, **settings: Any) -> Replayer:
        return Replayer(self.ledger, self.shelf, **settings)

    def ids(self, batch: str) -> list[str]:
        with self.ledger.replaying_to_read() as rows:
            return rows.of_batch(self.batches[batch].batch_id)

    def page(self, batch: str, page_no: int = 1) -> list[str]:
        return [
            answer.prediction.prediction_id
            for (_, number), answers in self.ledger.answers(self.batches[batch].batch_id).items()
            if number == page_no
            for answer in answers
        ]


def _other_preparer(forms: Any, limits: Any) -> Workshop[Any]:
    """Preprocessing as it never was: crops at another resolution."""
    return Workshop(partial(Preparer, tuple(forms), crop_dpi=150.0), limits)


def _under(**other: str) -> Any:
    """Under an environment in which some things are of another version."""
    names = {name.replace("_", "-"): value for name, value in other.items()}
    return patch("serving.door.environment", lambda facts=None: environment(facts) | names)


def _batch(ledger: Ledger, root: Path, bundle: Path, scans: list[str], *ways: Any) -> BatchFacts:
    forms = tuple(load_form(root / "forms" / f"{name}.yaml") for name in ("insurance_application", "nist_hsf"))
    shelf = Shelf(root / "store")
    with ExitStack() as stack:
        for way in ways:
            stack.enter_context(way)
        door = open_door(shelf.folder(shelf.put(bundle)), ledger)
        found = find_scans([root / "scans" / name for name in scans])
        order = Order(forms=forms, scans=found, out=root / "out" / "_".join(scans), workers=1)
        return recognize(order, door, ledger, Quiet())


@pytest.fixture(scope="module")
def past(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Past]:
    """Seven pages, read nine times over."""
    root = tmp_path_factory.mktemp("past")
    shutil.copytree(DATA / "samples" / "scans", root / "scans")
    shutil.copytree(DATA / "forms", root / "forms")
    shutil.copytree(DATA / "lexicons", root / "lexicons")
    older = variant(root, "older")
    version = partial(patch, "serving.intake.forms.PREPARATION_VERSION")
    other_crops = partial(patch, "serving.batch.recognize.form_workshop", _other_preparer)
    with open_ledger(f"sqlite:///{root}/store/ledger.db") as ledger:
        run = partial(_batch, ledger, root)
        many = ["branch_west_fax.tif", "sideways.png"]
        batches = {
            "older model": run(older, many),
            "today": run(SHIPPED, many),
            "older preprocessing": run(SHIPPED, ["sideways.png"], version(2), other_crops()),
            "older, and the same": run(SHIPPED, ["desk_0114.png"], version(1)),
            "older library": run(SHIPPED, ["thin_paper.jpg"], other_crops(), _under(opencv_python_headless=OLD_CV)),
            "older runtime": run(
                SHIPPED, ["coffee.jpg"], patch("recognizer.engine.ALTERNATIVES", 2), _under(onnxruntime=OLD_RUNTIME)
            ),
        }
        yield Past(ledger=ledger, root=root, batches=batches)
