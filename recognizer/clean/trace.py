"""Trace one printed line through a cut field: where it runs, how thick it is, and how dark."""

from dataclasses import dataclass

import cv2
import numpy as np

STEEPEST = 0.05
"""Slope a printed line may still have in an aligned field: 3 degrees."""

SEGMENT_INCH = 0.08
"""A line is followed segment by segment, so that it may be bent, rough or broken."""


@dataclass(frozen=True, kw_only=True)
class Trace:
    """A line that runs along the columns of an image: its middle row at each column, its thickness and darkness.

    `share` is how much of the line's length is there; `ends` the lower of the shares at its two ends.
    """

    middle: np.ndarray
    thickness_px: int
    darkness: float
    share: float
    ends: float


def trace(
    dark: np.ndarray, dpi: float, row: float, reach_px: int, first: int, last: int, printed: float | None = None
) -> Trace | None:
    """Follow the horizontal line that is expected near `row` between the columns `first` and `last`.

    `dark` is (height, width) uint8, how much darker than paper each pixel is; `printed` the darkness of the field's
    other lines, where known. Returns None where nothing dark runs there. The path through the segments is the one of
    most darkness (Viterbi), bent no more than `STEEPEST`.
    """
    top, bottom = max(0, round(row) - reach_px), min(dark.shape[0], round(row) + reach_px + 1)
    columns = np.arange(max(0, first), min(dark.shape[1], last))
    if bottom - top < 2 or len(columns) < 8:
        return None
    band = dark[top:bottom, columns[0] : columns[-1] + 1]
    level = min(_line_darkness(band), printed or 255)
    if level < 12:
        return None
    inked = band > 0.45 * level
    rows, shares = _path(inked, max(4, round(SEGMENT_INCH * dpi)), row - top)
    centres = (np.arange(len(rows)) + 0.5) * len(columns) / len(rows) + columns[0]
    middle = np.interp(np.arange(dark.shape[1]), centres, rows + top)
    middle, thickness = _refined(dark > 0.45 * level, middle, columns, reach_px)
    end = max(1, len(shares) // 8)
    return Trace(
        middle=middle,
        thickness_px=thickness,
        darkness=level,
        share=float(shares.mean()),
        ends=float(min(shares[:end].mean(), shares[-end:].mean())),
    )


def _line_darkness(band: np.ndarray) -> float:
    """The typical darkness of the darkest row: what a line has that fills most of the band's width."""
    return float(np.percentile(band.max(axis=0), 40))


def _path(inked: np.ndarray, segment_px: int, expected_row: float) -> tuple[np.ndarray, np.ndarray]:
    """Row of the best path in each segment, and the share of the segment's columns that are inked there."""
    count = max(2, inked.shape[1] // segment_px)
    profile = cv2.resize(inked.astype(np.float32), (count, inked.shape[0]), interpolation=cv2.INTER_AREA)
    smooth = cv2.blur(profile, (1, 3))
    height = len(smooth)
    bend = max(1, round(STEEPEST * segment_px))
    distance = np.abs(np.arange(height) - expected_row)
    score = smooth[:, 0] - 0.1 * distance / height
    came = np.zeros((height, count), np.int64)
    for i in range(1, count):
        padded = np.pad(score, bend, constant_values=-np.inf)
        moves = np.stack([padded[k : k + height] - 0.02 * abs(k - bend) for k in range(2 * bend + 1)])
        came[:, i] = moves.argmax(axis=0) + np.arange(height) - bend
        score = moves.max(axis=0) + smooth[:, i] - 0.1 * distance / height
    path = np.zeros(count, np.int64)
    path[-1] = int(score.argmax())
    for i in range(count - 1, 0, -1):
        path[i - 1] = came[path[i], i]
    near = cv2.dilate(profile, np.ones((3, 1), np.uint8))
    return path.astype(np.float64), near[path, np.arange(count)]


def _refined(inked: np.ndarray, middle: np.ndarray, columns: np.ndarray, reach_px: int) -> tuple[np.ndarray, int]:
    """Middle and thickness, from the columns that show the line alone: whose run of ink is no longer than usual."""
    top, bottom = _runs(inked, middle, columns, reach_px)
    length = bottom - top
    on_line = length > 0
    if on_line.sum() < 4:
        return middle, 1
    thickness = int(np.percentile(length[on_line], 40))
    alone = on_line & (length <= thickness + max(1, thickness // 3))
    centre = (top + bottom - 1) / 2
    rough = np.interp(columns, columns[alone], centre[alone])
    window = max(3, min(31, len(columns) // 4) | 1)
    padded = np.pad(rough, window // 2, mode="edge")
    smooth = np.median(np.lib.stride_tricks.sliding_window_view(padded, window), axis=1)
    slope = _slope(columns, smooth)
    refined = np.interp(np.arange(inked.shape[1]), columns, smooth)
    before, after = np.arange(columns[0]), np.arange(columns[-1] + 1, inked.shape[1])
    refined[before] = smooth[0] + slope * (before - columns[0])
    refined[after] = smooth[-1] + slope * (after - columns[-1])
    return refined, max(1, thickness)


def _slope(columns: np.ndarray, middle: np.ndarray) -> float:
    return float(np.clip(np.polyfit(columns, middle, 1)[0], -STEEPEST, STEEPEST))


def _runs(inked: np.ndarray, middle: np.ndarray, columns: np.ndarray, reach_px: int) -> tuple[np.ndarray, np.ndarray]:
    """First and one past the last row of the run of ink that holds the middle, per column; equal where none does."""
    height = inked.shape[0]
    start = np.clip(np.round(middle[columns]).astype(int), 0, height - 1)
    for shift in (1, -1):
        other = np.clip(start + shift, 0, height - 1)
        start = np.where(~inked[start, columns] & inked[other, columns], other, start)
    top, bottom = start.copy(), start + inked[start, columns]
    grows = inked[start, columns].copy()
    for _ in range(2 * reach_px):
        up = grows & (top > 0) & inked[np.maximum(top - 1, 0), columns]
        down = grows & (bottom < height) & inked[np.minimum(bottom, height - 1), columns]
        if not (up.any() or down.any()):
            break
        top, bottom = top - up, bottom + down
    return top, bottom
