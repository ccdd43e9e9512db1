"""A rehearsal: drawn applications, read by the bundle that ships, keyed by people who are simulated."""

from pathlib import Path

from typer.testing import CliRunner

from training.cli import app
from training.rehearsal import new_ledger


def test_a_small_rehearsal_ends_with_all_records_complete(tmp_path: Path) -> None:
    words = ["crowd-sim", "--out", str(tmp_path), "--pages", "2", "--known", "1", "--before", "1", "--people", "8"]
    done = CliRunner().invoke(app, words, env={"COLUMNS": "160"})
    assert done.exit_code == 0, done.output
    assert "2 of 2" in done.output and "promised 99.50% with 95% certainty" in done.output
    for name in ("right of these", "automation rate", "keystrokes", "cost per page"):
        assert name in done.output
    assert (tmp_path / "ledger-1.db").exists() and new_ledger(tmp_path).endswith("ledger-2.db")


def test_a_crowd_that_cannot_be_is_refused_before_anything_is_read(tmp_path: Path) -> None:
    done = CliRunner().invoke(app, ["crowd-sim", "--out", str(tmp_path), "--random", "0.8", "--lazy", "0.8"])
    assert done.exit_code == 2 and "sum to 1" in done.output
    assert not list(tmp_path.glob("*.db"))
