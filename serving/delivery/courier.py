"""Delivery beside the batch, in a process of its own: mlflow's slowness costs the batch nothing."""

from __future__ import annotations

import contextlib
import json
import os
import queue
import subprocess
import sys
import threading
import time
from collections.abc import Callable
from dataclasses import asdict, replace
from pathlib import Path
from types import TracebackType
from typing import TYPE_CHECKING

from recognizer.errors import PenfieldError
from serving.aside import environment, listen
from serving.delivery.deliver import PARCELS_PER_PASS, DeliveryReport, deliver

if TYPE_CHECKING:
    from serving.ledger import Ledger

REST_S = 2.0
REST_PER_WORK = 10
"""The courier rests this many times as long as it worked, so that it takes a tenth of one core at the most."""
REST_UNREACHABLE_S = 10.0
WEBHOOKS_S = 5.0
"""So long webhooks may take each time: what goes to MLflow waits for them meanwhile."""
SILENCE_S = 20.0
DRAIN_S = 180.0


class Courier:
    """Delivers while the block runs, and brings the rest when it ends.

    The end waits only while parcels arrive: not at all for a store that was out of reach, at most `silence_s` for one
    that falls silent, at most `drain_s` in all. What is left waits in the outbox for the next courier or for
    `penfield deliver`. `report` says how it went. Dies with the batch, after one last delivery.
    """

    def __init__(self, store: Path, ledger_url: str, *, silence_s: float = SILENCE_S, drain_s: float = DRAIN_S) -> None:
        self.store = Path(store)
        self.ledger_url = ledger_url
        self.silence_s = silence_s
        self.drain_s = drain_s
        self.report = DeliveryReport(delivered=0, pending=0)
        self._lines: queue.Queue[str | None] = queue.Queue()

    def __enter__(self) -> Courier:
        self.store.mkdir(parents=True, exist_ok=True)
        with (self.store / "courier.log").open("w") as log:
            self._process = subprocess.Popen(
                [sys.executable, "-c", "from serving.delivery.courier import main; main()"],
                stdin=subprocess.PIPE,
                stdout=subprocess.PIPE,
                stderr=log,
                text=True,
                env=environment(),
                start_new_session=True,  # Ctrl-C is for the batch; the courier is told by the end of its input
            )
        # By its input, because a command line can be read by everyone and the URL may hold a password.
        self._tell(json.dumps({"ledger": self.ledger_url, "store": str(self.store)}) + "\n")
        threading.Thread(target=self._listen, daemon=True).start()
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, at: TracebackType | None) -> None:
        self._tell(None)
        if kind is None:
            self._drain()
        self._take_news()
        if self.report.reason:
            self._count_waiting()

    def _tell(self, text: str | None) -> None:
        """Write to the courier; None says that the batch has ended."""
        assert self._process.stdin
        try:
            if text is None:
                self._process.stdin.close()
            else:
                self._process.stdin.write(text)
                self._process.stdin.flush()
        except BrokenPipeError:  # it died; what it did not bring waits in the outbox
            pass

    def _listen(self) -> None:
        assert self._process.stdout
        for line in self._process.stdout:
            self._lines.put(line)
        self._lines.put(None)

    def _drain(self) -> None:
        """Wait for the last delivery while it makes progress."""
        deadline = time.monotonic() + self.drain_s
        self._take_news()
        while not self.report.reason and (left_s := deadline - time.monotonic()) > 0:
            try:
                line = self._lines.get(timeout=min(left_s, self.silence_s))
            except queue.Empty:
                self._note(f"the MLflow store did not take anything for {min(left_s, self.silence_s):.0f} s")
                break
            if line is None:
                break
            self._read(line)
        self._process.kill()  # at any moment safe: delivery is exactly once
        self._process.wait()

    def _take_news(self) -> None:
        while not self._lines.empty():
            if line := self._lines.get():
                self._read(line)

    def _read(self, line: str) -> None:
        news = json.loads(line)
        if news:
            self.report = DeliveryReport(**(news | {"delivered": news["delivered"] + self.report.delivered}))

    def _count_waiting(self) -> None:
        """The courier's last word may be older than the batch's last page."""
        from serving.ledger import open_ledger

        with open_ledger(self.ledger_url) as ledger:
            self.report = replace(self.report, pending=len(ledger.pending(PARCELS_PER_PASS)))

    def _note(self, reason: str) -> None:
        self.report = replace(self.report, reason=reason)


def main() -> None:
    """The courier's process: deliver, rest, until the input ends; then deliver once more."""
    say, ended = _speaker(), threading.Event()
    told = listen(10, ended.set)
    if told:
        _go_round(Path(told["store"]), told["ledger"], ended, say)


def _go_round(store: Path, ledger_url: str, ended: threading.Event, say: Callable[[dict[str, object]], None]) -> None:
    from serving.ledger import open_ledger

    with open_ledger(ledger_url) as ledger:
        last = warm = False
        while not last:
            last = ended.is_set()
            began = time.monotonic()
            report = deliver(ledger, store, progress=lambda: say({}))
            say(asdict(report))
            _post(ledger, lambda: say({}))
            # The first delivery imports mlflow and makes its tables: that is over, and no reason to rest.
            worked_s = time.monotonic() - began if warm else 0.0
            warm = warm or report.delivered > 0
            ended.wait(REST_UNREACHABLE_S if report.reason else max(REST_S, REST_PER_WORK * worked_s))


def _post(ledger: Ledger, progress: Callable[[], None]) -> None:
    """Post to webhooks what waits, as far as it goes; the rest is left to the next time, or to `penfield deliver`."""
    from serving.webhook import Patience, post_waiting

    try:
        post_waiting(ledger, Patience(silence_s=WEBHOOKS_S, whole_s=WEBHOOKS_S, pass_s=WEBHOOKS_S), progress=progress)
    except PenfieldError as error:  # the ledger is away: deliver() above would have raised it too
        print(f"webhooks were not posted: {error}", file=sys.stderr)


def _speaker() -> Callable[[dict[str, object]], None]:
    """What sends one line to the batch; {} says only that something has arrived.

    Standard output is for that alone: what mlflow prints (it likes to) goes to the log with its errors.
    """
    line = os.fdopen(os.dup(1), "w")
    os.dup2(2, 1)

    def say(news: dict[str, object]) -> None:
        with contextlib.suppress(BrokenPipeError):  # the batch is gone: go on and bring what there is
            line.write(json.dumps(news) + "\n")
            line.flush()

    return say
