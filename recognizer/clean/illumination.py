"""Flatten illumination: shadows of a phone photo and grey paper become evenly light paper."""

import cv2
import numpy as np

TARGET = 250
"""Brightness that paper gets: light, with some room above so that its grain is not clipped to one side."""

MOST_UNEVEN = 0.06
DARKEST_PAPER = 235
"""A page more uneven or darker than this is flattened."""


def is_uneven(illumination: float, paper_level: float) -> bool:
    """Whether a page needs flattening."""
    return illumination > MOST_UNEVEN or paper_level < DARKEST_PAPER


def flatten(image: np.ndarray, paper: np.ndarray, paper_level: float) -> np.ndarray:
    """Divide `image` by the brightness of its `paper` (any size, same page), as (height, width) uint8.

    Dividing keeps the ratio of ink to paper, which is what the ink reflects: pencil in a shadow stays pencil. What is
    darker than half the sheet (a table around it) is no paper and keeps its order below the sheet.
    """
    ground = np.maximum(paper, np.uint8(max(1, round(0.5 * paper_level))))
    coarse = cv2.resize(ground, _quarter(ground), interpolation=cv2.INTER_AREA)
    full = cv2.resize(coarse, (image.shape[1], image.shape[0]), interpolation=cv2.INTER_LINEAR)
    return cv2.divide(image, full, scale=TARGET)


def _quarter(image: np.ndarray) -> tuple[int, int]:
    return max(1, image.shape[1] // 4), max(1, image.shape[0] // 4)
