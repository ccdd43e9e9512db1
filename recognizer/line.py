"""From a cut field to the line image that the text network reads: one height, one paper, one ink.

Training and recognition call the same function, so the network meets in production what it has learned from.
"""

import math

import cv2
import numpy as np

HEIGHT_PX = 32
INK_HEIGHT_PX = 26
MAX_WIDTH_PX = 1024
LINE_VERSION = 1
PAD_PX = 32


LEVELS = np.arange(256.0)

INK = 0.35
"""Ink of which a pixel has more than this belongs to a stroke."""

Box = tuple[int, int, int, int]


def ink_strength(image: np.ndarray) -> np.ndarray:
    """How much ink each grey level of a (h, w) uint8 image with light paper is: (256,) float64, from 1 in the darkest
    strokes down to 0 on paper.

    The ink level is taken among the darkest half percent, so that one pencil dash counts as ink; a contrast below
    40 grey levels is not stretched further, so that an empty field does not turn its paper's grain into ink.
    """
    counts = cv2.calcHist([np.ascontiguousarray(image)], [0], None, [256], [0, 256])
    below = np.cumsum(counts, dtype=np.float64)
    paper, darkest = np.searchsorted(below, (0.5 * below[-1], 0.005 * below[-1]))
    span = max(float(paper) - float(darkest), 40.0)
    return np.clip((paper - LEVELS) / span, 0.0, 1.0)


def find_ink(strokes: np.ndarray) -> Box | None:
    """A tight box (x, y, width, height) around the writing in a (h, w) uint8 image, 1 where there is ink; None where
    nothing is written.

    Components smaller than 4 pixels and than 0.0015 of the image height squared are grain: a decimal point drawn with
    the thinnest pen is larger.
    """
    least = max(4.0, 0.0015 * strokes.shape[0] ** 2)
    outlines, _ = cv2.findContours(strokes, cv2.RETR_EXTERNAL, cv2.CHAIN_APPROX_SIMPLE)
    boxes: list[Box] = [tuple(cv2.boundingRect(outline)) for outline in outlines]  # type: ignore[misc]
    # A component has as many pixels as it is long, or more: pixels are counted only where that leaves it open.
    box = _around([box for box in boxes if max(box[2:]) >= least])
    rest = [(x, y, w, h) for x, y, w, h in boxes if max(w, h) < least <= w * h]
    if all(_around([other, *([box] if box else [])]) == box for other in rest):
        return box
    stats = cv2.connectedComponentsWithStats(strokes, connectivity=8)[2][1:]
    return _around([(x, y, w, h) for x, y, w, h, area in stats.tolist() if area >= least])


def _around(boxes: list[Box]) -> Box | None:
    """The box around boxes; None where there are none."""
    if not boxes:
        return None
    left, top = min(box[0] for box in boxes), min(box[1] for box in boxes)
    right, bottom = max(box[0] + box[2] for box in boxes), max(box[1] + box[3] for box in boxes)
    return left, top, right - left, bottom - top


def line_image(image: np.ndarray) -> np.ndarray | None:
    """Normalize one field to the network's input; None when nothing is written there.

    Args:
        image: (h, w) uint8, one line of writing, paper light.

    Returns:
        (32, w') uint8, paper 0 and ink up to 255; the writing is about 26 px high, aspect ratio kept, w' at most
        1024 (longer lines are squeezed).
    """
    strength = ink_strength(image)
    darker = int(np.count_nonzero(strength > INK)) - 1  # the lightest level that is ink
    box = find_ink(cv2.threshold(image, darker, 1, cv2.THRESH_BINARY_INV)[1])
    return None if box is None else place(cv2.LUT(image, strength.astype(np.float32)), box)


def place(ink: np.ndarray, box: Box) -> np.ndarray:
    """Cut `box` out of (h, w) float32 ink, which is written over, and scale it to a (32, w') uint8 line.

    A flat piece of writing (a dash, a row of dots) is not blown up to the full height: its box counts as at least
    0.3 of the field's height.
    """
    x, y, width, height = box
    scale = INK_HEIGHT_PX / max(height, 0.3 * ink.shape[0], 1.0)
    width_px = min(max(round(width * scale) + 8, 16), MAX_WIDTH_PX)
    scale_x = min(scale, (width_px - 8) / max(width, 1))
    matrix = np.array(
        [
            [scale_x, 0.0, (width_px - scale_x * width) / 2 - scale_x * x],
            [0.0, scale, (HEIGHT_PX - scale * height) / 2 - scale * y],
        ],
        np.float32,
    )
    if scale < 0.7:  # a warp samples four pixels: without this, thin strokes of large scans would break up
        _smooth(ink, box, 0.4 / scale, (width_px / scale_x - width) / 2, (HEIGHT_PX / scale - height) / 2)
    # In double precision OpenCV samples at 32nds of a pixel, in single precision in between: networks know the former.
    line = cv2.warpAffine(
        ink.astype(np.float64), matrix, (width_px, HEIGHT_PX), flags=cv2.INTER_LINEAR, borderValue=0.0
    )
    return cv2.convertScaleAbs(line, alpha=255.0)


def _smooth(ink: np.ndarray, box: Box, sigma: float, beside_px: float, above_px: float) -> None:
    """Smooth, in place, what the line shows: the box and so much of its surroundings. The rest need not be right."""
    x, y, width, height = box
    reach = math.ceil(4 * sigma) + 4  # of the filter and of the warp
    beside, above = math.ceil(beside_px) + reach, math.ceil(above_px) + reach
    part = ink[max(0, y - above) : y + height + above, max(0, x - beside) : x + width + beside]
    part[:] = cv2.GaussianBlur(part, (0, 0), sigma)


def pad_line(line: np.ndarray) -> np.ndarray:
    """(32, w) uint8 line -> (1, 1, 32, w') float32 in [0, 1], with at least 8 px of paper at the right.

    w' is a multiple of 32 and follows from w alone: what is read must not depend on what is read beside it.
    """
    width = -(-(line.shape[1] + 8) // PAD_PX) * PAD_PX
    padded = np.zeros((1, 1, HEIGHT_PX, width), np.float32)
    np.divide(line, 255, out=padded[0, 0, :, : line.shape[1]], dtype=np.float32)
    return padded
