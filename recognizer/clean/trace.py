"""Trace one printed line through a cut field: where it runs, how thick it is, and how dark."""

from dataclasses import dataclass

import cv2
import numpy as np
from scipy.ndimage import median_filter

from recognizer.clean.rank import median, percentile

STEEPEST = 0.05
"""Slope a printed line may still have in an aligned field: 3 degrees."""

SEGMENT_INCH = 0.08
"""A line is followed segment by segment, so that it may be bent, rough or broken."""

END_SHARE = 0.08
"""The outermost part of a line that counts as its end."""

GAP_INCH = 0.015
"""How far beyond its ink a line is wiped: its soft ends, and gaps that print leaves in it."""

FAINTEST_LINE = 12
"""Least darkness of a printed line, in grey levels."""

THICKNESS_INCH = 0.8
"""Over this length a line's thickness is taken to be the same; copies of copies are thicker in some places."""


@dataclass(frozen=True, kw_only=True)
class Trace:
    """A line that runs along the columns of an image: its middle row and thickness at each column, its darkness.

    `there` says at which columns the line is printed, short gaps included; `share` how much of its expected length
    that is, and `ends` the same of its first and its last part.
    """

    middle: np.ndarray
    thickness_px: np.ndarray
    darkness: float
    there: np.ndarray
    share: float
    ends: tuple[float, float]

    @property
    def typical_px(self) -> float:
        """The thickness of most of the line."""
        return median(self.thickness_px)


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
    if level < FAINTEST_LINE:
        return None
    inked = dark > 0.45 * level
    rows = _path(inked[top:bottom, columns[0] : columns[-1] + 1], max(4, round(SEGMENT_INCH * dpi)), row - top)
    centres = (np.arange(len(rows)) + 0.5) * len(columns) / len(rows) + columns[0]
    middle = np.interp(np.arange(dark.shape[1]), centres, rows + top)
    middle, thickness = _refined(inked, middle, columns, reach_px, dpi)
    return _measured(dark, inked, middle, thickness, columns, dpi)


def _measured(
    dark: np.ndarray, inked: np.ndarray, middle: np.ndarray, thickness: np.ndarray, columns: np.ndarray, dpi: float
) -> Trace:
    """How dark the line is along its `middle`, and where it is there at all; `columns` are where it is expected."""
    rows = np.clip(np.round(middle).astype(int) + np.array([[-1], [0], [1]]), 0, len(dark) - 1)
    everywhere = np.arange(len(middle))
    on_line = inked[rows, everywhere].any(axis=0)
    expected = on_line[columns]
    darkest = dark[rows, everywhere].max(axis=0)[columns][expected]
    end = max(2, round(END_SHARE * len(columns)))
    gap = np.ones((1, 2 * max(1, round(GAP_INCH * dpi)) + 1), np.uint8)
    return Trace(
        middle=middle,
        thickness_px=thickness,
        darkness=median(darkest) if darkest.size else 0.0,
        there=cv2.dilate(on_line.astype(np.uint8)[None, :], gap)[0] > 0,
        share=float(expected.mean()),
        ends=(float(expected[:end].mean()), float(expected[-end:].mean())),
    )


def _line_darkness(band: np.ndarray) -> float:
    """The typical darkness of the darkest row: what a line has that fills most of the band's width."""
    return percentile(band.max(axis=0), 40)


def _path(inked: np.ndarray, segment_px: int, expected_row: float) -> np.ndarray:
    """Row of the best path in each segment."""
    count = max(2, inked.shape[1] // segment_px)
    profile = cv2.resize(inked.astype(np.float32), (count, inked.shape[0]), interpolation=cv2.INTER_AREA)
    smooth = cv2.blur(profile, (1, 3))
    height = len(smooth)
    bend = max(1, round(STEEPEST * segment_px))
    distance = np.abs(np.arange(height) - expected_row)
    score = smooth[:, 0] - 0.1 * distance / height
    came = np.zeros((height, count), np.int64)
    padded = np.full(height + 2 * bend, -np.inf)
    reachable = np.lib.stride_tricks.sliding_window_view(padded, 2 * bend + 1)
    cost = 0.02 * np.abs(np.arange(-bend, bend + 1))
    everywhere, gain = np.arange(height), (smooth - (0.1 * distance / height)[:, None]).T
    for i in range(1, count):
        padded[bend : bend + height] = score
        moves = reachable - cost
        best = moves.argmax(axis=1)
        came[:, i] = best + everywhere - bend
        score = moves[everywhere, best] + gain[i]
    path = np.zeros(count, np.int64)
    path[-1] = int(score.argmax())
    for i in range(count - 1, 0, -1):
        path[i - 1] = came[path[i], i]
    return path.astype(np.float64)


def _refined(
    inked: np.ndarray, middle: np.ndarray, columns: np.ndarray, reach_px: int, dpi: float
) -> tuple[np.ndarray, np.ndarray]:
    """Middle and thickness, from the columns that show the line alone: whose run of ink is no longer than usual."""
    top, bottom = _runs(inked, middle, columns, reach_px)
    length = bottom - top
    if (length > 0).sum() < 4:
        return middle, np.ones(inked.shape[1], int)
    thickness = _local_thickness(length, max(8, round(THICKNESS_INCH * dpi)))
    alone = (length > 0) & (length <= thickness + np.maximum(1, thickness // 3))
    if alone.any():
        middle = _smooth(columns, columns[alone], ((top + bottom - 1) / 2)[alone], inked.shape[1])
    return middle, thickness[np.clip(np.arange(inked.shape[1]) - columns[0], 0, len(columns) - 1)]


def _local_thickness(length: np.ndarray, block_px: int) -> np.ndarray:
    """Thickness at each column, block by block: what most of the block's runs of ink reach, strokes being few."""
    usual = percentile(length[length > 0], 40)
    blocks = np.array_split(length, max(1, len(length) // block_px))
    inked = [block[block > 0] for block in blocks]
    local = np.array([percentile(block, 30) if block.size else usual for block in inked])
    local = np.clip(local, 0.6 * usual, 1.8 * usual)
    return np.repeat(np.maximum(1, local.astype(int)), [len(block) for block in blocks])


def _smooth(columns: np.ndarray, known: np.ndarray, centre: np.ndarray, width: int) -> np.ndarray:
    """The middle at all columns by a running median between the `known` ones; straight on where the line ends."""
    rough = np.interp(columns, known, centre)
    window = max(3, min(31, len(columns) // 4) | 1)
    smooth = median_filter(rough, window, mode="nearest")
    slope = _slope(columns, smooth)
    middle = np.interp(np.arange(width), columns, smooth)
    before, after = np.arange(columns[0]), np.arange(columns[-1] + 1, width)
    middle[before] = smooth[0] + slope * (before - columns[0])
    middle[after] = smooth[-1] + slope * (after - columns[-1])
    return middle


def _slope(columns: np.ndarray, middle: np.ndarray) -> float:
    """Of the straight line nearest to the middle, by least squares."""
    along = columns - columns.mean()
    return min(max(float(along @ middle / (along @ along)), -STEEPEST), STEEPEST)


def _runs(inked: np.ndarray, middle: np.ndarray, columns: np.ndarray, reach_px: int) -> tuple[np.ndarray, np.ndarray]:
    """First and one past the last row of the run of ink that holds the middle, per column; equal where none does."""
    height = inked.shape[0]
    start = np.clip(np.round(middle[columns]).astype(int), 0, height - 1)
    for shift in (1, -1):
        other = np.clip(start + shift, 0, height - 1)
        start = np.where(~inked[start, columns] & inked[other, columns], other, start)
    most = 2 * reach_px + 1
    framed = np.zeros((height + 2 * most, inked.shape[1]), bool)
    framed[most:-most] = inked
    at = (start + most) * inked.shape[1] + columns
    above, below = (_run_length(framed.ravel(), at, step, most) for step in (-inked.shape[1], inked.shape[1]))
    return start - np.maximum(above - 1, 0), start + below


def _run_length(inked: np.ndarray, first: np.ndarray, step: int, most: int) -> np.ndarray:
    """How many pixels, `most` at most, are inked one after another from each of `first` on."""
    seen = inked[first[:, None] + step * np.arange(most)]
    length = seen.argmin(axis=1)
    return np.where(seen[np.arange(len(first)), length], most, length)
