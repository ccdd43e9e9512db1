"""How a batch goes, on the screen: a bar with rate and time left, and what came out so far."""

import time
from collections.abc import Callable
from types import TracebackType
from typing import Self

from rich.console import Console
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeRemainingColumn

from serving.ledger import Answer, PageEntry

COUNTS = (
    "[bold]{task.fields[pages]}[/] pages, {task.fields[rate]:.1f}/s  [green]{task.fields[accepted]} accepted[/]  "
    "[yellow]{task.fields[review]} to review[/]  [red]{task.fields[rejected]} rejected[/]"
)


class Bar:
    """A Watcher that draws. Where the output is no terminal it draws nothing and counts all the same."""

    def __init__(self, console: Console, *, clock: Callable[[], float] = time.monotonic) -> None:
        self._progress = Progress(
            BarColumn(bar_width=None),
            MofNCompleteColumn(),
            TextColumn(COUNTS),
            TimeRemainingColumn(compact=True),
            console=console,
            transient=True,
            disable=not console.is_terminal,
        )
        self._clock = clock
        self._since = clock()
        self.counts = {"pages": 0, "accepted": 0, "review": 0, "rejected": 0}
        self._task = self._progress.add_task("", total=None, rate=0.0, **self.counts)  # type: ignore[arg-type]

    def __enter__(self) -> Self:
        self._progress.start()
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, at: TracebackType | None) -> None:
        self._progress.stop()

    def begins(self, scans: int, done: int) -> None:
        """Of so many scans, so many were finished before."""
        self._since = self._clock()
        self._progress.update(self._task, total=scans, completed=done)

    def page(self, entry: PageEntry, answers: tuple[Answer, ...]) -> None:
        """A page is in the ledger."""
        self.counts["pages"] += 1
        self.counts["rejected"] += entry.status.startswith("rejected")
        for answer in answers:
            self.counts["accepted" if answer.decision.is_accepted else "review"] += 1
        rate = self.counts["pages"] / max(self._clock() - self._since, 1e-3)
        self._progress.update(self._task, rate=rate, **self.counts)  # type: ignore[arg-type]

    def scan_ends(self) -> None:
        """All pages of a scan are in the ledger."""
        self._progress.advance(self._task)
