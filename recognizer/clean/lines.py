"""Remove the printed lines of a field (box, comb, baseline) from its crop, without eating strokes.

Each line is looked for where the form says that it is printed, traced (trace.py) and wiped out (erase.py).
"""

from collections.abc import Iterator
from dataclasses import dataclass

import cv2
import numpy as np

from recognizer.clean.erase import erase
from recognizer.clean.survey import paper_brightness
from recognizer.clean.trace import Trace, trace
from recognizer.page import Step

Box = tuple[int, int, int, int]

REACH_INCH = 0.05
"""How far from its expected place a box line is looked for: alignment leaves an error of up to 4 px at 150 dpi."""

BEND = 0.006
COMB_REACH_INCH = 0.025
LEAST_SHARE, LEAST_ENDS = 0.5, 0.35
"""A box line must be there along half of its length and at both ends: the stem of a 1 beside an edge is not."""

BROKEN_SHARE = 0.6
"""What must be there of an upright line of which an end is missing, if it is printed like the others."""

MOST_THICK_INCH = 0.04
LEAST_COMB_SHARE = 0.8
LEAST_FREE_SHARE = 0.85


@dataclass(frozen=True, kw_only=True)
class _Wanted:
    """A line to look for: its row (column, if `upright`), and between which columns (rows)."""

    upright: bool
    place: float
    first: int
    last: int
    reach_px: int
    share: float
    ends: float = 0.0


def remove_lines(
    image: np.ndarray, dpi: float, *, box: Box | None = None, comb: int | None = None
) -> tuple[np.ndarray, Step]:
    """Remove the printed lines from a crop: (height, width) uint8 at `dpi`, paper light; the shape stays.

    `box` is the printed box in pixels of the crop, None where only a baseline or stray lines may be printed; `comb`
    the number of cells in the box. Lines that are not there are not removed.
    """
    field = _Field(image, dpi, box)
    if box is None:
        for wanted in _free(field.dark, dpi):
            field.remove(wanted)
    else:
        _remove_box(field, box, comb)
    step = Step(
        name="remove_lines",
        settings={"box": int(box is not None), "comb": comb or 0, "dpi": round(dpi, 1)},
        measured={
            "lines": len(field.found),
            "thickness_px": float(np.median([line.typical_px for line in field.found] or [0])),
            "pen_px": round(field.pen_px, 2),
            "removed_px": int(np.count_nonzero(field.image != image)),
        },
    )
    return field.image, step


def _remove_box(field: "_Field", box: Box, comb: int | None) -> None:
    """Top and bottom first, between which the upright lines run; then left and right, between which the comb stands."""
    x, y, width, height = box
    top, bottom = (field.remove(wanted) for wanted in _level_edges(box, field.dpi))

    def upright(column: float, reach_px: int, share: float) -> _Wanted:
        at = min(max(round(column), 0), field.image.shape[1] - 1)
        first = y if top is None else round(top.middle[at] + top.typical_px) + 1
        last = y + height if bottom is None else round(bottom.middle[at] - bottom.typical_px)
        return _Wanted(
            upright=True, place=column, first=first, last=last, reach_px=reach_px, share=share, ends=LEAST_ENDS
        )

    reach = max(3, min(round(REACH_INCH * field.dpi), height // 4))
    left, right = (field.remove(upright(column, reach, LEAST_SHARE)) for column in (x, x + width - 1))
    sure = left is not None and right is not None
    start = x if left is None else float(np.mean(left.middle[y : y + height]))
    end = x + width - 1 if right is None else float(np.mean(right.middle[y : y + height]))
    reach = max(2, round(COMB_REACH_INCH * field.dpi * (0.6 if sure else 1)))
    for cell in range(1, comb or 0):
        column = start + (end - start) * cell / (comb or 1)
        field.remove(upright(column, reach, LEAST_SHARE if sure else LEAST_COMB_SHARE))


def _level_edges(box: Box, dpi: float) -> Iterator[_Wanted]:
    """Top and bottom; a long box may be bent or turned further away from its place than a short one."""
    x, y, width, height = box
    reach = max(3, min(round(REACH_INCH * dpi + BEND * width), height // 4))
    for row in (y, y + height - 1):
        yield _Wanted(upright=False, place=row, first=x, last=x + width, reach_px=reach, share=LEAST_SHARE)


class _Field:
    """A crop while its lines are removed one by one; what was learned of the first lines helps to find the next."""

    def __init__(self, image: np.ndarray, dpi: float, box: Box | None) -> None:
        self.image = image.copy()
        self.dpi = dpi
        self.paper = paper_brightness(image, dpi)
        self.dark = cv2.subtract(self.paper, image)
        self.pen_px = pen_width_px(self.dark, dpi, box)
        self.found: list[Trace] = []

    def remove(self, wanted: _Wanted) -> Trace | None:
        """Remove one line if it is there, and return where it ran."""
        image, paper, dark = (a.T if wanted.upright else a for a in (self.image, self.paper, self.dark))
        printed = float(np.median([line.darkness for line in self.found])) if self.found else None
        line = trace(dark, self.dpi, wanted.place, wanted.reach_px, wanted.first, wanted.last, printed)
        if line is None or line.share < wanted.share or line.typical_px > MOST_THICK_INCH * self.dpi + 1:
            return None
        if line.ends < wanted.ends and not self._is_like_others(line):
            return None
        erase(image, paper, dark, line, self.pen_px)
        self.found.append(line)
        return line

    def _is_like_others(self, line: Trace) -> bool:
        """Whether a line whose end is missing is printed like those found before, and not as the pen writes."""
        if not self.found or line.share < BROKEN_SHARE:
            return False
        thickness = float(np.median([other.typical_px for other in self.found]))
        same = abs(line.typical_px - thickness) <= max(1.0, 0.25 * thickness)
        return same and not 0.75 < thickness / self.pen_px < 1.35


def pen_width_px(dark: np.ndarray, dpi: float, box: Box | None) -> float:
    """Width of the pen: twice the area of the ink over the length of its outline; 0.5 mm where there is too little."""
    inner = dark
    if box is not None:
        inset = round(0.06 * dpi)
        x, y, width, height = box
        inner = dark[max(0, y + inset) : y + height - inset, max(0, x + inset) : x + width - inset]
    usual = 0.02 * dpi
    if inner.size == 0:
        return usual
    ink = (inner > max(40.0, 0.4 * float(inner.max()))).astype(np.uint8)
    outline = int(np.count_nonzero(ink[1:] != ink[:-1]) + np.count_nonzero(ink[:, 1:] != ink[:, :-1]))
    if ink.sum() < usual * 0.08 * dpi:
        return usual
    # A pixel outline of a slanted stroke is longer than the stroke's own, by 4/pi on average.
    return float(np.clip(2 * ink.sum() * (4 / np.pi) / max(1, outline), 0.5 * usual, 2.5 * usual))


def _free(dark: np.ndarray, dpi: float) -> Iterator[_Wanted]:
    """Rows and columns where something dark spans the whole crop, though nobody said that a line is printed there."""
    ink = (dark > 30).astype(np.uint8)
    for upright in (False, True):
        along = ink.T if upright else ink
        width = along.shape[1]
        thick = cv2.dilate(along, np.ones((max(3, round(0.05 * width * 0.5) | 1), 1), np.uint8))
        share = thick.mean(axis=1)
        rows = np.flatnonzero(share > LEAST_FREE_SHARE)
        for group in np.split(rows, np.flatnonzero(np.diff(rows) > 1) + 1):
            if len(group) and width > 0.3 * dpi:
                yield _Wanted(
                    upright=upright, place=float(group.mean()), first=0, last=width,
                    reach_px=max(3, len(group) // 2 + 2), share=LEAST_FREE_SHARE, ends=0.5,
                )  # fmt: skip
