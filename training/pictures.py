"""Pictures of a training: what the network sees, how it learns, how far its confidence can be trusted."""

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING

import cv2
import numpy as np

from training.batches import Batch
from training.calibrate import Outcome, expected_calibration_error, risk_coverage

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
    """Loss, and accuracy per source, over steps."""
    drawn, (loss, exact) = figure(2)
    for name, series in sorted(points.items()):
        steps, values = zip(*series, strict=True)
        if name == "loss":
            loss.plot(steps, values, color="#2b6cb0", marker="." if len(steps) < 30 else None)
        elif name.startswith("exact."):
            exact.plot(steps, values, marker="o", markersize=3, label=name.removeprefix("exact."))
    loss.set(xlabel="step", ylabel="CTC loss per character", yscale="log", title="Training loss")
    exact.set(xlabel="step", ylabel="exact match", ylim=(0, 1), title="Writers never seen")
    if exact.lines:
        exact.legend(fontsize=7)
    return drawn


def trust(found: Sequence[Outcome], name: str) -> "Figure":
    """Reliability diagram and risk-coverage curve of held-out readings."""
    confidences, right = np.array([o.confidence for o in found]), np.array([o.right for o in found])
    drawn, (reliability, risk) = figure(2)
    parts = np.array_split(np.argsort(confidences), 10)
    means = [(confidences[p].mean(), right[p].mean()) for p in parts if len(p)]
    reliability.plot([0, 1], [0, 1], color="#999", linewidth=1)
    reliability.plot(*zip(*means, strict=True), marker="o", color="#2b6cb0")
    ece = expected_calibration_error(confidences, right)
    reliability.set(xlabel="confidence", ylabel="accuracy", title=f"Reliability, {name}: ECE {ece:.3f}")
    risk.plot(*risk_coverage(confidences, right), color="#c05621")
    risk.set(xlabel="coverage", ylabel="error among accepted", title="Risk-coverage", ylim=(0, None))
    return drawn
