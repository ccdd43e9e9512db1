"""Trials beside other work, in a process of their own at the lowest priority: a challenger that is slow, eats memory or
crashes costs the batch nothing but the processor time that nobody else wants."""

from __future__ import annotations

import json
import os
import subprocess
import sys
import threading
import time
from pathlib import Path
from types import TracebackType
from typing import TYPE_CHECKING, Self

from recognizer.errors import LedgerError

if TYPE_CHECKING:
    from serving.ledger import Ledger
    from serving.promise import Policy
    from serving.trial.runner import Runner

REST_S, REST_PER_WORK, REST_MOST_S = 2.0, 1.0, 60.0
"""Between two looks it rests, as long as the last one took."""
LOWEST = 19
STOP_S = 5.0
LOG = "trials.log"


class Beside:
    """Runs the trials of a ledger while the block does something else; where there are none, nothing is started.

    What is left when the block ends waits for the next batch, `penfield review`, `penfield settle --watch` or
    `penfield trial run`. Dies with its parent, and whatever happens to it happens to nobody else.
    """

    def __init__(self, ledger: Ledger, store: Path, policy: Policy | None = None, *, always: bool = False) -> None:
        """`always`: also where there are no trials yet, for a server that will live to see one."""
        self._ledger, self._store, self._policy, self._always = ledger, Path(store), policy, always
        self._process: subprocess.Popen[str] | None = None

    def __enter__(self) -> Self:
        if self._always or self._wanted():
            self._store.mkdir(parents=True, exist_ok=True)
            with (self._store / LOG).open("a") as log:
                self._process = subprocess.Popen(
                    [sys.executable, "-c", "from serving.trial.beside import main; main()", str(self._store)],
                    stdin=subprocess.PIPE, stdout=log, stderr=log, text=True, env=environment(),
                    start_new_session=True,  # Ctrl-C is for the parent; this one is told by the end of its input
                )  # fmt: skip
            self._tell()
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, at: TracebackType | None) -> None:
        if self._process is None:
            return
        assert self._process.stdin
        try:
            self._process.stdin.close()
            self._process.wait(STOP_S if kind is None else 0)
        except (OSError, subprocess.TimeoutExpired):
            self._process.kill()  # at any moment safe: what is not on file is done again
            self._process.wait()

    def _wanted(self) -> bool:
        with self._ledger.trials_to_read() as rows:
            return bool(rows.running())

    def _tell(self) -> None:
        """By its input, because a command line can be read by everyone and the URL may hold a password."""
        assert self._process is not None and self._process.stdin
        policy = None if self._policy is None else self._policy.model_dump(mode="json")
        try:
            self._process.stdin.write(json.dumps({"ledger": self._ledger.url, "policy": policy}) + "\n")
            self._process.stdin.flush()
        except BrokenPipeError:  # it died at once: its log says why
            pass


def environment() -> dict[str, str]:
    """One thread, and the house's own packages whether they are installed or not."""
    house = str(Path(__file__).parents[2])
    path = os.pathsep.join(filter(None, [house, os.environ.get("PYTHONPATH")]))
    return os.environ | {"OMP_NUM_THREADS": "1", "OPENBLAS_NUM_THREADS": "1", "PYTHONPATH": path}


def main() -> None:
    """The process: look, rest, until the input ends."""
    os.nice(LOWEST)
    told = json.loads(sys.stdin.readline() or "{}")
    ended = threading.Event()

    def await_end() -> None:
        sys.stdin.read()
        ended.set()

    threading.Thread(target=await_end, daemon=True).start()
    if told:
        from serving.ledger import open_ledger
        from serving.models import Shelf
        from serving.promise import Policy
        from serving.trial.runner import Runner

        policy = Policy.model_validate(told["policy"]) if told["policy"] is not None else Policy()
        with open_ledger(told["ledger"]) as ledger:
            run(Runner(ledger=ledger, shelf=Shelf(Path(sys.argv[1])), policy=policy), ended)


def run(runner: Runner, ended: threading.Event) -> None:
    """Look again and again until `ended`. A ledger that is away is tried again."""
    while not ended.is_set():
        began = time.monotonic()
        try:
            looked = runner.look(going=lambda: not ended.is_set())
            if looked.read or looked.asked or looked.ended:
                print(looked.line, flush=True)
        except LedgerError as error:
            print(error, flush=True)
        worked_s = time.monotonic() - began
        ended.wait(min(REST_MOST_S, max(REST_S, REST_PER_WORK * worked_s)))
