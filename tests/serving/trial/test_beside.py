"""Trials in a process of their own: beside other work, killed at any time, and by the commands."""

import os
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest
from typer.testing import CliRunner

from serving.ledger import open_ledger
from serving.trial.beside import LOG, LOWEST, Beside
from tests.serving.trial.house import Trying
from training.cli import app

PATIENCE_S = 120.0


@pytest.fixture
def here(tmp_path: Path):
    with open_ledger(f"sqlite:///{tmp_path}/store/ledger.db") as ledger:
        yield Trying(ledger, tmp_path)


def pairs(here: Trying) -> int:
    with here.ledger.trials_to_read() as rows:
        return sum(len(rows.pairs(each.trial_id)) for each in rows.all())


def wait_for(what, least: int = 1) -> None:
    until = time.monotonic() + PATIENCE_S
    while what() < least and time.monotonic() < until:
        time.sleep(0.05)
    assert what() >= least


def test_beside_other_work_the_challenger_reads(here: Trying, tmp_path: Path) -> None:
    here.start()
    with Beside(here.ledger, tmp_path / "store", here.house.policy) as beside:
        here.day(40)
        wait_for(lambda: pairs(here), 40)
        assert beside.aside.process.poll() is None
        assert os.getpriority(os.PRIO_PROCESS, beside.aside.process.pid) == LOWEST
        group = Path(f"/proc/{beside.aside.process.pid}/autogroup")  # Linux may share the processor by session first
        assert not group.exists() or group.read_text().endswith(f"nice {LOWEST}\n")
    assert beside.aside.process.poll() is not None and pairs(here) == 40
    assert "failed" not in (tmp_path / "store" / LOG).read_text()


def test_without_a_trial_nothing_is_started(here: Trying, tmp_path: Path) -> None:
    with Beside(here.ledger, tmp_path / "store"):
        assert not (tmp_path / "store" / LOG).exists()


def test_killed_again_and_again_no_pair_is_lost_or_doubled(here: Trying, tmp_path: Path) -> None:
    trial = here.start()
    here.day(60)
    for _ in range(3):
        before = pairs(here)
        run = "from training.cli import main; main()"
        command = [sys.executable, "-c", run, "trial", "run", "--store", str(tmp_path / "store")]
        process = subprocess.Popen(command, env=os.environ | {"OMP_NUM_THREADS": "1"}, start_new_session=True)
        wait_for(lambda: pairs(here) - before if process.poll() is None else 1)  # noqa: B023
        os.killpg(process.pid, signal.SIGKILL)
        process.wait()
    here.look()
    with here.ledger.trials_to_read() as rows:
        found = rows.pairs(trial.trial_id)
    assert len(found) == len({each.crop_id for each in found}) == 60
    here.look()
    assert here.reads() == "good"


def test_the_commands_start_list_run_and_stop(here: Trying, tmp_path: Path) -> None:
    def penfield(*words: str, code: int = 0) -> str:
        asked = ["trial", *words, "--store", str(tmp_path / "store")]
        result = CliRunner().invoke(app, asked, env={"COLUMNS": "200"})
        assert result.exit_code == code, result.output
        return result.output

    good = here.ids["good"]
    later = ("--by", "ada", "--deliver-later")
    assert "no trial yet" in penfield("list")
    assert "reads 100% of all fields beside" in penfield(
        "start", good[:8], "--rate", "1", "--least-labels", "30", *later
    )
    here.day(60)
    assert "60 crops read beside the champion; " in penfield("run")
    here.house.crowd.run()
    assert "reads all fields from now on" in penfield("run")
    listed = penfield("list")
    assert "promoted" in listed and "watches activation 2" in listed
    watch = here.trials.all()[-1].trial_id
    assert "is over" in penfield("stop", watch[:6], "--reason", "seen enough", *later)
    assert "stopped: seen enough" in penfield("list")
    assert "mend: above 0, at most 1" in penfield("start", good, "--rate", "1.5", *later, code=2)
    assert "is the champion of" in penfield("start", good, *later, code=2)
