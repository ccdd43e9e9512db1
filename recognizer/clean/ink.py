"""Is anything written in a field?"""

from dataclasses import dataclass

import cv2
import numpy as np

from recognizer.clean.survey import FAINTEST_INK, paper_brightness, paper_noise

LEAST_EXTENT_INCH = 0.04
"""A mark shorter than this (1 mm) in both directions is a speck: the shortest dash and a thin 1 are longer."""

LEAST_AREA_INCH = 0.012
"""Least edge of the square that has the mark's area: dust that a scanner smears into a hair stays below."""

EDGE_INCH = 0.025
"""How near to the box's edge what is left of a printed line may lie, and how thick it may be."""


@dataclass(frozen=True, kw_only=True)
class InkMeasure:
    """What is written in a field: `coverage` of the crop, number of `components` that are marks and not specks,
    `height_px` of all of them together, `length_px` of their strokes (half the length of their outlines).
    """

    coverage: float
    components: int
    height_px: int
    length_px: int

    @property
    def is_blank(self) -> bool:
        """Whether nothing was written."""
        return self.components == 0


def has_ink(image: np.ndarray, dpi: float, box: tuple[int, int, int, int] | None = None) -> InkMeasure:
    """Measure the ink of a crop, (height, width) uint8 at `dpi`, after its lines were removed.

    Specks, noise and what is left of box lines do not count. `box` is the printed box in pixels of the crop; None
    takes it for the crop less a twelfth of its height on each side.
    """
    ink = _mask(image, dpi)
    count, labels, stats, _ = cv2.connectedComponentsWithStats(ink, connectivity=8)
    edge = box or _usual_box(image)
    marks = [i for i in range(1, count) if _is_mark(stats[i], dpi) and not _is_line_rest(stats[i], dpi, edge)]
    if not marks:
        return InkMeasure(coverage=0.0, components=0, height_px=0, length_px=0)
    kept = np.isin(labels, marks).astype(np.uint8)
    outline = np.count_nonzero(kept[1:] != kept[:-1]) + np.count_nonzero(kept[:, 1:] != kept[:, :-1])
    rows = np.flatnonzero(kept.any(axis=1))
    return InkMeasure(
        coverage=float(kept.mean()),
        components=len(marks),
        height_px=int(rows[-1] - rows[0] + 1),
        length_px=int(outline // 2),
    )


def _mask(image: np.ndarray, dpi: float) -> np.ndarray:
    """Ink of a smoothed crop: averaging over 0.2 mm lifts a faint stroke above noise that is as strong."""
    paper = paper_brightness(image, dpi)
    width = max(1, round(0.008 * dpi)) | 1
    flat = cv2.divide(cv2.blur(image, (width, width)), np.maximum(paper, 16), scale=255)
    darkness = max(0.75 * FAINTEST_INK, 5 * paper_noise(image) / width)
    return (flat < 255 - min(200, darkness)).astype(np.uint8)


def _usual_box(image: np.ndarray) -> tuple[int, int, int, int]:
    height, width = image.shape
    margin = round(height / 12)
    return margin, margin, width - 2 * margin, height - 2 * margin


def _is_mark(stats: np.ndarray, dpi: float) -> bool:
    _, _, width, height, area = (int(v) for v in stats)
    return max(width, height) >= LEAST_EXTENT_INCH * dpi and area >= (LEAST_AREA_INCH * dpi) ** 2


def _is_line_rest(stats: np.ndarray, dpi: float, box: tuple[int, int, int, int]) -> bool:
    """Whether a component lies outside the box, or is thin and lies along one of its edges."""
    left, top, width, height, _ = (int(v) for v in stats)
    right, bottom = left + width, top + height
    x, y, box_width, box_height = box
    near = max(2.0, EDGE_INCH * dpi)
    if right <= x + near or left >= x + box_width - near or bottom <= y + near or top >= y + box_height - near:
        return True
    lies_at_row = min(abs(top - y), abs(bottom - y), abs(top - y - box_height), abs(bottom - y - box_height)) <= near
    return lies_at_row and height <= near and width > 4 * height and (top < y + near or bottom > y + box_height - near)
