"""The trade-off as a picture: what each threshold would accept, how much of it was wrong, and what is certain of it."""

from typing import TYPE_CHECKING

from serving.promise.promise import Promise
from serving.promise.threshold import points

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

BLUE, ORANGE, GREY, GREEN = "#2b6cb0", "#c05621", "#999999", "#2f855a"
COLUMNS = 3
LEAST_SHOWN = 2e-4
"""No errors at all, on a logarithmic scale."""


def trade_off(promise: Promise, kinds: list[str]) -> "Figure":
    """Coverage against observed risk and its bound, one panel per kind, with target and chosen threshold."""
    from matplotlib.figure import Figure

    rows = max(1, -(-len(kinds) // COLUMNS))
    figure = Figure(figsize=(4.0 * COLUMNS, 3.0 * rows + 0.5), layout="constrained")
    panels = figure.subplots(rows, COLUMNS, squeeze=False).ravel()
    for axes, kind in zip(panels, kinds, strict=False):
        _panel(axes, promise, kind)
    for axes in panels[len(kinds) :]:
        axes.set_axis_off()
    figure.supxlabel("coverage: share of the readings that is accepted", fontsize=10)
    figure.supylabel("share of the accepted that is wrong", fontsize=10)
    drawn = [pair for axes in panels for pair in zip(*axes.get_legend_handles_labels(), strict=True)]
    named = {name: handle for handle, name in drawn}
    figure.legend(list(named.values()), list(named), loc="outside upper center", ncols=4, fontsize=9, frameon=False)
    return figure


def _panel(axes: "Axes", promise: Promise, kind: str) -> None:
    target, threshold = promise.policy.target(kind), promise.threshold(kind)
    axes.axhline(target.risk, color=GREY, linestyle="--", linewidth=1, label="target")
    labels = promise.labels.get(kind)
    curve = points(labels, target) if labels is not None else []
    coverage = [point.coverage for point in curve]
    bounds = [point.bound for point in curve]
    axes.plot(coverage, bounds, color=ORANGE, linewidth=1.5, label=f"bound, {target.certainty:.0%} certain")
    axes.plot(coverage, [max(p.risk, LEAST_SHOWN) for p in curve], color=BLUE, linewidth=1.5, label="observed")
    verdict = "all to review"
    if threshold.value is not None:
        axes.plot(threshold.coverage, threshold.bound, "o", color=GREEN, label="chosen")
        axes.axvline(threshold.coverage, color=GREEN, linestyle=":", linewidth=1)
        verdict = f"{threshold.coverage:.0%} accepted from {threshold.value:.4f}"
    elif threshold.more:
        verdict = f"{threshold.more:,} more labels needed"
    axes.set(xlim=(0, 1.02), ylim=(LEAST_SHOWN / 1.3, 1.2), yscale="log")
    axes.set_yticks([0.001, 0.01, 0.1, 1], ["0.1%", "1%", "10%", "100%"])
    axes.set_title(f"{kind}, {threshold.labels:,} labels: {verdict}", fontsize=9)
    axes.tick_params(labelsize=8)
