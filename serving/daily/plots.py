"""The pictures of a report: PNG, since mail clients show no SVG; in colours that stand out on white and on black."""

from collections.abc import Callable
from datetime import timedelta
from io import BytesIO
from typing import TYPE_CHECKING, Any

from serving.daily.day import DAYS, Day
from serving.metrics.accuracy import ALL

if TYPE_CHECKING:
    from matplotlib.axes import Axes

INK = "#7d838d"
COLOURS = {"accept": "#2f9e6e", "audit": "#4a7fc1", "review": "#e08a1e", "rescan": "#c8493c"}
WORDS = {"accept": "by machine", "audit": "by machine, audited", "review": "by people", "rescan": "to scan again"}
STYLE: dict[Any, Any] = {
    "font.family": "sans-serif", "font.size": 9, "text.color": INK, "axes.labelcolor": INK, "axes.edgecolor": INK,
    "axes.spines.top": False, "axes.spines.right": False, "axes.linewidth": 0.6, "xtick.color": INK,
    "ytick.color": INK, "legend.frameon": False, "legend.fontsize": 8,
}  # fmt: skip
WIDTH_IN = 6.2
DPI = 200


def pictures(day: Day) -> dict[str, bytes]:
    """PNG by name; a picture that would show nothing is left out."""
    found = {}
    if day.rows("days"):
        found["days"] = png(2.0, lambda axes: _days(axes, day))
    known = [name for name, each in day.accuracy.items() if each.value is not None]
    if known:
        found["accuracy"] = png(0.7 + 0.24 * len(known), lambda axes: _accuracy(axes, day, known))
    return found


def _days(axes: "Axes", day: Day) -> None:
    """Fields of each day, by who settled them."""
    import matplotlib.dates
    import numpy as np

    days = [day.day - timedelta(days=back) for back in range(DAYS - 1, -1, -1)]
    places = np.array(days, dtype="datetime64[D]")
    below = np.zeros(DAYS)
    for name, colour in COLOURS.items():
        rows = [day.on("days", each) for each in days]
        count = np.array([0 if row is None else row[name] for row in rows])
        if count.any():
            axes.bar(places, count, 0.8, bottom=below, color=colour, label=WORDS[name])
        below = below + count
    axes.xaxis.set_major_formatter(matplotlib.dates.DateFormatter("%-d %b"))
    axes.set_xlim(places[0] - np.timedelta64(1, "D"), places[-1] + np.timedelta64(1, "D"))
    axes.set_ylabel("fields")
    axes.yaxis.set_major_formatter(lambda value, _: f"{value:,.0f}")
    axes.legend(loc="lower left", bbox_to_anchor=(0, 1), ncols=4, handlelength=1, columnspacing=1.2)


def _accuracy(axes: "Axes", day: Day, names: list[str]) -> None:
    """What audits say of each kind, with its interval; a ring is what the machine expects of itself."""
    estimated = {row["kind"]: row["estimated"] for row in day.rows("kinds")} | {ALL: day.estimated}
    for place, name in enumerate(reversed(names)):
        told = day.accuracy[name]
        colour = COLOURS["audit"] if name != ALL else COLOURS["accept"]
        low, high = told.low or 0.0, told.high or 0.0
        axes.plot([100 * low, 100 * high], [place, place], color=colour, linewidth=3, alpha=0.45)
        axes.plot(100 * (told.value or 0), place, "o", color=colour, markersize=5)
        axes.plot(100 * estimated[name], place, "o", color=INK, markersize=6, fillstyle="none")
    axes.set_yticks(range(len(names)), list(reversed(names)))
    axes.set_ylim(-0.6, len(names) - 0.4)
    axes.set_xlim(right=100.2)
    axes.set_xlabel("% of accepted values right: audits with interval, and (ring) what the machine expects")
    axes.grid(axis="x", color=INK, alpha=0.25, linewidth=0.5)


def png(height_in: float, draw: Callable[["Axes"], None], width_in: float = WIDTH_IN) -> bytes:
    """A picture in the style of reports, by default as wide as one."""
    import matplotlib
    from matplotlib.backends.backend_agg import FigureCanvasAgg
    from matplotlib.figure import Figure

    with matplotlib.rc_context(STYLE):
        figure = Figure(figsize=(width_in, height_in), layout="constrained", dpi=DPI)
        FigureCanvasAgg(figure)
        draw(figure.add_subplot())
        buffer = BytesIO()
        figure.savefig(buffer, format="png", transparent=True, metadata={"Software": None})
    return buffer.getvalue()
