"""The line of succession as a picture: a lane for each scope, a bar for each reign, a mark for each activation."""

from collections.abc import Sequence
from datetime import datetime, timedelta
from typing import TYPE_CHECKING

from serving.ledger import Activation
from serving.models.reign import Reign, reigns
from serving.models.words import short

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

COLOURS = ("#2b6cb0", "#c05621", "#2f855a", "#6b46c1", "#b7791f", "#97266d", "#2c7a7b", "#4a5568")
MARKS = {
    "first": ("o", "first"),
    "manual": ("D", "by hand"),
    "trial": ("^", "by a trial"),
    "rollback": ("v", "rollback"),
}
BAR = 0.5
LEAST_WIDTH_SHOWN = 0.07
"""A reign that takes less of the picture's width is not named in its bar."""


def succession_picture(history: Sequence[Activation], now: str) -> "Figure":
    """Who read what since when, until `now` (ISO 8601); an empty history gives an empty picture."""
    from matplotlib.figure import Figure

    lanes = reigns(history)
    figure = Figure(figsize=(9.0, 1.5 + 0.55 * max(len(lanes), 1)), layout="constrained")
    axes = figure.subplots()
    bundles = list(dict.fromkeys(each.bundle_id for each in history if each.bundle_id))
    colours = {bundle_id: COLOURS[number % len(COLOURS)] for number, bundle_id in enumerate(bundles)}
    begin, end = _span(history, now)
    for lane, line in enumerate(lanes.values()):
        for reign in line:
            _draw(axes, lane, reign, colours, begin, end)
    _frame(axes, list(lanes), begin, end)
    if history:
        _legend(figure, axes, {each.how for each in history})
    return figure


def _span(history: Sequence[Activation], now: str) -> tuple[datetime, datetime]:
    end = datetime.fromisoformat(now)
    begin = min([datetime.fromisoformat(each.at) for each in history], default=end - timedelta(days=1))
    return begin, max(end, begin + timedelta(minutes=1))


def _draw(axes: "Axes", lane: int, reign: Reign, colours: dict[str, str], begin: datetime, end: datetime) -> None:
    start = datetime.fromisoformat(reign.by.at)
    stop = datetime.fromisoformat(reign.until) if reign.until else end
    if reign.is_own:
        colour = colours[reign.by.bundle_id]
        axes.barh(lane, stop - start, left=start, height=BAR, color=colour, edgecolor="white", linewidth=1)  # type: ignore[arg-type]
        if (stop - start) / (end - begin) > LEAST_WIDTH_SHOWN:
            middle = start + (stop - start) / 2
            axes.text(middle, lane, short(reign.by.bundle_id), ha="center", va="center", color="white", fontsize=8)  # type: ignore[arg-type]
    else:
        axes.plot([start, stop], [lane, lane], color="#a0aec0", linewidth=1.2, linestyle=":")  # type: ignore[arg-type]
    mark, _ = MARKS[reign.by.how]
    axes.plot([start], [lane - BAR / 2 - 0.12], mark, color="#1a202c", markersize=5, clip_on=False)  # type: ignore[arg-type]


def _frame(axes: "Axes", scopes: list[str], begin: datetime, end: datetime) -> None:
    from matplotlib.dates import AutoDateLocator, ConciseDateFormatter

    axes.set_yticks(range(len(scopes)), [scope or "all fields" for scope in scopes], fontsize=9)
    axes.set_ylim(max(len(scopes), 1) - 0.4, -0.75)
    margin = (end - begin) / 60
    axes.set_xlim(begin - margin, end + margin)  # type: ignore[arg-type]
    locator = AutoDateLocator()
    axes.xaxis.set_major_locator(locator)
    axes.xaxis.set_major_formatter(ConciseDateFormatter(locator))
    axes.tick_params(labelsize=8, left=False)
    axes.xaxis.get_offset_text().set_fontsize(8)
    axes.grid(axis="x", color="#e2e8f0", linewidth=0.7)
    axes.set_axisbelow(True)
    axes.set_title("Which model reads, and since when (UTC)", fontsize=10, loc="left")
    for side in ("top", "left", "right"):
        axes.spines[side].set_visible(False)


def _legend(figure: "Figure", axes: "Axes", seen: set[str]) -> None:
    from matplotlib.lines import Line2D

    used = [entry for how, entry in MARKS.items() if how in seen]
    handles = [
        Line2D([], [], marker=mark, color="#1a202c", linestyle="", markersize=5, label=name) for mark, name in used
    ]
    figure.legend(handles=handles, loc="outside lower center", fontsize=8, frameon=False, ncols=len(handles))
