"""`penfield models`, `publish`, `activate`, `rollback`, from the command line."""

from pathlib import Path

import cv2
import pytest
from typer.testing import CliRunner

from serving.commands.models_told import succession_lines
from serving.commands.progress import Bar
from serving.ledger import Activation, Answer, PageEntry, open_ledger
from serving.models import Models, Shelf
from tests.serving.models.bundles import SHIPPED, flip, variant
from training.cli import app


class Command:
    def __init__(self, store: Path) -> None:
        self.store = store

    def __call__(self, *words: object, code: int = 0) -> str:
        later = [] if words[0] == "models" else ["--deliver-later", "--by", "ada"]
        asked = [str(word) for word in (*words, *later, "--store", self.store)]
        result = CliRunner().invoke(app, asked, env={"COLUMNS": "200"})
        assert result.exit_code == code, result.output
        return result.output


@pytest.fixture
def penfield(tmp_path: Path) -> Command:
    return Command(tmp_path / "store")


@pytest.fixture(scope="module")
def second(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return variant(tmp_path_factory.mktemp("made"), "second")


def published(penfield: Command, folder: Path) -> str:
    return penfield("publish", folder, "--note", "a longer training").split()[0]


def test_from_the_model_that_ships_to_another_and_back(penfield: Command, second: Path, tmp_path: Path) -> None:
    first = penfield("models").split("all fields")[1].split()[0]
    made = published(penfield, second)
    assert penfield("models").count(made[:8]) == 1  # it lies there, and reads nothing
    said = penfield("activate", made[:6], "--reason", "94% against 91%", "--expects", first)
    assert f"{made[:8]} reads all fields from now on, in place of {first}" in said
    penfield("activate", made[:6], "--kind", "ssn", "--reason", "in boxes")
    said = penfield("rollback", "--reason", "worse on audits")
    assert f"{first} reads all fields from now on, in place of {made[:8]}" in said
    told = penfield("models", "--out", tmp_path / "out")
    assert "94% against 91%  (undone)" in told and "fields of kind ssn" in told and "a longer training" in told
    picture = cv2.imread(str(tmp_path / "out" / "succession.png"))
    assert picture is not None and picture.shape[1] > 1000
    page = (tmp_path / "out" / "succession.html").read_text()
    assert "worse on audits" in page and made in page and "data:image/png" in page


def test_what_cannot_be_is_said(penfield: Command, second: Path, tmp_path: Path) -> None:
    made = published(penfield, second)
    assert "needs a reason" in penfield("activate", made, "--reason", " ", code=2)
    assert "--reason" in penfield("activate", made, code=2)
    assert "no model zzzz" in penfield("activate", "zzzz", "--reason", "x", code=5)
    assert "no kind of field 'sss'" in penfield("activate", made, "--kind", "sss", "--reason", "x", code=2)
    assert "replaced none" in penfield("rollback", "--reason", "x", code=2)
    assert "another activation was faster" in penfield("activate", made, "--reason", "x", "--expects", made[:8], code=1)
    flip(penfield.store / "bundles" / made / "text.onnx")
    assert "digest differs" in penfield("activate", made, "--reason", "x", code=5)
    assert "text.onnx is not the file" in penfield("models")
    damaged = variant(tmp_path, "damaged")
    flip(damaged / "marks.onnx")
    assert "marks.onnx" in penfield("publish", damaged, code=5)
    with open_ledger(f"sqlite:///{penfield.store}/ledger.db") as ledger:
        history = Models(ledger, Shelf(penfield.store)).history()
    assert [each.how for each in history] == ["first"]


def test_a_bundle_is_named_by_the_beginning_of_its_id(penfield: Command, second: Path, tmp_path: Path) -> None:
    made = published(penfield, second)
    (tmp_path / "fields.csv").write_text(f"image,kind\n{SHIPPED.parent}/samples/scans/faint_copy.png,digits\n")
    read = ("read", "--in", tmp_path / "fields.csv", "--out", tmp_path / "out.csv", "--store", penfield.store)
    words = [str(word) for word in (*read, "--deliver-later")]
    for asked, wanted in ((["--bundle", made[:7]], made), ([], None)):
        result = CliRunner().invoke(app, [*words, *asked])
        assert result.exit_code == 0, result.output
        with open_ledger(f"sqlite:///{penfield.store}/ledger.db") as ledger:
            batch = ledger.batch(ledger.latest_batch() or "")
        assert (batch.bundle_id == made) == (wanted == made)


def test_of_two_activations_at_once_the_slower_is_told(
    penfield: Command, second: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Another one comes while this command checks its bundle, byte for byte."""
    made, rival = published(penfield, second), published(penfield, variant(tmp_path, "rival"))
    checked = Shelf.folder

    def slowly(shelf: Shelf, bundle_id: str) -> Path:
        folder = checked(shelf, bundle_id)
        if bundle_id == made:
            with open_ledger(f"sqlite:///{penfield.store}/ledger.db") as other:
                Models(other, shelf).activate(rival, by="bob", reason="better still", evidence={})
        return folder

    monkeypatch.setattr(Shelf, "folder", slowly)
    said = penfield("activate", made, "--reason", "better", code=1)
    assert f"another activation was faster: {rival[:8]} reads all fields" in said and "by bob" in said
    monkeypatch.undo()
    with open_ledger(f"sqlite:///{penfield.store}/ledger.db") as ledger:
        history = Models(ledger, Shelf(penfield.store)).history()
    assert [each.bundle_id for each in history[1:]] == [rival]


def test_a_running_command_sees_a_switch_at_the_next_page(
    penfield: Command, second: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    made, first = published(penfield, second), penfield("models").split("all fields")[1].split()[0]
    page, seen = Bar.page, []

    def watching(bar: Bar, entry: PageEntry, answers: tuple[Answer, ...]) -> None:
        page(bar, entry, answers)
        seen.append(entry)
        if len(seen) == 1:
            penfield("activate", made, "--reason", "better")

    monkeypatch.setattr(Bar, "page", watching)
    data = SHIPPED.parent
    scans = [data / "samples" / "scans" / name for name in ("desk_0114.png", "faint_copy.png")]
    asked = ["recognize", "--form", data / "forms" / "insurance_application.yaml", "--out", tmp_path / "out", *scans]
    asked += ["--store", penfield.store, "--workers", "1", "--deliver-later"]
    result = CliRunner().invoke(app, [str(word) for word in asked])
    assert result.exit_code == 0, result.output
    with open_ledger(f"sqlite:///{penfield.store}/ledger.db") as ledger:
        pages = ledger.answers(ledger.latest_batch() or "").values()
        read = [{answer.prediction.bundle_id[:8] for answer in answers} for answers in pages if answers]
    assert read == [{first}, {made[:8]}]


def activation(seq: int, at: str, bundle_id: str, scope: str = "") -> Activation:
    return Activation(
        seq=seq, scope=scope, bundle_id=bundle_id, replaced=None, replaced_seq=0, how="manual", by="ada", reason="x",
        evidence={}, at=f"2026-01-{at}T00:00:00+00:00",
    )  # fmt: skip


def test_the_bar_is_to_scale() -> None:
    history = (activation(1, "01", "a" * 32), activation(2, "11", "b" * 32), activation(3, "21", "b" * 32, "ssn"),
               activation(4, "26", "", "ssn"))  # fmt: skip
    lines = succession_lines(history, "2026-01-31T00:00:00+00:00")
    assert lines[0] == "all fields  " + "A" * 20 + "B" * 40
    assert lines[1] == "ssn         " + " " * 40 + "B" * 10 + "·" * 10
    assert "A aaaaaaaa, B bbbbbbbb" in lines[2]
