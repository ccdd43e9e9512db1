"""`penfield crowd`: fields of a batch go out, are answered elsewhere, come back, and settle their records."""

import csv
import json
from collections.abc import Callable
from pathlib import Path

import pytest
from typer.testing import CliRunner

from serving.ledger import Ledger, open_ledger
from tests.serving.crowds.items import annotated
from tests.serving.office.house import read_batch, uses, verdicts
from training.cli import app

Penfield = Callable[..., tuple[int, str, str]]


@pytest.fixture
def ledger(tmp_path: Path) -> "Ledger":
    opened = open_ledger(f"sqlite:///{tmp_path}/ledger.db")
    read_batch(opened, doubtful=("policy", "surname"))
    return opened


@pytest.fixture
def penfield(ledger: Ledger, tmp_path: Path) -> Penfield:
    def run(*words: object) -> tuple[int, str, str]:
        told = CliRunner().invoke(app, ["crowd", *map(str, words), "--ledger", ledger.url])
        return told.exit_code, told.stdout, told.stderr

    return run


def keyed(ledger: Ledger, task_id: str) -> str:
    """What a person would key: here, what the machine read, which they have not seen."""
    with ledger.desk_to_read() as desk, ledger.truth() as truth:
        task = desk.tasks.find(task_id)
        assert task is not None
        return truth.uses_of([task.crop_id])[0].reading.text


def test_a_spreadsheet_out_and_back(penfield: Penfield, ledger: Ledger, tmp_path: Path) -> None:
    out = tmp_path / "folder"
    code, said, _ = penfield("export", "csv", "--out", out, "--together")
    assert code == 0 and "6 fields to" in said
    with (out / "tasks.csv").open(newline="") as file:
        tasks = list(csv.DictReader(file))
    assert len(tasks) == 6 and all((out / task["image"]).read_bytes().startswith(b"\x89PNG") for task in tasks)
    readings = {use.reading.text for use in uses(ledger, "batch 0").values()}
    assert not readings & {cell for task in tasks for cell in task.values()}
    assert "6 fields, 6 still out" in penfield("list")[1]
    with (out / "answers.csv").open("a", newline="") as file:
        csv.writer(file).writerows([task["task"], "ann", keyed(ledger, task["task"]), "", 3.5] for task in tasks)
        csv.writer(file).writerow(["nonsense", "ann", "x", "", ""])
    code, said, complaints = penfield("import", out / "answers.csv")
    assert code == 0 and "6 answers taken, 0 known before, 1 not taken" in said
    assert "line 8: no such task was handed to this crowd" in complaints
    assert "0 still out" in penfield("list")[1]
    settled = [verdicts(ledger, use.crop_id) for use in uses(ledger, "batch 0").values()]
    assert sum(map(bool, settled)) == 5  # the sixth asks for another person: the machine was unsure of it
    assert "0 answers taken, 6 known before" in penfield("import", out / "answers.csv")[1]


def test_label_studio_out_and_back(penfield: Penfield, ledger: Ledger, tmp_path: Path) -> None:
    code, said, _ = penfield("export", "label-studio", "--out", tmp_path / "ls", "--kind", "code")
    assert code == 0 and "code 3" in said
    (file,) = (tmp_path / "ls" / "code").glob("label-studio-*.json")
    sent = [task["data"]["penfield_task"] for task in json.loads(file.read_text())]
    done = [annotated(task_id, keyed(ledger, task_id), id=n) for n, task_id in enumerate(sent)]
    (tmp_path / "export.json").write_text(json.dumps(done))
    code, said, _ = penfield("import", tmp_path / "export.json")
    assert code == 0 and "3 answers taken" in said and "3 settled" in said


def test_a_called_off_export_is_open_again(penfield: Penfield, tmp_path: Path) -> None:
    export_id = penfield("export", "csv", "--out", tmp_path / "a", "--together")[1].split(":")[0]
    assert "nothing to hand out" in penfield("export", "csv", "--out", tmp_path / "b", "--together")[1]
    assert "6 fields are open to everybody again" in penfield("call-off", export_id[:8])[1]
    assert "6 fields to" in penfield("export", "csv", "--out", tmp_path / "b", "--together")[1]


def test_an_export_that_cannot_be_written_holds_nothing(
    penfield: Penfield, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def full(*_: object) -> None:
        raise OSError(28, "No space left on device")

    with monkeypatch.context() as patch:
        patch.setattr("serving.crowds.csv_folder.write_whole", full)
        code, _, said = penfield("export", "csv", "--out", tmp_path / "a", "--together")
    assert code == 1 and "No space left" in said
    assert "6 fields to" in penfield("export", "csv", "--out", tmp_path / "a", "--together")[1]


@pytest.mark.parametrize(
    ("words", "code", "why"),
    [
        (("export", "excel", "--out", "{}"), 2, "label-studio or csv"),
        (("export", "csv", "--out", "{}", "--kind", "word"), 2, "no such kind: word"),
        (("export", "csv", "--out", "{}", "--kind", "ssn"), 2, "--sensitive if they may go"),
        (("export", "csv", "--out", "{}", "--images-at", "x"), 2, "leave it out"),
        (("export", "csv", "--out", "{}", "--days", "0"), 2, "days up to 365"),
        (("import", "{}/none.csv"), 4, "cannot be read"),
        (("import", "{}/none.xlsx"), 2, "neither .csv nor .json"),
        (("call-off", "none"), 4, "penfield crowd list"),
    ],
)
def test_mistakes_are_told(penfield: Penfield, tmp_path: Path, words: tuple[str, ...], code: int, why: str) -> None:
    found, _, said = penfield(*(word.format(tmp_path) for word in words))
    assert found == code and why in said and len(said.splitlines()) == 1


def test_a_folder_holds_one_export(penfield: Penfield, tmp_path: Path) -> None:
    penfield("export", "csv", "--out", tmp_path / "a", "--count", 1)
    code, _, said = penfield("export", "csv", "--out", tmp_path / "a")
    assert code == 2 and "another folder" in said
    assert penfield("list")[1].count("still out") == 1
