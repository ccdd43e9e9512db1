"""The accuracy of accepted fields over time: estimate, interval and target."""

import datetime
from collections.abc import Sequence
from typing import TYPE_CHECKING

from serving.audit.sequence import Look

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

BLUE, ORANGE, GREY, RED = "#2b6cb0", "#c05621", "#666666", "#c53030"
LEAST_SHOWN = 1e-4
"""Accuracies are drawn by their distance from 100% on a logarithmic scale; nearer than this it ends."""

TICKS = {
    1e-4: "99.99%", 0.001: "99.9%", 0.002: "99.8%", 0.005: "99.5%", 0.01: "99%", 0.02: "98%", 0.05: "95%", 0.1: "90%",
    0.5: "50%", 1.0: "0%",
}  # fmt: skip


def accuracy_over_time(
    looks: Sequence[Look], *, target: float | None = None, days: Sequence[object] | None = None, title: str = ""
) -> "Figure":
    """One panel: the estimate and its interval at every look, and the target as a line.

    Looks are set out by `days` (dates, or what else matplotlib can place), one for each; else by the number of accepted
    fields.
    """
    from matplotlib.figure import Figure

    figure = Figure(figsize=(8.0, 3.8), layout="constrained")
    axes = figure.subplots()
    if days is not None and len(days) != len(looks):
        raise ValueError(f"{len(looks)} looks on {len(days)} days")
    _curves(axes, looks, days if days is not None else [look.accepted for look in looks])
    if target is not None:
        axes.axhline(_drawn(target), color=RED, linestyle="--", linewidth=1, label=f"target {target:.2%}")
    _scale(axes, looks, target)
    if days is None:
        axes.set_xlabel("accepted fields")
        axes.xaxis.set_major_formatter(lambda value, _: f"{value:,.0f}")
    elif days and isinstance(days[0], datetime.date):
        _dated(axes)
    axes.set_title(_title(title, looks), fontsize=10)
    axes.grid(axis="y", color="#e2e8f0", linewidth=0.7)
    axes.tick_params(labelsize=8)
    figure.legend(loc="outside lower center", fontsize=9, frameon=False, ncols=3)
    return figure


def _curves(axes: "Axes", looks: Sequence[Look], where: Sequence[object]) -> None:
    low, high = [_drawn(look.low) for look in looks], [_drawn(look.high) for look in looks]
    axes.fill_between(where, low, high, color=BLUE, alpha=0.18, linewidth=0, label="interval")  # type: ignore[arg-type]
    axes.plot(where, low, color=BLUE, linewidth=0.8)  # type: ignore[arg-type]
    axes.plot(where, high, color=BLUE, linewidth=0.8)  # type: ignore[arg-type]
    seen = [(x, _drawn(look.accuracy)) for x, look in zip(where, looks, strict=True) if look.audits]
    axes.plot([x for x, _ in seen], [y for _, y in seen], color=ORANGE, linewidth=1.6, label="estimate")  # type: ignore[arg-type]


def _drawn(accuracy: float) -> float:
    return min(max(1 - accuracy, LEAST_SHOWN), 1.0)


def _scale(axes: "Axes", looks: Sequence[Look], target: float | None) -> None:
    """What most of the interval and the target need, not the far ends of the first days."""
    low, high = sorted(_drawn(look.low) for look in looks), sorted(_drawn(look.high) for look in looks)
    bottom, top = (low[len(low) // 2], high[len(high) // 2]) if looks else (1.0, LEAST_SHOWN)
    if target is not None:
        bottom, top = max(bottom, _drawn(target)), min(top, _drawn(target))
    axes.set(yscale="log", ylabel="right of the accepted")
    axes.set_yticks(list(TICKS), list(TICKS.values()))
    axes.set_ylim(min(2 * bottom, 1.05), max(top / 3, LEAST_SHOWN / 1.3))  # after the ticks, which widen it
    axes.minorticks_off()


def _dated(axes: "Axes") -> None:
    from matplotlib.dates import AutoDateLocator, ConciseDateFormatter

    locator = AutoDateLocator()
    axes.xaxis.set_major_locator(locator)
    axes.xaxis.set_major_formatter(ConciseDateFormatter(locator))


def _title(title: str, looks: Sequence[Look]) -> str:
    if not looks or not looks[-1].audits:
        return f"{title}: no audits yet" if title else "no audits yet"
    last = looks[-1]
    said = f"{last.accuracy:.2%} of {last.accepted:,} right, between {last.low:.2%} and {last.high:.2%}"
    return f"{title}: {said}, from {last.audits:,} audits" if title else f"{said}, from {last.audits:,} audits"
