"""Monitors beside a server: they look by themselves, and end with it."""

import os
import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path

from serving.ledger import open_ledger
from serving.monitors import Settings
from serving.monitors.beside import monitoring
from tests.serving.monitors.drawn import pages

ROOT = Path(__file__).parents[3]


def wait(until: Callable[[], bool]) -> None:
    deadline = time.monotonic() + 120
    while not until():
        assert time.monotonic() < deadline
        time.sleep(0.05)


def test_it_looks_now_and_then(tmp_path: Path) -> None:
    url = f"sqlite:///{tmp_path}/ledger.db"
    with open_ledger(url) as ledger:
        pages(ledger, 20)

        def looks() -> int:
            with ledger.monitoring_to_read() as rows:
                return rows.last_look()[0]

        with monitoring(tmp_path, url, Settings(silent_hours=1), every_s=0.1) as beside:
            wait(lambda: looks() == 1)
            pages(ledger, 20, first=20)
            wait(lambda: looks() == 2)
            assert beside.process.poll() is None
        assert beside.process.poll() is not None
        with ledger.alarms_to_read() as alarms:
            assert [each.monitor for each in alarms.holding()] == ["volume"]
    assert (tmp_path / "monitors.log").read_text().splitlines() == ["alarm 1: volume, all"]


def test_it_ends_when_the_server_is_killed(tmp_path: Path) -> None:
    script = (
        "import sys, time; from pathlib import Path; from serving.monitors.beside import monitoring\n"
        "with monitoring(Path(sys.argv[1]), sys.argv[2]) as beside:\n"
        "    print(beside.process.pid, flush=True)\n"
        "    time.sleep(600)"
    )
    command = [sys.executable, "-c", script, str(tmp_path), f"sqlite:///{tmp_path}/ledger.db"]
    server = subprocess.Popen(command, stdout=subprocess.PIPE, text=True, cwd=ROOT)
    assert server.stdout
    child = int(server.stdout.readline())
    server.kill()
    server.wait()
    wait(lambda: _is_over(child))


def _is_over(pid: int) -> bool:
    try:
        os.kill(pid, 0)
        return Path(f"/proc/{pid}/stat").read_text().split()[2] == "Z"
    except (ProcessLookupError, FileNotFoundError):
        return True
