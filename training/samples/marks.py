"""Marks in boxes and signatures, drawn in pen strokes."""

from collections.abc import Callable

import numpy as np

from recognizer.form import Box
from training.samples.pen import stroke

Strokes = list[np.ndarray]
"""Each (n, 2), x and y as shares of the box, which may be left."""


def mark(image: np.ndarray, box: Box, style: str, rng: np.random.Generator, *, ink: int, width_px: float) -> None:
    """Mark a box in one of the `STYLES`."""
    x, y, width, height = box
    for points in STYLES[style](rng):
        wobbled = points + rng.normal(0, 0.03, points.shape)
        stroke(image, wobbled * (width, height) + (x, y), width_px, ink, rng)


def sign(image: np.ndarray, box: Box, rng: np.random.Generator, *, ink: int, width_px: float) -> None:
    """A signature: loops along a rising line, and often a flourish below it."""
    x, y, width, height = box
    loops = int(rng.integers(6, 11))
    t = np.linspace(0, loops * 2 * np.pi, loops * 8)
    tall = np.interp(t, np.linspace(0, t[-1], 2 * loops), np.r_[1.7, rng.uniform(0.1, 0.8, 2 * loops - 1)])
    speed = np.interp(t, np.linspace(0, t[-1], 2 * loops), rng.uniform(0.3, 1.7, 2 * loops)).cumsum()
    across = 0.08 + rng.uniform(0.55, 0.8) * speed / speed[-1] + 0.03 * np.cos(t + rng.uniform(-1, 1)) * tall
    down = 0.6 - 0.16 * t / t[-1] - 0.3 * tall * np.sin(t)
    stroke(image, np.column_stack([across * width + x, down * height + y]), width_px, ink, rng)
    if rng.random() < 0.7:
        tail = np.array([[0.82, 0.55], [0.5, 0.78], [0.15, 0.84], [0.45, 0.8], [0.9, 0.72]])
        stroke(image, (tail + rng.normal(0, 0.02, tail.shape)) * (width, height) + (x, y), width_px, ink, rng)


def _cross(rng: np.random.Generator) -> Strokes:
    reach = rng.uniform(-0.15, 0.15)
    falling = np.array([[reach, reach], [0.5, 0.48], [1 - reach, 1 - reach]])
    return [falling, falling * (-1, 1) + (1, 0)]


def _tick(rng: np.random.Generator) -> Strokes:
    return [np.array([[0.12, 0.5], [0.4, 0.88], [0.7, 0.25], [rng.uniform(0.95, 1.35), rng.uniform(-0.5, 0)]])]


def _zigzag(rng: np.random.Generator, turns: int, low: float = 0.08, high: float = 0.92) -> np.ndarray:
    down = np.linspace(low, high, turns)
    across = np.where(np.arange(turns) % 2, high, low) + rng.normal(0, 0.04, turns)
    return np.column_stack([across, down])


def _fill(rng: np.random.Generator) -> Strokes:
    return [_zigzag(rng, 13), _zigzag(rng, 12)[:, ::-1]]


def _scribble(rng: np.random.Generator) -> Strokes:
    return [_zigzag(rng, 6, 0.02, 1.0)]


def _struck(rng: np.random.Generator) -> Strokes:
    """A cross that was taken back: bars through it, well beyond the box."""
    bars = [np.array([[-0.45, level], [0.5, level + 0.05], [1.5, level - 0.05]]) for level in (0.25, 0.42, 0.58, 0.75)]
    return [*_cross(rng), *bars]


STYLES: dict[str, Callable[[np.random.Generator], Strokes]] = {
    "cross": _cross,
    "tick": _tick,
    "fill": _fill,
    "scribble": _scribble,
    "struck": _struck,
}
