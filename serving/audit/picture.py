"""The accuracy of accepted fields over time: estimate, interval and target."""

from collections.abc import Sequence
from typing import TYPE_CHECKING

from serving.audit.sequence import Look

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

BLUE, ORANGE, GREY, RED = "#2b6cb0", "#c05621", "#666666", "#c53030"
LEAST_SHOWN = 1e-4
"""Accuracies are drawn by their distance from 100% on a logarithmic scale; nearer than this it ends."""

TICKS = {0.0001: "99.99%", 0.001: "99.9%", 0.005: "99.5%", 0.01: "99%", 0.05: "95%", 0.1: "90%", 0.5: "50%", 1: "0%"}


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
    where: Sequence[object] = days if days is not None else [look.accepted for look in looks]
    _curves(axes, looks, where)
    if target is not None:
        axes.axhline(_drawn(target), color=RED, linestyle="--", linewidth=1, label=f"target {target:.2%}")
    axes.set(yscale="log", ylim=(1.0, LEAST_SHOWN / 1.3), ylabel="right of the accepted")
    axes.set_yticks(list(TICKS), list(TICKS.values()))
    axes.minorticks_off()
    axes.set_ylim(_lowest(looks), LEAST_SHOWN / 1.3)
    if days is None:
        axes.set_xlabel("accepted fields")
        axes.xaxis.set_major_formatter(lambda value, _: f"{value:,.0f}")
    axes.set_title(_title(title, looks), fontsize=10)
    axes.grid(axis="y", color="#e2e8f0", linewidth=0.7)
    axes.tick_params(labelsize=8)
    axes.legend(loc="lower right", fontsize=9, frameon=False, ncols=3)
    return figure


def _curves(axes: "Axes", looks: Sequence[Look], where: Sequence[object]) -> None:
    low, high = [_drawn(look.low) for look in looks], [_drawn(look.high) for look in looks]
    axes.fill_between(where, low, high, color=BLUE, alpha=0.18, linewidth=0, label="interval")  # type: ignore[arg-type]
    axes.plot(where, low, color=BLUE, linewidth=0.8)  # type: ignore[arg-type]
    axes.plot(where, high, color=BLUE, linewidth=0.8)  # type: ignore[arg-type]
    seen = [(x, _drawn(look.accuracy)) for x, look in zip(where, looks, strict=True) if look.accepted]
    axes.plot([x for x, _ in seen], [y for _, y in seen], color=ORANGE, linewidth=1.6, label="estimate")  # type: ignore[arg-type]


def _drawn(accuracy: float) -> float:
    return min(max(1 - accuracy, LEAST_SHOWN), 1.0)


def _lowest(looks: Sequence[Look]) -> float:
    """The lower edge of the panel: where most of the interval can be seen, not the wide one of the first days."""
    risks = sorted(_drawn(look.low) for look in looks)
    return min(1.05, 2 * risks[len(risks) // 2]) if risks else 1.05


def _title(title: str, looks: Sequence[Look]) -> str:
    if not looks or not looks[-1].audits:
        return f"{title}: no audits yet" if title else "no audits yet"
    last = looks[-1]
    said = f"{last.accuracy:.2%} of {last.accepted:,} right, between {last.low:.2%} and {last.high:.2%}"
    return f"{title}: {said}, from {last.audits:,} audits" if title else f"{said}, from {last.audits:,} audits"
