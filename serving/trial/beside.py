"""Trials beside other work, in a process of their own at the lowest priority: a challenger that is slow, eats memory or
crashes costs the batch nothing but the processor time that nobody else wants."""

from __future__ import annotations

import threading
import time
from contextlib import ExitStack
from pathlib import Path
from types import TracebackType
from typing import TYPE_CHECKING, Self

from recognizer.errors import PenfieldError
from serving.aside import Aside, listen

if TYPE_CHECKING:
    from serving.ledger import Ledger
    from serving.promise import Policy
    from serving.trial.runner import Runner

REST_S, REST_PER_WORK = 2.0, 10.0
"""After a look that read nothing it rests ten times as long as that took."""
LOWEST = 19
LOG = "trials.log"


class Beside:
    """Runs the trials of a ledger while the block does something else; where there are none, nothing is started.

    What is left when the block ends waits for the next batch, `penfield review`, `penfield settle --watch` or
    `penfield trial run`.
    """

    def __init__(self, ledger: Ledger, store: Path, policy: Policy | None = None, *, always: bool = False) -> None:
        """`always`: also where there are no trials yet, for a server that will live to see one."""
        wanted = None if policy is None else policy.model_dump(mode="json")
        told = {"ledger": ledger.url, "store": str(store), "policy": wanted}
        self._ledger, self._always, self._stack = ledger, always, ExitStack()
        self.aside = Aside("serving.trial.beside", told, Path(store) / LOG)

    def __enter__(self) -> Self:
        if self._always or self._wanted():
            self._stack.enter_context(self.aside)
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, at: TracebackType | None) -> None:
        self._stack.__exit__(kind, error, at)

    def _wanted(self) -> bool:
        with self._ledger.trials_to_read() as rows:
            return bool(rows.running())


def main() -> None:
    """The process: look, rest, until it is told to stop."""
    ended = threading.Event()
    told = listen(LOWEST, ended.set)
    if not told:
        return
    from serving.ledger import open_ledger
    from serving.models import Shelf
    from serving.promise import Policy
    from serving.trial.runner import Runner

    policy = Policy.model_validate(told["policy"]) if told["policy"] is not None else Policy()
    with open_ledger(told["ledger"]) as ledger:
        run(Runner(ledger=ledger, shelf=Shelf(Path(told["store"])), policy=policy), ended)


def run(runner: Runner, ended: threading.Event) -> None:
    """Look again and again until `ended`. What fails is told and tried again: a database that is away comes back."""
    while not ended.is_set():
        began, read = time.monotonic(), 0
        try:
            looked = runner.look(going=lambda: not ended.is_set())
            read = looked.read
            if looked.read or looked.asked or looked.ended:
                print(looked.line, flush=True)
        except PenfieldError as error:
            print(error, flush=True)
        except Exception as error:  # an unexpected message may hold a field's value
            print(f"trials could not go on: {type(error).__name__}", flush=True)
        worked_s = time.monotonic() - began
        ended.wait(REST_S if read else max(REST_S, REST_PER_WORK * worked_s))
