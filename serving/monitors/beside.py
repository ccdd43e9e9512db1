"""Monitors beside a server: a process of its own looks now and then, so that no request ever waits for it."""

from __future__ import annotations

import contextlib
import os
import subprocess
import sys
import threading
import time
from pathlib import Path
from types import TracebackType
from typing import TYPE_CHECKING

from recognizer.errors import PenfieldError
from serving.monitors.settings import Settings

if TYPE_CHECKING:
    from serving.ledger import Ledger

EVERY_S = 600.0
"""From the end of one look to the next."""
GOODBYE_S = 5.0


class Monitoring:
    """Looks while the block runs, first at once. What it says is in the store's `monitors.log`.

    The process is killed when the block ends: at any moment that is safe.
    """

    def __init__(
        self, store: Path, ledger_url: str, settings: Settings | None = None, *, every_s: float = EVERY_S
    ) -> None:  # fmt: skip
        self._store, self._ledger_url, self._every_s = store, ledger_url, every_s
        self._settings = settings or Settings()

    def __enter__(self) -> Monitoring:
        self._store.mkdir(parents=True, exist_ok=True)
        with (self._store / "monitors.log").open("w") as log:
            self.process = subprocess.Popen(
                [
                    sys.executable, "-c", "from serving.monitors.beside import main; main()", str(self._store),
                    str(self._every_s), self._settings.model_dump_json(),
                ],
                stdin=subprocess.PIPE, stdout=log, stderr=log, text=True, env=_environment(),
                start_new_session=True,  # Ctrl-C is for the server
            )  # fmt: skip
        # By its input, because a command line can be read by everyone and the URL may hold a password.
        assert self.process.stdin
        with contextlib.suppress(BrokenPipeError):
            self.process.stdin.write(self._ledger_url + "\n")
            self.process.stdin.flush()
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, at: TracebackType | None) -> None:
        self.process.kill()
        self.process.wait(GOODBYE_S)
        assert self.process.stdin
        with contextlib.suppress(BrokenPipeError):
            self.process.stdin.close()


def main() -> None:
    """The process: look, rest, until the input ends, be it that the server has died."""
    os.nice(10)
    store, every_s, settings = Path(sys.argv[1]), float(sys.argv[2]), Settings.model_validate_json(sys.argv[3])
    url = sys.stdin.readline().strip()

    def await_end() -> None:
        sys.stdin.read()
        os._exit(0)  # also in the midst of a look

    threading.Thread(target=await_end, daemon=True).start()
    from serving.ledger import open_ledger

    with open_ledger(url) as ledger:
        while True:
            _look(ledger, store, settings)
            time.sleep(every_s)


def _look(ledger: Ledger, store: Path, settings: Settings) -> None:
    from serving.columns import columns_of
    from serving.monitors.looking import look

    try:
        for alarm in look(ledger, columns_of(store), settings).sounded:
            print(f"alarm {alarm.seq}: {alarm.monitor}, {alarm.where}", flush=True)
    except PenfieldError as error:  # a database that is away comes back
        print(f"could not look: {error}", flush=True)


def _environment() -> dict[str, str]:
    """One thread, and the house's own packages whether they are installed or not."""
    house = str(Path(__file__).parents[2])
    path = os.pathsep.join(filter(None, [house, os.environ.get("PYTHONPATH")]))
    return os.environ | {"OMP_NUM_THREADS": "1", "OPENBLAS_NUM_THREADS": "1", "PYTHONPATH": path}
