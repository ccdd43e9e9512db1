"""Writing that was crossed out, by pens like those that wrote it, and lines that cross nothing out."""

from collections.abc import Callable

import cv2
import numpy as np

from training.samples.pen import smooth

Rng = np.random.Generator
Extent = tuple[float, float, float, float]
"""(left, top, right, bottom) of the ink, in pixels."""


def ink_mask(image: np.ndarray) -> np.ndarray:
    """(h, w) bool: darker than half way between the paper and the darkest strokes."""
    dark, paper = np.percentile(image, (0.5, 70))
    return image < max((dark + paper) / 2, 1)


def extent_of(image: np.ndarray) -> Extent | None:
    """Where the ink is, or None. A hundredth of it may lie beyond: specks and rests of lines are no writing."""
    mask = ink_mask(image)
    across, down = (np.flatnonzero(_within(mask.sum(axis))) for axis in (0, 1))
    if len(across) < 4 or len(down) < 4:
        return None
    return float(across[0]), float(down[0]), float(across[-1]), float(down[-1])


def _within(ink: np.ndarray) -> np.ndarray:
    share = np.cumsum(ink) / max(1, ink.sum())
    return (share >= 0.01) & (np.roll(share, 1) <= 0.99) & (ink > 0)


def pen_of(image: np.ndarray, rng: Rng) -> tuple[int, float]:
    """(grey level, width in pixels) of a pen like the one that wrote: width as twice the area by the outline."""
    mask = ink_mask(image).astype(np.uint8)
    outline = mask.sum() - cv2.erode(mask, np.ones((3, 3), np.uint8)).sum()
    width = 2.0 * mask.sum() / max(1, outline)
    shade = float(np.percentile(image, 1)) + rng.normal(0, 12)
    return int(np.clip(shade, 0, 230)), float(max(1.0, width * np.exp(rng.normal(0, 0.2))))


def draw_path(image: np.ndarray, points: np.ndarray, pen: tuple[int, float]) -> None:
    """Draw a smooth line through (n, 2) points; lighter ink below stays visible under it."""
    layer = np.full_like(image, 255)
    path = np.round(smooth(points, per_segment=6) * 16).astype(np.int32)
    cv2.polylines(layer, [path], False, pen[0], max(1, round(pen[1])), cv2.LINE_AA, 4)
    np.minimum(image, cv2.GaussianBlur(layer, (0, 0), 0.5), out=image)


def strike(
    image: np.ndarray, rng: Rng, *, characters: int, span: tuple[float, float] = (0.0, 1.0)
) -> np.ndarray | None:
    """Cross out the writing between two shares of its width; None where there is none.

    A lone character is not crossed out by one line: nobody could tell it from another character.
    """
    found = extent_of(image)
    if found is None:
        return None
    left, top, right, bottom = found
    width = right - left
    over = rng.uniform(-0.02, 0.08) * width if span == (0.0, 1.0) else 0.0
    part = (left + span[0] * width - over, top, left + span[1] * width + over, bottom)
    pad = round(0.15 * (bottom - top)) + 4
    out = cv2.copyMakeBorder(image, pad, pad, pad, pad, cv2.BORDER_CONSTANT, value=float(np.median(image)))
    part = (part[0] + pad, part[1] + pad, part[2] + pad, part[3] + pad)
    styles = WAYS if characters > 1 else {way: weight for way, weight in WAYS.items() if way in DENSE}
    way = list(styles)[int(rng.choice(len(styles), p=np.array(list(styles.values())) / sum(styles.values())))]
    pen = pen_of(image, rng)
    for path in way(part, rng):
        draw_path(out, path, pen)
    return out


def _level(part: Extent, rng: Rng, share: float) -> np.ndarray:
    """One line along the text at a share of its height, tilted and bent a little."""
    left, top, right, bottom = part
    height = bottom - top
    count = max(3, int((right - left) / (2 * height + 1)) + 2)
    across = np.linspace(left, right, count)
    down = top + height * (share + np.linspace(-1, 1, count) * rng.normal(0, 0.05) + rng.normal(0, 0.02, count))
    return np.column_stack([across, down])


def _line(part: Extent, rng: Rng) -> list[np.ndarray]:
    return [_level(part, rng, rng.normal(0.52, 0.07))]


def _lines(part: Extent, rng: Rng) -> list[np.ndarray]:
    middle, gap = rng.normal(0.52, 0.06), rng.uniform(0.07, 0.2)
    return [_level(part, rng, middle + sign * gap / 2) for sign in (-1, 1)] + (
        [_level(part, rng, middle)] if rng.random() < 0.25 else []
    )


def _wave(part: Extent, rng: Rng) -> list[np.ndarray]:
    line = _level(part, rng, rng.normal(0.52, 0.06))
    across = np.arange(part[0], part[2] + 1, max(2.0, (part[3] - part[1]) / 8))
    height = part[3] - part[1]
    phase, reach = 2 * np.pi * (across - part[0]) / (height * rng.uniform(0.5, 1.6)), height * rng.uniform(0.06, 0.2)
    return [np.column_stack([across, np.interp(across, *line.T) + reach * np.sin(phase)])]


def _zigzag(part: Extent, rng: Rng) -> list[np.ndarray]:
    left, top, right, bottom = part
    height = bottom - top
    pitch = height * rng.uniform(0.12, 0.5)
    across = np.arange(left, right + pitch, pitch)
    if len(across) < 4:
        across = np.linspace(left, right, 5)
    side = np.where(np.arange(len(across)) % 2, 1, -1) * rng.uniform(0.22, 0.5)
    down = top + height * (0.5 + side + rng.normal(0, 0.05, len(across)))
    back = np.column_stack([across + pitch / 2, top + bottom - down])[::-1]
    path = np.column_stack([across, down])
    return [path, back] if rng.random() < 0.4 else [path]


def _loops(part: Extent, rng: Rng) -> list[np.ndarray]:
    left, top, right, bottom = part
    height = bottom - top
    turns = max(2.0, (right - left) / (height * rng.uniform(0.2, 0.5)))
    t = np.linspace(0, 2 * np.pi * turns, int(turns * 7) + 4)
    across = np.linspace(left, right, len(t)) + 0.25 * height * np.cos(t)
    return [np.column_stack([across, top + height * (0.5 + rng.uniform(0.25, 0.5) * np.sin(t))])]


def _hatch(part: Extent, rng: Rng) -> list[np.ndarray]:
    left, top, right, bottom = part
    height = bottom - top
    lean, gap = rng.uniform(0.2, 0.9) * height, height * rng.uniform(0.15, 0.45)
    ways = [1, -1] if rng.random() < 0.6 else [int(rng.choice([1, -1]))]
    return [
        np.array([[x - way * lean / 2, bottom], [x, (top + bottom) / 2], [x + way * lean / 2, top]])
        + rng.normal(0, 0.04, (3, 2)) * height
        for way in ways
        for x in np.arange(left + gap / 2, right, gap)
    ]


def _cross(part: Extent, rng: Rng) -> list[np.ndarray]:
    left, top, right, bottom = part
    height, middle = bottom - top, [(left + right) / 2, (top + bottom) / 2]
    ends = np.array([[[left, top], middle, [right, bottom]], [[left, bottom], middle, [right, top]]])
    return list(ends + rng.normal(0, 0.06, ends.shape) * height)


def _black(part: Extent, rng: Rng) -> list[np.ndarray]:
    """Lines so close that little is left to see."""
    count = int(rng.integers(5, 10))
    return [_level(part, rng, share) for share in np.linspace(0.08, 0.92, count)]


WAYS: dict[Callable[[Extent, Rng], list[np.ndarray]], float] = {
    _line: 0.3, _lines: 0.17, _wave: 0.1, _zigzag: 0.15, _loops: 0.07, _hatch: 0.08, _cross: 0.08, _black: 0.05,
}  # fmt: skip
DENSE = (_zigzag, _loops, _hatch, _black)


def innocent_lines(image: np.ndarray, rng: Rng) -> np.ndarray:
    """Lines that cross nothing out: an underline, a printed base line, a line above, the separators of a comb."""
    found = extent_of(image)
    if found is None:
        return image
    left, top, right, bottom = found
    height, pad = bottom - top, round(0.2 * (bottom - top)) + 4
    out = cv2.copyMakeBorder(image, pad, pad, pad, pad, cv2.BORDER_CONSTANT, value=float(np.median(image)))
    part = (
        left + pad - rng.uniform(-0.1, 0.4) * height,
        top + pad,
        right + pad + rng.uniform(-0.1, 0.4) * height,
        bottom + pad,
    )
    own, printed = pen_of(image, rng), (int(rng.integers(0, 190)), float(rng.integers(1, 3)))
    style = rng.random()
    if style < 0.4:
        for share in [rng.uniform(0.98, 1.16)] if rng.random() < 0.8 else [1.02, 1.14]:
            draw_path(out, _level(part, rng, share), own)
    elif style < 0.7:
        row = part[1] + height * rng.uniform(0.85, 1.12)
        draw_path(out, np.array([[part[0], row], [part[2], row + rng.normal(0, 0.02) * height]]), printed)
    elif style < 0.8:
        draw_path(out, _level(part, rng, rng.uniform(-0.16, 0.0)), own if rng.random() < 0.5 else printed)
    else:
        for x in np.linspace(part[0], part[2], int(rng.integers(2, 12))):
            ends = (rng.uniform(0.5, 0.9), 1.1) if rng.random() < 0.6 else (-0.1, 1.1)
            draw_path(out, np.array([[x, part[1] + end * height] for end in ends]), printed)
    return out
