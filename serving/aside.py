"""Work aside: a process of its own, at low priority, that goes on while its parent does something else."""

from __future__ import annotations

import contextlib
import json
import os
import subprocess
import sys
import threading
from collections.abc import Callable, Mapping
from pathlib import Path
from types import TracebackType
from typing import Any, Self

STOP_S = 5.0


class Aside:
    """Runs `main` of a module while the block lasts; what it prints goes to a log file.

    It is told one line of JSON by its input, since a command line can be read by everyone and a database's address may
    hold a password; the end of its input tells it to stop, be it that the parent has died. Whoever does not is killed:
    what runs aside must bear that at any moment.
    """

    def __init__(self, module: str, told: Mapping[str, Any], log: Path, *, stop_s: float = STOP_S) -> None:
        self._module, self._told, self._log, self._stop_s = module, told, log, stop_s

    def __enter__(self) -> Self:
        self._log.parent.mkdir(parents=True, exist_ok=True)
        with self._log.open("w") as log:
            self.process = subprocess.Popen(
                [sys.executable, "-c", f"from {self._module} import main; main()"],
                stdin=subprocess.PIPE, stdout=log, stderr=log, text=True, env=environment(),
                start_new_session=True,  # Ctrl-C is for the parent
            )  # fmt: skip
        assert self.process.stdin
        with contextlib.suppress(BrokenPipeError):  # it died at once: its log says why
            self.process.stdin.write(json.dumps(self._told) + "\n")
            self.process.stdin.flush()
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, at: TracebackType | None) -> None:
        assert self.process.stdin
        with contextlib.suppress(BrokenPipeError):
            self.process.stdin.close()
        try:
            self.process.wait(self._stop_s if kind is None else 0)
        except subprocess.TimeoutExpired:
            self.process.kill()
            self.process.wait()


def listen(nice: int, ended: Callable[[], None]) -> dict[str, Any]:
    """In the process: what it is told, {} for nothing. `ended` is called, in a thread, when the parent wants it to stop
    or has died."""
    _give_way(nice)
    told: dict[str, Any] = json.loads(sys.stdin.readline() or "{}")

    def await_end() -> None:
        sys.stdin.read()
        ended()

    threading.Thread(target=await_end, daemon=True).start()
    return told


def _give_way(nice: int) -> None:
    """Take little of the processor where others want it. Linux may share it out by session first, and only within one
    by niceness: a session of its own has to say so itself."""
    os.nice(nice)
    with contextlib.suppress(OSError):  # where there are no such groups
        Path("/proc/self/autogroup").write_text(str(nice))


def environment() -> dict[str, str]:
    """One thread, and the house's own packages whether they are installed or not."""
    house = str(Path(__file__).parents[1])
    path = os.pathsep.join(filter(None, [house, os.environ.get("PYTHONPATH")]))
    return os.environ | {"OMP_NUM_THREADS": "1", "OPENBLAS_NUM_THREADS": "1", "PYTHONPATH": path}
