"""Pictures of a training: what the network sees, how it learns, how far its confidence can be trusted."""

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING

import cv2
import numpy as np

from training.batches import Batch

if TYPE_CHECKING:
    from matplotlib.figure import Figure


def png(image: np.ndarray) -> bytes:
    """(h, w) uint8 as PNG."""
    return cv2.imencode(".png", image)[1].tobytes()


def batch_picture(batches: Sequence[Batch], rows: int = 24, width_px: int = 900) -> np.ndarray:
    """Augmented lines of a few batches on one sheet: (h, width_px) uint8, paper light."""
    lines = [255 - (line[0].numpy() * 255).astype(np.uint8) for batch in batches for line in batch.lines[::4]]
    sheet = np.full((rows * 36, width_px), 160, np.uint8)
    x, y = 2, 2
    for line in lines:
        if line.shape[1] + 4 > width_px:
            continue
        if x + line.shape[1] + 2 > width_px:
            x, y = 2, y + 36
        if y + 34 > sheet.shape[0]:
            break
        sheet[y : y + 32, x : x + line.shape[1]] = line
        x += line.shape[1] + 3
    return sheet


def figure(columns: int = 1) -> "tuple[Figure, list]":
    """A figure and its axes, without a window system."""
    from matplotlib.figure import Figure

    drawn = Figure(figsize=(5.2 * columns, 3.6), layout="constrained")
    axes = drawn.subplots(1, columns, squeeze=False)[0]
    return drawn, list(axes)


def curves(points: Mapping[str, Sequence[tuple[int, float]]]) -> "Figure":
    """Loss, and accuracy per source on held-out writers, over steps; the legend gives the last accuracies."""
    drawn, (loss, exact) = figure(2)
    if series := points.get("loss"):
        loss.plot(*zip(*series, strict=True), color="#2b6cb0", marker="." if len(series) < 30 else None)
    measured = {name.removeprefix("exact."): series for name, series in points.items() if name.startswith("exact.")}
    for name, series in sorted(measured.items(), key=lambda item: -item[1][-1][1]):
        exact.plot(*zip(*series, strict=True), marker="o", markersize=3, label=f"{name} {series[-1][1]:.0%}")
    loss.set(xlabel="step", ylabel="CTC loss per character", yscale="log", title="Training loss")
    for axis in (loss.yaxis.set_major_formatter, loss.yaxis.set_minor_formatter):
        axis("{x:g}")
    exact.set(xlabel="step", ylabel="exact match", ylim=(-0.03, 1.03), title="Held-out writers")
    if exact.lines:
        exact.legend(fontsize=7, loc="upper left", bbox_to_anchor=(1.01, 1), frameon=False)
    return drawn
