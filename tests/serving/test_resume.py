"""SIGKILL at random moments of a batch, and again, and again: nothing is lost and nothing doubled."""

import random
import signal
import sqlite3
import subprocess
import sys
import time
from pathlib import Path

import pytest

from serving.ledger import open_ledger
from tests.serving import killed_batch

ROOT = Path(__file__).parents[2]
KILLS = 10
FIELDS = len(killed_batch.SCANS) * 2 * 3


def begin(folder: Path) -> "subprocess.Popen[str]":
    return subprocess.Popen(
        [sys.executable, "-m", "tests.serving.killed_batch", str(folder)], cwd=ROOT, stdout=subprocess.PIPE, text=True
    )


@pytest.fixture
def undisturbed(tmp_path: Path) -> Path:
    folder = tmp_path / "undisturbed"
    folder.mkdir()
    killed_batch.main(folder)
    return folder


def test_killed_and_resumed_a_batch_gives_the_same(tmp_path: Path, undisturbed: Path) -> None:
    moments = random.Random(20261123)
    predictions, patience_s = 0, 0.1
    for _ in range(KILLS):
        batch = begin(tmp_path)
        assert batch.stdout is not None
        while not batch.stdout.readline() and batch.poll() is None:
            pass
        time.sleep(moments.uniform(0.0, patience_s))
        batch.kill()
        assert batch.wait() == -signal.SIGKILL, "the batch was over before it was killed: read slower"
        batch.stdout.close()
        known = count(tmp_path, "predictions")
        assert known >= predictions and known % 3 == 0  # whole pages, and none is ever lost again
        predictions = known
        patience_s *= 1 if predictions else 1.5  # a busy machine has not come to a page yet
    assert predictions > 0
    killed_batch.main(tmp_path)
    for name in ("records.jsonl", "records.csv"):
        assert (tmp_path / "out" / name).read_bytes() == (undisturbed / "out" / name).read_bytes()
    for table in ("predictions", "decisions", "crops", "pages", "batch_pages", "scan_ends", "batch_fields", "outbox"):
        assert count(tmp_path, table) == count(undisturbed, table), table
    assert count(tmp_path, "predictions") == FIELDS
    with open_ledger(f"sqlite:///{tmp_path}/ledger.db") as ledger:
        frame = ledger.predictions_frame("batch")
        assert len(frame) == frame.prediction_id.nunique() == FIELDS == ledger.batch("batch").fields
        keys = [parcel.key for parcel in ledger.pending(10_000)]
        assert len(keys) == len(set(keys)) == len(killed_batch.SCANS) * 2 + 2


def count(folder: Path, table: str) -> int:
    connection = sqlite3.connect(folder / "ledger.db")
    try:
        number: int = connection.execute(f"select count(*) from {table}").fetchone()[0]
        return number
    except sqlite3.OperationalError:  # killed before there was a table
        return 0
    finally:
        connection.close()
