"""Remove salt and pepper: specks of toner and dust on the paper, pinholes in ink.

A speck is told from a dot of an i, an umlaut or a decimal point by its size and by how alone it is: pens and print
make dots of 0.3 mm and more, and close to other ink.
"""

from dataclasses import dataclass

import cv2
import numpy as np

from recognizer.clean.rank import percentile

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


Pixels = tuple[np.ndarray, np.ndarray]
"""Rows and columns of pixels, as numpy indexes an image."""


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
    pepper, count = _pepper(filled, dpi, noise)
    if count:
        filled = filled.copy() if filled is image else filled
        around = tuple(
            np.clip(place.reshape(-1, 1, 1) + ring, 0, size - 1)
            for place, ring, size in zip(pepper, np.mgrid[-1:2, -1:2], image.shape, strict=True)
        )
        filled[around] = np.maximum(filled[around], np.uint8(_paper_level(image)))
    return filled, Specks(pepper=count, salt=salt)


def _counts(band: np.ndarray, dpi: float, noise: float) -> tuple[int, int]:
    return _pepper(band, dpi, noise)[1], _without_salt(band)[1]


def _pepper(image: np.ndarray, dpi: float, noise: float) -> tuple[Pixels, int]:
    """Rows and columns of the dark specks' pixels, and how many specks there are."""
    paper = _paper_level(image)
    any_ink = cv2.threshold(image, paper - max(FAINT, 4 * noise), 1, cv2.THRESH_BINARY_INV)[1]
    count, labels, stats, _ = cv2.connectedComponentsWithStats(any_ink, connectivity=8)
    extent = np.maximum(stats[:, cv2.CC_STAT_WIDTH], stats[:, cv2.CC_STAT_HEIGHT])
    extent[0] = max(image.shape)
    small_px = max(2, round(SMALL_INCH * dpi))
    # A page has millions of pixels and few of them belong to small components: no step from here on looks at others.
    owner, at = _pixels(labels, stats, np.flatnonzero(extent <= small_px), small_px)
    is_dark = np.zeros(count, bool)
    is_dark[owner[image[at] < paper - STEP]] = True
    speck = is_dark & (extent <= max(1, round(TINY_INCH * dpi)))
    maybe = is_dark & ~speck
    if maybe.any():
        any_ink[at] = 0
        asked = maybe[owner]
        near = _near(any_ink, (at[0][asked], at[1][asked]), round(FAR_INCH * dpi))
        maybe[owner[asked][near]] = False
        speck |= maybe
    found = speck[owner]
    return (at[0][found], at[1][found]), int(np.count_nonzero(speck))


def _pixels(labels: np.ndarray, stats: np.ndarray, small: np.ndarray, most_px: int) -> tuple[np.ndarray, Pixels]:
    """The pixels of the components `small`, none of which is larger than `most_px` either way, and whose each is."""
    edge = np.arange(most_px)
    rows = stats[small, cv2.CC_STAT_TOP][:, None, None] + edge[:, None]
    columns = stats[small, cv2.CC_STAT_LEFT][:, None, None] + edge
    inside = (rows < labels.shape[0]) & (columns < labels.shape[1])
    rows, columns = np.minimum(rows, labels.shape[0] - 1), np.minimum(columns, labels.shape[1] - 1)
    component, row, column = np.nonzero((labels[rows, columns] == small[:, None, None]) & inside)
    return small[component], (rows[component, row, 0], columns[component, 0, column])


def _near(ink: np.ndarray, at: Pixels, reach_px: int) -> np.ndarray:
    """Which of the pixels `at` have ink within `reach_px` rows and columns."""
    total = cv2.integral(ink)
    (top, left), (bottom, right) = (
        [np.clip(place + shift, 0, size) for place, size in zip(at, ink.shape, strict=True)]
        for shift in (-reach_px, reach_px + 1)
    )
    return total[bottom, right] - total[top, right] - total[bottom, left] + total[top, left] > 0


def _paper_level(image: np.ndarray) -> float:
    return percentile(image[::8, ::8], 75)


def _without_salt(image: np.ndarray) -> tuple[np.ndarray, int]:
    """Fill single light pixels that are dark all around."""
    ring = np.ones((3, 3), np.uint8)
    ring[1, 1] = 0
    brightest = cv2.dilate(image, ring, borderType=cv2.BORDER_REPLICATE)
    stands_out = cv2.threshold(cv2.subtract(image, brightest), STEP, 255, cv2.THRESH_BINARY)[1]
    salt = cv2.bitwise_and(stands_out, cv2.threshold(brightest, 127, 255, cv2.THRESH_BINARY_INV)[1])
    count = cv2.countNonZero(salt)
    return (cv2.copyTo(brightest, salt, image.copy()) if count else image), count
