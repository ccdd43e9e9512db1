"""Is anything written in a field?"""

import math
from collections.abc import Sequence
from dataclasses import dataclass

import cv2
import numpy as np

from recognizer.clean.survey import FAINTEST_INK, darkest_paper, is_quiet, paper_brightness, paper_noise

LEAST_EXTENT_INCH = 0.04
"""A mark shorter than this (1 mm) in both directions is a speck: the shortest dash and a thin 1 are longer."""

LEAST_AREA_INCH = 0.012
"""Least edge of the square that has the mark's area: dust that a scanner smears into a hair stays below."""

EDGE_INCH = 0.03
"""How near to the box's edge what is left of a printed line may lie, and how thick it may be."""


LEAST_DARKNESS = 0.75 * FAINTEST_INK
MOST_DARKNESS = 200
"""What is darker on white paper, in grey levels below it, is ink, whatever the noise."""


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
    takes it for the crop less a tenth of its height on each side, which is how fields are cut.
    """
    flat, ink = _ink(image, dpi)
    edge = box or _usual_box(image)
    _, labels, stats, _ = cv2.connectedComponentsWithStats(ink, connectivity=8)
    is_mark = np.array([False, *(_is_mark(part, dpi, edge) for part in stats[1:].tolist())])
    if not is_mark.any():
        return InkMeasure(coverage=0.0, components=0, height_px=0, length_px=0)
    kept = is_mark[labels]
    # Smoothing widened the strokes; half as dark as the darkest of them is where their edges were.
    kept &= flat <= 255 - (255 - int(flat[kept].min())) // 2
    outline = np.count_nonzero(kept[1:] ^ kept[:-1]) + np.count_nonzero(kept[:, 1:] ^ kept[:, :-1])
    rows = np.flatnonzero(kept.any(axis=1))
    return InkMeasure(
        coverage=float(kept.mean()),
        components=int(is_mark.sum()),
        height_px=int(rows[-1] - rows[0] + 1),
        length_px=int(outline // 2),
    )


def is_written(image: np.ndarray, dpi: float, box: tuple[int, int, int, int] | None = None) -> bool:
    """Whether `has_ink` finds a mark, in a tenth of its time where one is easily found."""
    edge = box or _usual_box(image)
    if _is_bold(image, dpi, edge):
        return True
    _, ink = _ink(image, dpi)
    outlines, _ = cv2.findContours(ink, cv2.RETR_EXTERNAL, cv2.CHAIN_APPROX_SIMPLE)
    boxes = (cv2.boundingRect(outline) for outline in outlines)
    # A component has as many pixels as it is long, or more.
    if any(_is_mark((*part, max(part[2:])), dpi, edge) for part in boxes):
        return True
    stats = cv2.connectedComponentsWithStats(ink, connectivity=8)[2]
    return any(_is_mark(part, dpi, edge) for part in stats[1:].tolist())


def _is_bold(image: np.ndarray, dpi: float, box: tuple[int, int, int, int]) -> bool:
    """Whether some ink is surely a mark, as most is: dark even beside the darkest paper, and thicker than what is left
    of a line. The component that it belongs to can then be neither speck nor rest.
    """
    smooth, paper = _smooth(image, dpi), max(16, darkest_paper(image, dpi))

    def is_thick_below(darkness: float) -> bool:
        surely = int(254 - darkness) * paper // 255
        ink = cv2.threshold(smooth, surely, 1, cv2.THRESH_BINARY_INV)[1]
        outlines, _ = cv2.findContours(ink, cv2.RETR_EXTERNAL, cv2.CHAIN_APPROX_SIMPLE)
        return any(_is_thick_mark(cv2.boundingRect(outline), dpi, box) for outline in outlines)

    return is_thick_below(MOST_DARKNESS) or (_is_quiet(image, dpi) and is_thick_below(LEAST_DARKNESS))


def _is_thick_mark(part: Sequence[int], dpi: float, box: tuple[int, int, int, int]) -> bool:
    """Of a component's bounding box: whether it is a mark, and larger both ways than the rest of a line is thick."""
    return min(part[2:]) > max(2.0, EDGE_INCH * dpi) and _is_mark((*part, max(part[2:])), dpi, box)


def _ink(image: np.ndarray, dpi: float) -> tuple[np.ndarray, np.ndarray]:
    """The crop on white paper, and 1 where it is darker than paper can be."""
    flat = _smooth_flat(image, dpi)
    lightest = math.ceil(255 - min(MOST_DARKNESS, _least_darkness(image, dpi))) - 1
    return flat, cv2.threshold(flat, lightest, 1, cv2.THRESH_BINARY_INV)[1]


def _smooth_flat(image: np.ndarray, dpi: float) -> np.ndarray:
    """The crop on white paper, averaged over 0.2 mm, which lifts a faint stroke above noise that is as strong."""
    return cv2.divide(_smooth(image, dpi), np.maximum(paper_brightness(image, dpi), 16), scale=255)


def _smooth(image: np.ndarray, dpi: float) -> np.ndarray:
    width = _smoothing_px(dpi)
    return cv2.blur(image, (width, width))


def _least_darkness(image: np.ndarray, dpi: float) -> float:
    return LEAST_DARKNESS if _is_quiet(image, dpi) else max(LEAST_DARKNESS, _per_noise(dpi) * paper_noise(image))


def _is_quiet(image: np.ndarray, dpi: float) -> bool:
    """Whether noise is surely too weak to raise the least darkness of ink."""
    return is_quiet(image, LEAST_DARKNESS / _per_noise(dpi))


def _per_noise(dpi: float) -> float:
    return 5 / _smoothing_px(dpi)


def _smoothing_px(dpi: float) -> int:
    return max(1, round(0.008 * dpi)) | 1


def _usual_box(image: np.ndarray) -> tuple[int, int, int, int]:
    height, width = image.shape
    margin = round(height / 10)
    return margin, margin, width - 2 * margin, height - 2 * margin


def _is_mark(part: Sequence[int], dpi: float, box: tuple[int, int, int, int]) -> bool:
    """Whether a component (left, top, width, height, area) is neither a speck nor the rest of a line."""
    _, _, width, height, area = part
    is_speck = max(width, height) < LEAST_EXTENT_INCH * dpi or area < (LEAST_AREA_INCH * dpi) ** 2
    return not is_speck and not _is_line_rest(part, dpi, box)


def _is_line_rest(part: Sequence[int], dpi: float, box: tuple[int, int, int, int]) -> bool:
    """Whether a component lies outside the box, or is thin and lies along one of its edges."""
    left, top, width, height, _ = part
    right, bottom = left + width, top + height
    x, y, box_width, box_height = box
    near = max(2.0, EDGE_INCH * dpi)
    # A 1 may stand closer to the upright edges than anything lies along the level ones.
    beside = 0.5 * near
    if right <= x + beside or left >= x + box_width - beside or bottom <= y + near or top >= y + box_height - near:
        return True
    level = height <= near and width > 4 * height
    upright = width <= near and height > 4 * width
    return (level and (_is_at(top, bottom, y, near) or _is_at(top, bottom, y + box_height, near))) or (
        upright and (_is_at(left, right, x, beside) or _is_at(left, right, x + box_width, beside))
    )


def _is_at(first: int, last: int, edge: int, near: float) -> bool:
    """Whether what reaches from `first` to `last` has its middle near an edge."""
    return abs((first + last) / 2 - edge) <= near
