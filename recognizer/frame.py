"""From a printed box to the frame that the marks network sees: the box in the middle, one size, one measure of dark.

What is dark is measured on the page (`ink_level`), not in the frame: stretched to its own darkest pixel, an empty
bubble with a pale letter in it looks like a marked one.
"""

from collections.abc import Iterable

import cv2
import numpy as np

from recognizer.form import Box

FRAME_PX = 32
MARGIN = 0.3
FRAME_VERSION = 2

PAPER_PERCENTILE = 80
INK_PERCENTILE = 95
FAINTEST_INK = 36
"""Least darkness, in grey levels below the paper, of what counts as ink."""
LEAST_LEVEL = 90.0
"""Ink is taken for no paler than this: all that stands on a page may be pale print."""


def ink_level(images: Iterable[np.ndarray]) -> float:
    """How much darker than its paper the ink of a page is, in grey levels; 0 where there is none.

    `images` are pieces of the page, (h, w) uint8, paper light. Of the pixels that are ink, 95 of 100 are no darker.
    """
    counts = np.zeros(256)
    for image in images:
        of_grey = cv2.calcHist([np.ascontiguousarray(image)], [0], None, [256], [0, 256]).ravel().astype(float)
        paper = _percentile(of_grey, PAPER_PERCENTILE)
        counts[: paper + 1] += of_grey[paper::-1]
    counts[:FAINTEST_INK] = 0
    return float(_percentile(counts, INK_PERCENTILE)) if counts.any() else 0.0


def mark_frame(image: np.ndarray, box: Box, ink: float) -> np.ndarray:
    """Cut a mark's box (x, y, width, height) with 0.3 of its size around it out of (h, w) uint8, paper light.

    `ink` is the `ink_level` of the page.

    Returns:
        (32, 32) uint8, paper 0 and the page's ink 255; what lies beyond the image's edge repeats the edge.
    """
    x, y, width, height = box
    matrix = np.array(
        [
            [FRAME_PX / (width * (1 + 2 * MARGIN)), 0, 0],
            [0, FRAME_PX / (height * (1 + 2 * MARGIN)), 0],
        ],
        np.float32,
    )
    matrix[:, 2] = FRAME_PX / 2 - matrix[:, :2] @ (x + width / 2, y + height / 2)
    shrink = max(1.0, 1 / float(matrix[0, 0]))
    if shrink > 1.5:  # the warp samples four pixels: thin lines of large scans would break up
        image = cv2.GaussianBlur(image, (0, 0), 0.35 * shrink)
    frame = cv2.warpAffine(image, matrix, (FRAME_PX, FRAME_PX), flags=cv2.INTER_LINEAR, borderMode=cv2.BORDER_REPLICATE)
    paper = float(np.percentile(frame, PAPER_PERCENTILE))
    return np.clip((paper - frame) * (255 / max(ink, LEAST_LEVEL)), 0, 255).astype(np.uint8)


def stack_frames(frames: list[np.ndarray]) -> np.ndarray:
    """Stack (32, 32) uint8 frames into (n, 1, 32, 32) float32 in [0, 1]."""
    return np.stack(frames)[:, None].astype(np.float32) / 255


def _percentile(counts: np.ndarray, percent: float) -> int:
    """The grey level below or at which `percent` of a histogram lie."""
    total = counts.cumsum()
    return int(np.searchsorted(total, total[-1] * percent / 100))
