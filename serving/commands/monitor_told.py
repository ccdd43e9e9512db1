"""What `penfield monitor` says, once or again and again."""

import re
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from time import sleep

import typer
from rich.console import Console
from rich.table import Table

from recognizer.errors import PenfieldError, UsageError
from serving.batch.records import write_whole
from serving.columns import columns_of
from serving.commands.alarms_told import lines_of
from serving.commands.query_told import syncing
from serving.ledger import Ledger
from serving.models import Shelf
from serving.monitors import Looked, Settings, look
from serving.monitors.page import NAMES, where
from serving.monitors.page import html as page_of
from serving.monitors.report import Report, report
from serving.monitors.standing import Estimate, Standing
from serving.promise import Policy

SECONDS = {"s": 1, "m": 60, "h": 3600}
LEAST_S = 1.0
TELLING = 0.3
"""A slice is listed from this part of the evidence that is due."""


def seconds_of(text: str) -> float:
    """30s, 10m, 2h in seconds. Raises UsageError."""
    found = re.fullmatch(r"(\d+(?:\.\d+)?)([smh])", text.strip())
    if found is None or float(found[1]) * SECONDS[found[2]] < LEAST_S:
        raise UsageError(f"--every {text} - mend: a time from 1s on, such as 30s, 10m or 2h")
    return float(found[1]) * SECONDS[found[2]]


@dataclass(frozen=True, kw_only=True)
class Round:
    """One look after the other."""

    ledger: Ledger
    store: Path
    settings: Settings
    policy: Policy
    html: Path | None
    everything: bool

    def once(self) -> bool:
        """Look, and say all. Gives whether anything sounded."""
        looked = self._look()
        told = self._report()
        show(told, self.everything)
        typer.echo(_line(looked))
        for line in lines_of(looked.sounded):
            typer.echo(line)
        if self.html is not None:
            typer.echo(f"page: {self.html}")
        return bool(looked.sounded)

    def for_ever(self, rest_s: float) -> bool:
        """Look again and again; what fails is said, and tried again. Ends by Ctrl-C."""
        self.once()
        while True:
            sleep(rest_s)
            try:
                looked = self._look()
                if looked.units and any(looked.units.values()) and self.html is not None:
                    self._report()
            except PenfieldError as error:
                typer.echo(f"penfield: {error}", err=True)
                continue
            if looked.sounded:
                typer.echo(_line(looked))
            for line in lines_of(looked.sounded):
                typer.echo(line)

    def _look(self) -> Looked:
        with syncing() as heard:
            return look(self.ledger, columns_of(self.store), self.settings, heard, Shelf(self.store))

    def _report(self) -> Report:
        wanted = self.html is not None
        made = report(self.ledger, columns_of(self.store), self.settings, self.policy, charted=wanted)
        if self.html is not None:
            write_whole(self.html, page_of(made).encode())
        return made


def show(made: Report, everything: bool) -> None:
    """Monitors, limits and accuracy as tables."""
    console = Console(soft_wrap=True, highlight=False)
    shown = [each for each in made.standings if everything or each.alarm is not None or each.share >= TELLING]
    if shown:
        console.print(_standings(shown))
    states = [each.state for each in made.standings]
    quiet = len(made.standings) - len(shown)
    console.print(
        f"{quiet:,} more slices for which nothing speaks (--all), {states.count('collecting'):,} of them still collect "
        "what is usual" if quiet else "that is all" if shown else "nothing was looked at yet"
    )  # fmt: skip
    table = _table("limit", "now", "at most", left=1)
    for each in made.passed:
        over = "over " if each.is_over else ""
        table.add_row(each.what, _number(each.value), over + _number(each.limit, "none"))
    console.print(table)
    if made.estimates:
        console.print(_estimates(made.estimates))


def _line(looked: Looked) -> str:
    if looked.busy:
        return "another process is looking"
    came = looked.units or {}
    sounded = len(looked.sounded)
    alarms = f"{sounded} alarm{'s' if sounded > 1 else ''} sounded" if sounded else "no alarm sounded"
    return f"{came.get('page', 0):,} pages, {came.get('vote', 0):,} answers came in: {alarms}"


def _standings(shown: Sequence[Standing]) -> Table:
    table = _table("monitor", "where", "state", "units", "nearest", "of what is due", left=3)
    for each in shown:
        units = f"{each.units:,}" + (f" of {each.need}" if each.state == "collecting" else "")
        part = f"alarm {each.alarm.seq}" if each.alarm is not None else f"{100 * each.share:.0f}%"
        table.add_row(
            each.monitor, where(each.slice), each.state, units, NAMES.get(each.nearest, each.nearest),
            "" if each.state == "collecting" else part,
        )  # fmt: skip
    return table


def _estimates(found: Sequence[Estimate]) -> Table:
    table = _table("accepted, four weeks", "the machine expects", "audits say", "interval", "audits", left=1)
    for each in found:
        told = each.audited
        interval = "-" if told.low is None else f"{_percent(told.low)} to {_percent(told.high)}"
        table.add_row(
            each.kind, _percent(each.estimated) + (" (!)" if each.doubtful else ""), _percent(told.value), interval,
            f"{told.answered:,}",
        )  # fmt: skip
    return table


def _table(*names: str, left: int) -> Table:
    table = Table(box=None, padding=(0, 2, 0, 0), header_style="bold")
    for place, name in enumerate(names):
        table.add_column(name, justify="left" if place < left else "right")
    return table


def _percent(share: float | None) -> str:
    return "-" if share is None else f"{100 * share:.2f}%"


def _number(value: float | None, nothing: str = "-") -> str:
    return nothing if value is None else f"{value:,.1f}"
