"""Remove the printed lines of a field (box, comb, baseline) from its crop, without eating strokes.

Each line is looked for where the form says that it is printed, traced (trace.py) and wiped out (erase.py).
"""

from collections.abc import Iterator
from dataclasses import dataclass

import cv2
import numpy as np

from recognizer.clean.erase import erase
from recognizer.clean.rank import percentile
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

BROKEN_SHARE, TICK_SHARE = 0.5, 0.2
"""What must be there of an edge or of a comb's line of which an end is missing, if it is printed like the others."""

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
    broken_share: float = 1.0


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
    """Top and bottom first, between which the upright lines run; then left and right, between which the comb stands.

    Broken lines come last, when the others have shown how the form is printed and only the pen's ink is left.
    """
    x, y, width, height = box
    level = tuple(field.remove(wanted) for wanted in _level_edges(box, field.dpi))
    sides = [
        _upright(field, box, level, column, REACH_INCH, LEAST_SHARE, BROKEN_SHARE) for column in (x, x + width - 1)
    ]
    left, right = (field.remove(side) for side in sides)
    start = x if left is None else float(np.mean(left.middle[y : y + height]))
    end = x + width - 1 if right is None else float(np.mean(right.middle[y : y + height]))
    sure = left is not None and right is not None
    known = (0.6 * COMB_REACH_INCH, LEAST_SHARE) if sure else (COMB_REACH_INCH, LEAST_COMB_SHARE)
    cells = np.linspace(start, end, (comb or 1) + 1)[1:-1].tolist()
    separators = [_upright(field, box, level, column, *known, TICK_SHARE) for column in cells]
    removed = [left, right, *(field.remove(separator) for separator in separators)]
    field.look_at_pen(box)
    for wanted, line in zip([*sides, *separators], removed, strict=True):
        if line is None:
            field.remove(wanted, broken=True)


def _upright(
    field: "_Field",
    box: Box,
    level: tuple[Trace | None, ...],
    column: float,
    reach_inch: float,
    share: float,
    broken_share: float,
) -> _Wanted:
    """An upright line near `column`, between the lines found at top and bottom."""
    at = min(max(round(column), 0), field.image.shape[1] - 1)
    top, bottom = level
    return _Wanted(
        upright=True,
        place=column,
        first=box[1] if top is None else round(top.middle[at] + top.typical_px) + 1,
        last=box[1] + box[3] if bottom is None else round(bottom.middle[at] - bottom.typical_px),
        reach_px=max(2, min(round(reach_inch * field.dpi), box[3] // 4)),
        share=share,
        ends=LEAST_ENDS,
        broken_share=broken_share,
    )


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
        self.found: list[Trace] = []
        self.look_at_pen(box)

    def look_at_pen(self, box: Box | None) -> None:
        """Measure the pen by the ink that is left."""
        self.pen_px, self.pen_dark = pen(self.dark, self.dpi, box)

    def remove(self, wanted: _Wanted, *, broken: bool = False) -> Trace | None:
        """Remove one line if it is there, whole or else (if so asked) broken, and return where it ran."""
        image, paper, dark = (a.T if wanted.upright else a for a in (self.image, self.paper, self.dark))
        printed = float(np.median([line.darkness for line in self.found])) if self.found else None
        line = trace(dark, self.dpi, wanted.place, wanted.reach_px, wanted.first, wanted.last, printed)
        if line is None or line.typical_px > MOST_THICK_INCH * self.dpi + 1:
            return None
        whole = line.share >= wanted.share and min(line.ends) >= wanted.ends
        if not whole and not (broken and self._is_printed(line, wanted.broken_share)):
            return None
        erase(image, paper, dark, line, self.pen_px)
        self.found.append(line)
        return line

    def _is_printed(self, line: Trace, least_share: float) -> bool:
        """Whether a line whose end is missing is as thick and dark as those found before, and unlike the pen's."""
        if not self.found or line.share < least_share or max(line.ends) < LEAST_ENDS:
            return False
        thickness = float(np.median([other.typical_px for other in self.found]))
        darkness = float(np.median([other.darkness for other in self.found]))
        like_print = abs(line.typical_px - thickness) <= max(1.0, 0.25 * thickness)
        like_print &= abs(line.darkness - darkness) <= 0.15 * darkness
        unlike_pen = not 0.75 < thickness / self.pen_px < 1.35 or not 0.8 < darkness / max(1.0, self.pen_dark) < 1.25
        return like_print and unlike_pen


def pen(dark: np.ndarray, dpi: float, box: Box | None) -> tuple[float, float]:
    """Width in pixels and darkness of the pen; 0.5 mm and 0 where too little is written to tell.

    The width is twice the area of the ink over the length of its outline.
    """
    inner = dark
    if box is not None:
        inset = round(0.06 * dpi)
        x, y, width, height = box
        inner = dark[max(0, y + inset) : y + height - inset, max(0, x + inset) : x + width - inset]
    usual = 0.02 * dpi
    if inner.size == 0:
        return usual, 0.0
    ink = (inner > max(40.0, 0.4 * float(inner.max()))).astype(np.uint8)
    outline = int(np.count_nonzero(ink[1:] != ink[:-1]) + np.count_nonzero(ink[:, 1:] != ink[:, :-1]))
    if ink.sum() < usual * 0.08 * dpi:
        return usual, 0.0
    # A pixel outline of a slanted stroke is longer than the stroke's own, by 4/pi on average.
    width_px = float(np.clip(2 * ink.sum() * (4 / np.pi) / max(1, outline), 0.5 * usual, 2.5 * usual))
    return width_px, percentile(inner[ink > 0], 70)


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
