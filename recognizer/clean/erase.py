"""Wipe a traced line out of a field, without eating the strokes that cross or touch it.

The line is laid flat by shifting the columns. Of its band, ink that a pen put there is kept: what runs through from
one side to the other, what hugs an edge, and, where the line is printed grey, what is darker than it. The idea is that
of Yoo et al., "Line removal and restoration of handwritten characters on the form documents" (ICDAR 1997), with
straight strokes in place of their cases.
"""

from itertools import pairwise

import cv2
import numpy as np

from recognizer.clean.rank import percentile
from recognizer.clean.trace import Trace

SLOPES = np.tan(np.radians([-60, -50, -38, -25, -12, 0, 12, 25, 38, 50, 60]))
"""Directions, from the line's normal, in which a stroke is followed through a line."""


def erase(image: np.ndarray, paper: np.ndarray, dark: np.ndarray, line: Trace, pen_px: float) -> None:
    """Wipe `line` out of `image`, and of `dark`, in place, but for the pen's strokes through it.

    All three are (height, width) uint8: the field, the brightness of its paper, and how much darker than it the field
    is; `pen_px` is the width of the pen.
    """
    changes = np.flatnonzero(np.diff(line.thickness_px)) + 1
    for start, stop in pairwise([0, *changes.tolist(), image.shape[1]]):
        _erase_piece(image, paper, dark, line, pen_px, start, stop)


def _erase_piece(
    image: np.ndarray, paper: np.ndarray, dark: np.ndarray, line: Trace, pen_px: float, start: int, stop: int
) -> None:
    """Wipe the columns from `start` to `stop`, over which the line is equally thick."""
    thickness = int(line.thickness_px[start])
    even = thickness % 2 == 0
    half = thickness // 2 + max(1, round(thickness * 0.25))
    reach = half + round(pen_px) + 2
    around = 2 * half
    columns = np.arange(max(0, start - around), min(image.shape[1], stop + around))[None, :]
    offsets = np.arange(-reach, reach + 1)[:, None]
    rows = np.round(line.middle[columns] - 0.5 * even).astype(int) + offsets
    inside = (rows >= 0) & (rows < image.shape[0])
    rows = np.clip(rows, 0, image.shape[0] - 1)
    flat = np.where(inside, dark[rows, columns], 0)
    band = slice(reach - half, reach + half + 1 + even)
    ink = flat > max(24.0, 0.45 * line.darkness)
    keep = _strokes(ink, band, pen_px) | _darker(flat, band, line, thickness)
    wiped = inside & line.there[columns] & (columns >= start) & (columns < stop)
    wiped[: band.start] = wiped[band.stop :] = False
    wiped[band] &= ~keep
    at = rows[wiped], np.broadcast_to(columns, rows.shape)[wiped]
    image[at] = paper[at]
    dark[at] = 0


def _strokes(ink: np.ndarray, band: slice, pen_px: float) -> np.ndarray:
    """Which pixels of the band belong to strokes: (rows of the band, width) bool."""
    above, below = ink[band.start - 1], ink[band.stop]
    keep = _crossing(above, below, band.stop - band.start)
    keep |= _hugging(ink[: band.start][::-1], above & ~keep[0], keep.shape[0], pen_px)
    keep |= _hugging(ink[band.stop :], below & ~keep[-1], keep.shape[0], pen_px)[::-1]
    return keep & ink[band]


def _crossing(above: np.ndarray, below: np.ndarray, thickness: int) -> np.ndarray:
    """Pixels that a straight stroke from ink above the band to ink below it passes."""
    keep = np.zeros((thickness, len(above)), bool)
    columns = np.flatnonzero(above)
    if not (len(columns) and below.any()):
        return keep
    out = np.rint(columns + SLOPES[:, None] * (thickness + 1)).astype(int)
    through = (out >= 0) & (out < len(above)) & below[np.clip(out, 0, len(above) - 1)]
    slope, start = np.nonzero(through)
    rows = np.arange(thickness)[:, None]
    keep[rows, np.rint(columns[start] + SLOPES[slope] * (rows + 1)).astype(int)] = True
    return keep


def _hugging(outside: np.ndarray, touching: np.ndarray, thickness: int, pen_px: float) -> np.ndarray:
    """Pixels of the band that complete to the pen's width what lies along its edge; `outside` counts from the edge."""
    run = np.cumprod(outside, axis=0).sum(axis=0)
    missing = np.where(touching & (run < round(pen_px)), round(pen_px) - run, 0)
    long_enough = cv2.morphologyEx(
        (missing > 0).astype(np.uint8)[None, :], cv2.MORPH_OPEN, np.ones((1, max(3, round(2 * pen_px))), np.uint8)
    )[0]
    return np.arange(thickness)[:, None] < (missing * long_enough)[None, :]


def _darker(flat: np.ndarray, band: slice, line: Trace, thickness_px: int) -> np.ndarray:
    """Pixels darker than the printed line ever is: pen over a grey line. A thin line's own darkness varies too much."""
    if thickness_px < 3:
        return np.zeros_like(flat[band], dtype=bool)
    printed = percentile(flat[band].max(axis=0), 60)
    return flat[band] > max(1.3 * printed, line.darkness + 40)
