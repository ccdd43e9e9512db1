"""From a cut field to the line image that the text network reads: one height, one paper, one ink.

Training and recognition call the same function, so the network meets in production what it has learned from.
"""

from dataclasses import dataclass

import cv2
import numpy as np

HEIGHT_PX = 32
INK_HEIGHT_PX = 26
MAX_WIDTH_PX = 1024
LINE_VERSION = 1
PAD_PX = 32


@dataclass(frozen=True, kw_only=True)
class Ink:
    """Where the ink of a field is: a tight box (x, y, width, height) and the share of pixels that are ink."""

    box: tuple[int, int, int, int]
    coverage: float


def ink_strength(image: np.ndarray) -> np.ndarray:
    """Scale (h, w) uint8 with light paper to (h, w) float32 ink: 0 on paper, 1 in the darkest strokes.

    The ink level is taken among the darkest half percent, so that one pencil dash counts as ink; a contrast below
    40 grey levels is not stretched further, so that an empty field does not turn its paper's grain into ink.
    """
    below = np.cumsum(np.bincount(image.ravel(), minlength=256))  # ten times faster than np.percentile
    paper, darkest = np.searchsorted(below, (0.5 * below[-1], 0.005 * below[-1]))
    span = max(float(paper) - float(darkest), 40.0)
    return np.clip((paper - image.astype(np.float32)) / span, 0.0, 1.0)


def find_ink(ink: np.ndarray) -> Ink | None:
    """Find the writing in (h, w) float32 ink; None when there is none.

    Components smaller than 4 pixels and than 0.0015 of the image height squared are grain: a decimal point drawn with
    the thinnest pen is larger.
    """
    binary = (ink > 0.35).astype(np.uint8)
    count, _, stats, _ = cv2.connectedComponentsWithStats(binary, connectivity=8)
    if count <= 1:
        return None
    boxes = stats[1:]
    least = max(4.0, 0.0015 * ink.shape[0] ** 2)
    strokes = boxes[boxes[:, cv2.CC_STAT_AREA] >= least]
    if len(strokes) == 0:
        return None
    left, top = strokes[:, 0].min(), strokes[:, 1].min()
    right = (strokes[:, 0] + strokes[:, 2]).max()
    bottom = (strokes[:, 1] + strokes[:, 3]).max()
    return Ink(box=(int(left), int(top), int(right - left), int(bottom - top)), coverage=float(binary.mean()))


def line_image(image: np.ndarray) -> np.ndarray | None:
    """Normalize one field to the network's input; None when nothing is written there.

    Args:
        image: (h, w) uint8, one line of writing, paper light.

    Returns:
        (32, w') uint8, paper 0 and ink up to 255; the writing is about 26 px high, aspect ratio kept, w' at most
        1024 (longer lines are squeezed).
    """
    ink = ink_strength(image)
    found = find_ink(ink)
    if found is None:
        return None
    return place(ink, found.box)


def place(ink: np.ndarray, box: tuple[int, int, int, int]) -> np.ndarray:
    """Cut `box` (x, y, width, height) out of (h, w) float32 ink and scale it to a (32, w') uint8 line.

    A flat piece of writing (a dash, a row of dots) is not blown up to the full height: its box counts as at least
    0.3 of the field's height.
    """
    x, y, width, height = box
    scale = INK_HEIGHT_PX / max(height, 0.3 * ink.shape[0], 1.0)
    width_px = int(np.clip(round(width * scale) + 8, 16, MAX_WIDTH_PX))
    scale_x = min(scale, (width_px - 8) / max(width, 1))
    matrix = np.array(
        [
            [scale_x, 0.0, (width_px - scale_x * width) / 2 - scale_x * x],
            [0.0, scale, (HEIGHT_PX - scale * height) / 2 - scale * y],
        ],
        np.float32,
    )
    if scale < 0.7:  # a warp samples four pixels: without this, thin strokes of large scans would break up
        ink = cv2.GaussianBlur(ink, (0, 0), 0.4 / scale)
    line = cv2.warpAffine(ink, matrix, (width_px, HEIGHT_PX), flags=cv2.INTER_LINEAR, borderValue=0.0)
    return (line * 255 + 0.5).astype(np.uint8)


def pad_line(line: np.ndarray) -> np.ndarray:
    """(32, w) uint8 line -> (1, 1, 32, w') float32 in [0, 1], with at least 8 px of paper at the right.

    w' is a multiple of 32 and follows from w alone: what is read must not depend on what is read beside it.
    """
    width = -(-(line.shape[1] + 8) // PAD_PX) * PAD_PX
    padded = np.zeros((1, 1, HEIGHT_PX, width), np.float32)
    padded[0, 0, :, : line.shape[1]] = line.astype(np.float32) / 255
    return padded
