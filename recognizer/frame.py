"""From a printed box to the frame that the marks network sees: the box in the middle, one size, one contrast."""

import cv2
import numpy as np

from recognizer.form import Box

FRAME_PX = 32
MARGIN = 0.3
FRAME_VERSION = 1


def mark_frame(image: np.ndarray, box: Box) -> np.ndarray:
    """Cut a mark's box (x, y, width, height) with 0.3 of its size around it out of (h, w) uint8, paper light.

    Returns:
        (32, 32) uint8, paper 0 and ink up to 255; what lies beyond the image's edge repeats the edge.
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
    return _ink(frame)


def stack_frames(frames: list[np.ndarray]) -> np.ndarray:
    """Stack (32, 32) uint8 frames into (n, 1, 32, 32) float32 in [0, 1]."""
    return np.stack(frames)[:, None].astype(np.float32) / 255


def _ink(frame: np.ndarray) -> np.ndarray:
    """Stretch between paper (the brighter pixels' level) and ink; at least 60 levels count as full contrast."""
    paper, dark = np.percentile(frame, (80, 1))
    return np.clip((paper - frame) * (255 / max(paper - dark, 60.0)), 0, 255).astype(np.uint8)
