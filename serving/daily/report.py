"""A report of a day: made, kept, handed over to MLflow, and sent; and which days still want one."""

import base64
import json
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from pathlib import Path
from typing import Any

from serving.columns import Asking, columns_of, sync
from serving.daily.crops import crops
from serving.daily.day import Day, day_of
from serving.daily.headline import in_a_sentence
from serving.daily.letter import letter
from serving.daily.page import html
from serving.daily.plots import pictures
from serving.daily.post import Server, send
from serving.ledger import Ledger
from serving.metrics.accuracy import ALL
from serving.promise import Policy

FOLDER = "reports"
MOST_DAYS = 7
"""So far back days that were missed are made up for: older news is none."""


@dataclass(frozen=True, kw_only=True)
class Report:
    """A day with its pictures: `drawn` by name, `crops` of mistakes by crop."""

    day: Day
    drawn: dict[str, bytes]
    crops: dict[str, bytes]

    def page(self, *, kept: bool) -> str:
        """The report as one HTML file that needs no other. What is `kept` for long shows nothing that was written on
        forms: whoever is erased would stay in it."""
        shown = {} if kept else self.crops
        pngs = self.drawn | shown
        return html(self.day, lambda name: _address(pngs[name]), self.drawn, shown, values=not kept)

    def figures(self) -> dict[str, float]:
        """The numbers of the day under names, for MLflow."""
        accuracy, read = self.day.accuracy[ALL], self.day.on("days", self.day.day) or {}
        work, done = self.day.on("work", self.day.day) or {}, self.day.on("turnaround", self.day.day) or {}
        fields = read.get("fields", 0)
        named = {
            "day/pages": read.get("pages", 0), "day/fields": fields,
            "day/automation_rate": read["accept"] / fields if fields else None,
            "day/minutes": work.get("minutes", 0), "day/cost": work.get("cost", 0),
            "day/records_completed": done.get("records", 0), "day/hours_to_complete": done.get("hours_median"),
            "accuracy/audited": accuracy.value, "accuracy/low": accuracy.low, "accuracy/high": accuracy.high,
            "accuracy/estimated": self.day.estimated, "queue/waiting": self.day.line.votes,
            "queue/overdue": self.day.line.overdue,
        }  # fmt: skip
        return {name: float(value) for name, value in named.items() if value is not None}


def report_of(ledger: Ledger, store: Path, day: date, policy: Policy, *, pictured: bool = True) -> Report:
    """Bring the columns up to the ledger, and make the report; not `pictured`, it shows no handwriting."""
    keep = columns_of(store)
    sync(ledger, keep)
    with Asking(keep) as asking:
        found = day_of(ledger, asking, day, policy)
    return Report(day=found, drawn=pictures(found), crops=crops(ledger, found) if pictured else {})


def log_report(store: Path, made: Report) -> None:
    """Put a report into MLflow, in a run of its day; again, it replaces the first. Raises StoreUnreachable."""
    from serving.tracking import Tracking

    day = made.day.day
    tracking = Tracking(store)
    run = tracking.open_run("daily", f"day-{day}", name=f"{day}", tags={"penfield.said": in_a_sentence(made.day)})
    tracking.log_text(run, "report.html", made.page(kept=True))
    at_ms = int(datetime.fromisoformat(f"{day}T23:59:59+00:00").timestamp() * 1000)
    tracking.log_metrics(run, made.figures(), at_ms=at_ms, step=day.toordinal())
    tracking.finish(run)


class Reports:
    """The reports in a store: one HTML file a day, and beside it to whom it was sent."""

    def __init__(self, store: Path) -> None:
        self.folder = store / FOLDER

    def keep(self, made: Report) -> Path:
        """Write a report into the store and return its file."""
        self.folder.mkdir(parents=True, exist_ok=True)
        return _written(self.folder / f"{made.day.day}.html", made.page(kept=True))

    def send(self, made: Report, to: Sequence[str], sender: str, server: Server) -> dict[str, str]:
        """Send a report and note that it was; returns who was refused, and why. Raises NotSent."""
        refused = send(letter(made.day, made.drawn, made.crops, to=to, sender=sender), server)
        noted: dict[str, Any] = {"at": made.day.made_at, "to": [who for who in to if who not in refused]}
        _written(self._note(made.day.day), json.dumps(noted) + "\n")
        return refused

    def missing(self, last: date) -> list[date]:
        """The days up to `last` whose reports were not sent yet, since the last one that was; a week at most, and the
        last day alone where none ever was."""
        back = [last - timedelta(days=days) for days in range(MOST_DAYS)]
        unsent: list[date] = []
        for day in back:
            if self._note(day).exists():
                return unsent[::-1]
            unsent.append(day)
        return unsent[::-1] if any(self.folder.glob("*.sent.json")) else [last]

    def _note(self, day: date) -> Path:
        return self.folder / f"{day}.sent.json"


def _written(path: Path, text: str) -> Path:
    """A file that is there whole or not at all."""
    part = path.with_suffix(".part")
    part.write_text(text, encoding="utf-8")
    return part.replace(path)


def _address(png: bytes) -> str:
    return "data:image/png;base64," + base64.b64encode(png).decode()
