"""Stretch the contrast of faint ink."""

import cv2
import numpy as np

LEAST_CONTRAST = 0.45
"""Ink lighter than this against its paper is darkened; ball pen on white paper has 0.6 and more."""

WANTED_CONTRAST = 0.65
MOST_GAIN = 2.5
LEAST_INK = 0.0005


def gain_for(contrast: float, noise: float, ink_coverage: float) -> float:
    """By how much to multiply the darkness of ink; 1 where it is dark enough or where noise would be raised to ink."""
    if contrast >= LEAST_CONTRAST or contrast <= 0 or ink_coverage < LEAST_INK:
        return 1.0
    quiet = max(1.0, 20 / max(noise, 1.0))
    return min(WANTED_CONTRAST / contrast, MOST_GAIN, quiet)


def stretch(image: np.ndarray, paper_level: float, gain: float) -> np.ndarray:
    """Multiply how much darker than the paper each pixel is by `gain`: (height, width) uint8."""
    table = np.clip(paper_level - gain * (paper_level - np.arange(256)), 0, 255)
    table[np.arange(256) > paper_level] = np.arange(256)[np.arange(256) > paper_level]
    return cv2.LUT(image, table.round().astype(np.uint8))
