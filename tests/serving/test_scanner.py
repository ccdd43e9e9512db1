"""What a file says of its scanner, from the file to whoever asks."""

import json
from pathlib import Path

import cv2
import pytest
from typer.testing import CliRunner

from serving.commands import session
from serving.door import Door
from serving.ledger import open_ledger
from tests.serving import specimens as sample
from training.cli import app
from training.samples.save import save_jpeg

FORM = Path(__file__).parents[2] / "data" / "forms" / "insurance_application.yaml"
DEVICES = {"one": ("Borealis", "S300"), "other": ("Larch", "Flatbed 1"), "unnamed": ("", "")}
ASKED = """
    SELECT split_part(scan, '.', 1) AS scan, scanner, count(*) AS fields FROM {view} GROUP BY ALL ORDER BY scan
"""


@pytest.fixture
def read(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A store whose scans came from two scanners and from somewhere."""
    monkeypatch.setattr(session, "door_to", lambda bundle, where, ledger, policy: Door(sample.InkReader(), ledger))
    image = cv2.imread(str(FORM.with_suffix("") / "blank.png"), cv2.IMREAD_GRAYSCALE)
    assert image is not None
    (tmp_path / "scans").mkdir()
    for number, (name, device) in enumerate(DEVICES.items()):
        save_jpeg(tmp_path / "scans" / f"{name}.jpg", image, 150, quality=70 + number, scanner=device)
    run("recognize", tmp_path / "scans", "--form", FORM, "--out", tmp_path / "out", "--deliver-later", store=tmp_path)
    return tmp_path


def run(*words: object, store: Path) -> str:
    done = CliRunner().invoke(app, [*map(str, words), "--store", str(store / "store")])
    assert done.exit_code == 0, done.output
    return done.stdout


def asked(store: Path, view: str) -> dict[str, str | None]:
    lines = run("query", ASKED.format(view=view), "--format", "json", store=store).splitlines()
    return {row["scan"]: row["scanner"] for row in map(json.loads, lines)}


NAMED = {"one": "Borealis S300", "other": "Larch Flatbed 1", "unnamed": None}


@pytest.mark.parametrize("view", ["pages", "predictions", "quality"])
def test_each_page_is_known_by_its_scanner(read: Path, view: str) -> None:
    assert asked(read, view) == NAMED


def test_the_tables_of_a_batch_say_it(read: Path) -> None:
    with open_ledger(f"sqlite:///{read}/store/ledger.db") as ledger:
        batch = ledger.latest_batch()
        assert batch is not None
        pages = ledger.pages_frame(batch)
    named = pages["scanner"].astype(object).where(pages["scanner"].notna(), None)
    assert dict(zip(pages["scan"].str.removesuffix(".jpg"), named, strict=True)) == NAMED
