"""Remove salt and pepper: specks of toner and dust on the paper, pinholes in ink.

A speck is told from a dot of an i, an umlaut or a decimal point by its size and by how alone it is: pens and print
make dots of 0.3 mm and more, and close to other ink.
"""

from dataclasses import dataclass

import cv2
import numpy as np

TINY_INCH = 0.006
"""Edge of a speck (0.15 mm; 2 px at 300 dpi) that no pen makes: removed wherever it stands alone."""

SMALL_INCH = 0.014
"""Edge of a speck (0.35 mm; 4 px at 300 dpi) that might be a dot: removed only far from other ink."""

FAR_INCH = 0.12
"""Farther from ink than any dot stands from its letter (3 mm)."""

STEP = 70
"""Least difference in grey levels between a speck and what is around it."""

FAINT = 25
"""What is only this much darker than paper still holds a speck to its neighbours: a dot of faint print is no speck."""

WORTH_PER_SQIN = 0.5
"""Fewer specks than this per square inch are left alone: they are not worth the time of looking at every pixel."""


@dataclass(frozen=True, kw_only=True)
class Specks:
    """How many specks there are: `pepper` dark ones on paper, `salt` light ones in ink."""

    pepper: int
    salt: int


def specks_per_sqin(image: np.ndarray, dpi: float, noise: float, bands: int = 8) -> float:
    """Estimate how many specks a page has, from `bands` bands of a quarter of an inch across it."""
    height = max(16, round(dpi / 4))
    tops = np.linspace(0, max(0, image.shape[0] - height), bands + 2)[1:-1].astype(int)
    found = seen_px = 0
    for top in dict.fromkeys(tops.tolist()):
        band = image[top : top + height]
        found += sum(_counts(band, dpi, noise))
        seen_px += band.size
    return found / (seen_px / dpi**2) if seen_px else 0.0


def despeckle(image: np.ndarray, dpi: float, noise: float) -> tuple[np.ndarray, Specks]:
    """Remove specks from a page at `dpi`: (height, width) uint8, paper evenly light, with `noise` grey levels."""
    filled, salt = _without_salt(image)
    specks = _pepper(filled, dpi, noise)
    count = int(cv2.connectedComponents(specks)[0] - 1) if specks.any() else 0
    if count:
        filled = filled.copy() if filled is image else filled
        around = cv2.dilate(specks, np.ones((3, 3), np.uint8)) > 0
        filled[around] = np.maximum(filled[around], np.uint8(_paper_level(image)))
    return filled, Specks(pepper=count, salt=salt)


def _counts(band: np.ndarray, dpi: float, noise: float) -> tuple[int, int]:
    specks = _pepper(band, dpi, noise)
    return int(cv2.connectedComponents(specks)[0] - 1) if specks.any() else 0, _without_salt(band)[1]


def _pepper(image: np.ndarray, dpi: float, noise: float) -> np.ndarray:
    """Mask of the dark specks."""
    paper = _paper_level(image)
    any_ink = cv2.threshold(image, paper - max(FAINT, 4 * noise), 1, cv2.THRESH_BINARY_INV)[1]
    if not any_ink.any():
        return any_ink
    count, labels, stats, _ = cv2.connectedComponentsWithStats(any_ink, connectivity=8)
    is_dark = np.zeros(count, bool)
    is_dark[labels[image < paper - STEP]] = True
    extent = np.maximum(stats[:, cv2.CC_STAT_WIDTH], stats[:, cv2.CC_STAT_HEIGHT])
    extent[0] = max(image.shape)
    tiny = is_dark & (extent <= max(1, round(TINY_INCH * dpi)))
    large = extent > max(2, round(SMALL_INCH * dpi))
    maybe = is_dark & ~tiny & ~large
    if maybe.any():
        maybe &= ~_touched(labels, count, large, round(FAR_INCH * dpi))
    return (tiny | maybe).astype(np.uint8)[labels]


def _paper_level(image: np.ndarray) -> float:
    return float(np.percentile(image[::8, ::8], 75))


def _touched(labels: np.ndarray, count: int, large: np.ndarray, reach_px: int) -> np.ndarray:
    """Which components lie within reach of a large one."""
    ink = large.astype(np.uint8)
    ink[0] = 0
    width = 2 * reach_px + 1
    near = cv2.dilate(ink[labels], np.ones((1, width), np.uint8))
    near = cv2.dilate(near, np.ones((width, 1), np.uint8))
    touched = np.zeros(count, bool)
    touched[np.unique(labels[near > 0])] = True
    return touched


def _without_salt(image: np.ndarray) -> tuple[np.ndarray, int]:
    """Fill single light pixels that are dark all around."""
    ring = np.ones((3, 3), np.uint8)
    ring[1, 1] = 0
    brightest = cv2.dilate(image, ring, borderType=cv2.BORDER_REPLICATE)
    salt = cv2.subtract(image, brightest) > STEP
    salt &= brightest < 128
    count = int(np.count_nonzero(salt))
    return (np.where(salt, brightest, image) if count else image), count
