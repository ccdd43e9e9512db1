"""Production as it is now, for the head of the office: the numbers of `/metrics` as a page that follows them."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import timedelta
from typing import Any

from fastapi import APIRouter, Request, Response
from fastapi.responses import HTMLResponse

from serving.daily.headline import percent
from serving.daily.trials import trying
from serving.live import Keeper, Kept, Snapshot
from serving.live.snapshot import Row
from serving.metrics.accuracy import ALL
from serving.models.words import scope_words, short
from serving.review.access import Admin, Caller
from serving.review.admin import age_of
from serving.review.pages import page
from serving.review.work import PART

PATH = "/live"
CHART_PX, SLOT_PX, BAR_PX = 110, 42, 32
"""Of the picture of the last hours: its height, and the width of an hour and of its bar."""

router = APIRouter(prefix=PATH)


@dataclass(frozen=True, kw_only=True)
class Bar:
    """An hour in the picture: where it stands, how high its parts are in pixels, and what they are in words."""

    x: int
    machine_px: float
    people_px: float
    hour: str
    words: str


@router.get("", response_class=HTMLResponse)
def show(request: Request, caller: Admin) -> Response:
    """The page, or with the script's header what it exchanges in it."""
    keeper: Keeper = request.app.state.live
    kept = keeper.get()
    return page("live_part.html" if request.headers.get(PART) else "live.html", **_values(keeper, kept, caller))


def _values(keeper: Keeper, kept: Kept, caller: Caller) -> dict[str, Any]:
    shared: dict[str, Any] = {"caller": caller, "failed": kept.failed, "kept_s": keeper.age_s(kept)}
    now = kept.snapshot
    if now is None:
        return shared | {"now": None}
    return shared | {
        "now": now, "bars": bars(now), "most": max((row["fields"] for row in now.hours), default=0),
        "chart": {"height": CHART_PX, "width": SLOT_PX * len(now.hours), "bar": BAR_PX}, "kinds": kinds(now),
        "trials": [each for each in trying(now.day) if not each.outcome], "all": now.day.accuracy[ALL],
        "alarms": [each for each in now.day.alarms if each.is_holding],
        "age": lambda at: age_of(timedelta(seconds=now.since(at) or 0.0)),
        "percent": percent, "short": short, "scope_words": scope_words,
    }  # fmt: skip


def bars(now: Snapshot) -> list[Bar]:
    """The last 24 hours: fields that the machine settled, and above them those for people."""
    most = max([1, *(row["fields"] for row in now.hours)])
    return [
        Bar(
            x=SLOT_PX * place, machine_px=CHART_PX * row["accept"] / most,
            people_px=CHART_PX * (row["fields"] - row["accept"]) / most, hour=f"{row['hour']:%H}",
            words=_words(row),
        )
        for place, row in enumerate(now.hours)
    ]  # fmt: skip


def _words(row: Row) -> str:
    settled = f"{row['fields']:,} fields, {row['accept']:,} by machine"
    return f"{row['hour']:%H:%M}: {settled}, {row['votes']:,} answers of people"


def kinds(now: Snapshot) -> Sequence[dict[str, object]]:
    """By kind of field: today's decisions, and accuracy of 28 days as audited and as expected."""
    estimated = {row["kind"]: row["estimated"] for row in now.day.rows("kinds")} | {ALL: now.day.estimated}
    today: dict[str, dict[str, int]] = {}
    for row in now.kinds:
        for kind in (row["kind"], ALL):
            of = today.setdefault(kind, {})
            of[row["decision"]] = of.get(row["decision"], 0) + row["fields"]
    names = [*sorted((today.keys() | now.day.accuracy.keys()) - {ALL}), ALL]
    return [
        {"kind": name, "today": today.get(name, {}), "accuracy": now.day.accuracy.get(name),
         "estimated": estimated.get(name)}
        for name in names
    ]  # fmt: skip
