import csv
import os
import subprocess
import sys
import time
from pathlib import Path

import cv2
import numpy as np
import pytest
from typer.testing import CliRunner

from recognizer.reading import Crop, Reading
from serving.commands import session
from serving.door import Door
from serving.ledger import Ledger, open_ledger
from tests.serving import specimens as sample
from training.cli import app

ROOT = Path(__file__).parents[2]
FORM = ROOT / "data" / "forms" / "insurance_application.yaml"
BLANK_FORM = ROOT / "data" / "forms" / "insurance_application" / "blank.png"


class Command:
    """The command with a reader that needs no model; everything else is real."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.reader = sample.InkReader()

    def __call__(self, *words: object) -> tuple[int, str, str]:
        store = ["--store", self.folder / "store"] if words[0] in ("recognize", "read", "deliver") else []
        later = ["--deliver-later"] if words[0] in ("recognize", "read") else []
        result = CliRunner().invoke(app, [str(word) for word in [*words, *store, *later]])
        return result.exit_code, result.stdout, result.stderr

    @property
    def ledger(self) -> Ledger:
        return open_ledger(f"sqlite:///{self.folder}/store/ledger.db")


@pytest.fixture
def penfield(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Command:
    command = Command(tmp_path)
    monkeypatch.setattr(session, "door_to", lambda bundle, where, ledger, policy: Door(command.reader, ledger))
    return command


def test_help_is_there_at_once() -> None:
    environment = os.environ | {"PYTHONPATH": str(ROOT)}
    started = time.perf_counter()
    code = (
        "import sys; from training.cli import app; sys.argv[1:] = ['--help']\ntry: app()\nfinally: print(*sys.modules)"
    )
    done = subprocess.run([sys.executable, "-c", code], env=environment, capture_output=True, text=True, check=True)
    assert time.perf_counter() - started < 3  # half a second on a machine that has nothing else to do
    assert "Exit codes" in done.stdout
    heavy = {"torch", "mlflow", "pandas", "numpy", "cv2", "sqlalchemy", "matplotlib", "pydantic"}
    assert not heavy & set(done.stdout.split())


def test_scans_in_records_out(penfield: Command, tmp_path: Path) -> None:
    scans = tmp_path / "scans"
    (scans / "more").mkdir(parents=True)
    (scans / ".hidden").write_text("")
    (scans / "page10.png").write_bytes(BLANK_FORM.read_bytes())
    (scans / "page9.txt").write_text("no scan")
    cv2.imwrite(str(scans / "more" / "white.png"), np.full((1650, 1275), 255, np.uint8))
    words = ("recognize", scans, "--form", FORM, "--out", scans / "out")
    code, printed, complaints = penfield(*words)
    assert (code, complaints) == (0, "") and "1 unsupported" in printed and "penfield ui" in printed
    with (scans / "out" / "records.csv").open(newline="") as file:
        rows = list(csv.DictReader(file))
    assert [(row["scan"], row["page"], row["status"]) for row in rows] == [
        ("more/white.png", "1", "blank"),
        ("page9.txt", "", "rejected: unsupported"),
        ("page10.png", "1", "read"),
    ]
    first = {path.name: path.read_bytes() for path in (scans / "out").iterdir()}
    fields = penfield.reader.read_crops
    assert fields > 10
    assert penfield(*words, "--strict")[0] == 7  # the same batch: strictness is no part of it
    assert penfield.reader.read_crops == fields
    assert {path.name: path.read_bytes() for path in (scans / "out").iterdir()} == first
    (scans / "page11.png").write_bytes(BLANK_FORM.read_bytes() + b"\0")
    assert penfield(*words)[0] == 0 and penfield.reader.read_crops == 2 * fields
    with penfield.ledger as ledger:
        latest = ledger.latest_batch()
        assert latest is not None and ledger.batch(latest).pages == 4


def test_pre_cut_fields(penfield: Command, tmp_path: Path) -> None:
    image = np.full((40, 200), 255, np.uint8)
    cv2.putText(image, "F757558", (5, 30), cv2.FONT_HERSHEY_SIMPLEX, 1, 0, 2)
    cv2.imwrite(str(tmp_path / "a.png"), image)
    (tmp_path / "states.txt").write_text("Vermont\nMaine\n")
    (tmp_path / "fields.csv").write_text(
        "image,kind,pattern,lexicon,note\n"
        "a.png,code,F[0-9]{6},,mine\n"
        "gone.png,digits,,,\n"
        "a.png,digit,,,\n"
        "a.png,code,F[0-9,,\n"
        "a.png,choice,,states.txt,\n"
        "a.png,choice,,gone.txt,\n"
        "a.png,choice_group,,,\n"
        ",digits,,,\n"
        "fields.csv,digits,,,\n"
    )
    out = tmp_path / "readings.csv"
    code, printed, complaints = penfield("read", "--in", tmp_path / "fields.csv", "--out", out)
    assert (code, complaints) == (0, ""), printed
    with out.open(newline="") as file:
        rows = list(csv.DictReader(file))
    assert [row["outcome"] for row in rows] == [
        "text",
        "rejected: unreadable",
        "rejected: bad_kind",
        "rejected: bad_pattern",
        "text",
        "rejected: bad_lexicon",
        "rejected: bad_kind",
        "rejected: no_image",
        "rejected: unsupported",
    ]
    assert rows[0]["note"] == "mine" and rows[0]["text"].startswith("F") and 0 < float(rows[0]["confidence"]) <= 1
    with penfield.ledger as ledger:
        batch = ledger.latest_batch()
        assert batch is not None
        frame = ledger.predictions_frame(batch)
        assert set(frame.prediction_id) == {rows[0]["prediction_id"], rows[4]["prediction_id"]}
        assert [parcel.kind for parcel in ledger.pending()] == ["batch_started", *["page"] * 9, "batch_finished"]
    first, reads = out.read_bytes(), penfield.reader.read_crops
    assert penfield("read", "--in", tmp_path / "fields.csv", "--out", out)[0] == 0
    assert out.read_bytes() == first and penfield.reader.read_crops == reads


@pytest.mark.parametrize(
    ("words", "code", "said"),
    [
        (["recognize", "gone", "--form", FORM, "--out", "out"], 4, "no such file or folder"),
        (["recognize", ROOT / "data/forms", "--form", "gone.yaml", "--out", "out"], 4, "gone.yaml"),
        (["recognize", FORM, "--form", ROOT / "pyproject.toml", "--out", "out"], 3, "pyproject.toml"),
        (["recognize", FORM, "--form", FORM, "--form", FORM, "--out", "out"], 2, "name of its own"),
        (["recognize", FORM, "--form", FORM, "--out", "out", "--ledger", "nonsense"], 6, "database URL"),
        (["recognize", FORM, "--form", FORM, "--out", "out", "--max-pages", "0"], 2, "max-pages"),
        (["recognize", FORM, "--form", FORM, "--out", FORM], 4, "cannot be written to"),
        (["read", "--in", "gone.csv", "--out", "out.csv"], 4, "gone.csv"),
        (["read", "--in", ROOT / "pyproject.toml", "--out", "out.csv"], 4, "image,kind"),
    ],
)
def test_mistakes_are_one_clear_line(penfield: Command, words: list[object], code: int, said: str) -> None:
    got, _, complaints = penfield(*words)
    assert got == code and said in complaints and "Traceback" not in complaints


def test_a_model_that_is_not_there(tmp_path: Path) -> None:
    result = CliRunner().invoke(
        app,
        [
            *("recognize", str(BLANK_FORM), "--form", str(FORM), "--out", str(tmp_path / "out")),
            *("--bundle", "gone", "--store", str(tmp_path)),
        ],
    )
    assert result.exit_code == 5 and "no model gone" in result.stderr


def test_what_should_not_happen_shows_no_value(penfield: Command, tmp_path: Path) -> None:
    class Interrupted(sample.InkReader):
        def read(self, crop: Crop, folder: Path = Path()) -> Reading:
            raise KeyboardInterrupt

    penfield.reader = Interrupted()
    code, _, complaints = penfield("recognize", BLANK_FORM, "--form", FORM, "--out", tmp_path / "out")
    assert code == 130, complaints
    assert "goes on where it stopped" in complaints
    penfield.reader = None  # type: ignore[assignment]
    code, _, complaints = penfield("recognize", BLANK_FORM, "--form", FORM, "--out", tmp_path / "out")
    assert code == 1 and "AttributeError" in complaints and "NoneType" not in complaints


def test_form_check_says_what_is_wrong(penfield: Command, tmp_path: Path) -> None:
    (tmp_path / "bad.yaml").write_text("name: Bad Name\n")
    code, printed, complaints = penfield("form", "check", FORM, tmp_path / "bad.yaml")
    assert code == 3 and "right: insurance_application" in printed and "bad.yaml" in complaints
    code, printed, _ = penfield("form", "schema")
    assert code == 0 and '"registration"' in printed
