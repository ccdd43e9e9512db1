"""A survey kept: as a page with its crops in a folder, and in MLflow without anything that was written on forms."""

import json
from pathlib import Path

from training.terrain.page import page
from training.terrain.survey import Survey

PAGE, TABLE = "index.html", "subproblems.json"


def save(folder: Path, found: Survey) -> Path:
    """Write page and table into a folder, and return the page."""
    folder.mkdir(parents=True, exist_ok=True)
    (folder / TABLE).write_text(table(found), encoding="utf-8")
    (folder / PAGE).write_text(page(found), encoding="utf-8")
    return folder / PAGE


def table(found: Survey) -> str:
    """The ranked subproblems as JSON, conditions before fields."""
    rows = [
        {"what": gain.slice.what, "name": gain.slice.name, "fields": gain.fields, "pages": gain.pages,
         "minutes": gain.minutes, "low": gain.low, "high": gain.high, "share": gain.share, "review": gain.review,
         "wrong": gain.wrong}
        for gain in (*found.conditions, *found.fields)
    ]  # fmt: skip
    return json.dumps(rows, indent=1) + "\n"


def log_survey(store: Path, found: Survey) -> str:
    """Put a survey into MLflow, in a run of its day. Returns the run. Raises StoreUnreachable."""
    from serving.tracking import Tracking

    tracking = Tracking(store)
    until = found.land.until
    run = tracking.open_run("terrain", f"terrain-{until}", name=f"terrain {until}")
    tracking.log_text(run, "terrain.html", page(found, pictured=False))
    tracking.log_text(run, TABLE, table(found))
    told = {"minutes_per_1000_pages": found.minutes, "minutes_unread": found.unread}
    at_ms = int(1000 * 86400 * (until.toordinal() - 719163))
    tracking.log_metrics(run, told, at_ms=at_ms, step=until.toordinal())
    tracking.finish(run)
    return run
