"""The plots of a report: SVG that takes its text colour from the page around it, for light and dark screens."""

from __future__ import annotations

import re
from collections.abc import Callable
from io import StringIO
from typing import TYPE_CHECKING, Any

import numpy as np

from serving.ledger import ACCEPTED
from serving.report.summary import MEASURES, Summary

if TYPE_CHECKING:
    import pandas as pd
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

ACCEPT, REVIEW, PLAIN = "#2f9e6e", "#e08a1e", "#4a7fc1"
INK = "#010203"
"""A colour that nothing else has; it becomes the page's own text colour."""

STYLE: dict[Any, Any] = {
    "svg.fonttype": "none",
    "font.family": "sans-serif",
    "font.size": 9,
    "text.color": INK,
    "axes.labelcolor": INK,
    "axes.edgecolor": INK,
    "axes.spines.top": False,
    "axes.spines.right": False,
    "axes.linewidth": 0.6,
    "xtick.color": INK,
    "ytick.color": INK,
    "xtick.major.width": 0.6,
    "ytick.major.width": 0.6,
    "legend.frameon": False,
}


def confidence_histogram(predictions: pd.DataFrame, summary: Summary) -> str:
    """How sure the model was of each field, by what was decided, with the thresholds of the kinds."""

    def draw(axes: Axes) -> None:
        bins = np.linspace(0, 1, 41).tolist()
        accepted = predictions["decision"].isin(ACCEPTED)
        groups = [predictions.loc[chosen, "confidence"] for chosen in (accepted, ~accepted)]
        axes.hist(groups, bins, stacked=True, color=[ACCEPT, REVIEW], label=["accepted", "to review"])
        for threshold in sorted({k.threshold for k in summary.kinds if k.threshold is not None}):
            kinds = [k.kind for k in summary.kinds if k.threshold == threshold]
            axes.axvline(threshold, color=INK, linewidth=0.8, linestyle=(0, (4, 3)))
            name = ", ".join(kinds[:3]) + (" …" if len(kinds) > 3 else "")
            axes.annotate(
                f"{threshold:g} {name}", xy=(threshold, 1), xycoords=("data", "axes fraction"), xytext=(-2, -3),
                textcoords="offset points", rotation=90, ha="right", va="top", fontsize=7,
            )  # fmt: skip
        axes.set(xlim=(0, 1), xlabel="confidence", ylabel="fields")
        axes.legend(loc="upper left")

    return _svg("confidence", (10.4, 3.1), draw)


def quality_histograms(pages: pd.DataFrame, summary: Summary) -> str:
    """The distribution of every measure over the pages."""
    import matplotlib.ticker

    rows = -(-len(summary.quality) // 5)

    def draw(figure: Figure) -> None:
        for n, row in enumerate(summary.quality, start=1):
            axes = figure.add_subplot(rows, 5, n)
            values = pages[f"quality_{row.name}"].dropna().astype(float)
            axes.hist(values, bins=min(20, max(5, len(values) // 2)), color=PLAIN)
            axes.axvline(row.median, color=INK, linewidth=0.8, linestyle=(0, (4, 3)))
            axes.set_title(MEASURES[row.name][0], fontsize=9)
            axes.xaxis.set_major_locator(matplotlib.ticker.MaxNLocator(3))
            axes.yaxis.set_major_locator(matplotlib.ticker.MaxNLocator(3, integer=True))
            axes.tick_params(labelsize=7)

    return _svg_figure("quality", (10.4, 1.7 * rows), draw)


def latency_bars(summary: Summary) -> str:
    """Median and 90th percentile of every stage."""

    def draw(axes: Axes) -> None:
        stages = summary.stages[::-1]
        names = [row.stage for row in stages]
        axes.barh(names, [row.p90_ms for row in stages], color=PLAIN, alpha=0.35, height=0.6, label="90th percentile")
        axes.barh(names, [row.median_ms for row in stages], color=PLAIN, height=0.6, label="median")
        axes.set(xlabel="milliseconds")
        axes.legend(loc="best")

    return _svg("latency", (10.4, 0.7 + 0.3 * len(summary.stages)), draw)


def _svg(name: str, size_in: tuple[float, float], draw: Callable[[Axes], None]) -> str:
    return _svg_figure(name, size_in, lambda figure: draw(figure.add_subplot()))


def _svg_figure(name: str, size_in: tuple[float, float], draw: Callable[[Figure], None]) -> str:
    """One figure as an `<svg>` element. `name` keeps its ids apart from those of other figures of the page."""
    import matplotlib
    from matplotlib.backends.backend_agg import FigureCanvasAgg
    from matplotlib.figure import Figure

    with matplotlib.rc_context(STYLE | {"svg.hashsalt": name}):
        figure = Figure(figsize=size_in, layout="constrained")
        FigureCanvasAgg(figure)
        draw(figure)
        buffer = StringIO()
        figure.savefig(buffer, format="svg", transparent=True, metadata={"Date": None, "Creator": None})
    svg = buffer.getvalue()
    svg = svg[svg.index("<svg") :].replace(INK, "currentColor")
    svg = re.sub(r"<metadata>.*?</metadata>", "", svg, flags=re.DOTALL)
    return re.sub(r'(<svg[^>]*?) width="[^"]*"', rf'\1 role="img" aria-label="{name}"', re.sub(
        r'(<svg[^>]*?) height="[^"]*"', r"\1", svg, count=1), count=1)  # fmt: skip
