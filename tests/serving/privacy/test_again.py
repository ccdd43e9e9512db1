"""The same scan read again after its erasure: a new record, or refused; through the whole of recognition."""

import shutil
from pathlib import Path

import pytest
from typer.testing import CliRunner

from serving.ledger import Ledger, open_ledger
from training.cli import app

ROOT = Path(__file__).parents[3]
SCANS = ROOT / "data" / "samples" / "scans"
FORM = ROOT / "data" / "forms" / "insurance_application.yaml"


@pytest.fixture(scope="module")
def before(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder with one scan that was recognized."""
    folder = tmp_path_factory.mktemp("again")
    (folder / "scans").mkdir()
    shutil.copy(sorted(SCANS.glob("*.jpg"))[0], folder / "scans" / "one.jpg")
    recognize(folder)
    return folder


def penfield(*words: str) -> str:
    done = CliRunner().invoke(app, [*words], catch_exceptions=False)
    assert done.exit_code == 0, done.output
    return done.output


def recognize(folder: Path) -> str:
    return penfield("recognize", str(folder / "scans"), "--form", str(FORM), "--out", str(folder / "out"),
                    "--store", str(folder / "store"), "--deliver-later", "--workers", "1")  # fmt: skip


def erase(folder: Path, *words: str) -> str:
    return penfield("erase", *words, "--store", str(folder / "store"), "--deliver-later")


def opened(folder: Path) -> Ledger:
    return open_ledger(f"sqlite:///{folder}/store/ledger.db")


def texts(ledger: Ledger) -> dict[str, str]:
    batch = ledger.latest_batch()
    assert batch is not None
    return {answer.field: answer.prediction.reading.text for answer in ledger.answers(batch)[1, 1]}


def test_read_again_it_is_a_new_record_and_erased_again_it_goes_too(before: Path, tmp_path: Path) -> None:
    folder = tmp_path / "copy"
    shutil.copytree(before, folder)
    with opened(folder) as ledger:
        first = texts(ledger)
    told = erase(folder, "one.jpg:1", "--dry-run")
    assert f"{len(first)} pictures" in told and not any(text in told for text in first.values() if len(text) > 3)
    assert "is erased on" in erase(folder, "one.jpg:1", "--reason", "request", "--yes")
    recognize(folder)
    with opened(folder) as ledger:
        assert texts(ledger) == first
    assert "is erased on" in erase(folder, "one.jpg:1", "--reason", "request", "--yes")
    assert "nothing that is left" in erase(folder, "one.jpg:1", "--dry-run")
    with opened(folder) as ledger:
        assert all(not text or text.startswith("erased on") for text in texts(ledger).values())
        assert {len(stones) for stones in ledger.tombstones().values()} == {2}


def test_read_again_it_may_be_refused(before: Path, tmp_path: Path) -> None:
    folder = tmp_path / "copy"
    shutil.copytree(before, folder)
    erase(folder, "--older-than", "0", "--refuse-again", "--yes")
    shutil.copy(folder / "scans" / "one.jpg", folder / "scans" / "two.jpg")  # another batch with the same page
    recognize(folder)
    with opened(folder) as ledger:
        batch = ledger.latest_batch()
        assert batch is not None
        assert {page.status for page in ledger.pages(batch)} == {"rejected: erased"}
    assert "must not be read again" in (folder / "out" / "records.jsonl").read_text()
