"""Survey: one look at a page at about 150 dpi, from which everything else about its condition is derived."""

from dataclasses import dataclass

import cv2
import numpy as np

from recognizer.clean.rank import median, percentile

WORKING_DPI = 150
LONGEST_SIDE_PX = 2200
PAGE_AREA_SQIN = 95.0
"""Between US Letter (93.5) and A4 (96.7): what a page is taken for whose file says nothing of its size."""

PAPER_CLOSING_INCH = 0.45
"""Dark things narrower than this are written or printed on the paper; wider ones are shadow, table or a dark paper."""

FAINTEST_INK = 36
"""Least darkness, in grey levels below white paper, of what counts as ink; light pencil has about 50."""


DARKEST_PAPER = 40
"""Nothing can be told from paper darker than this: a scan with the lid open, a photo in the dark."""


@dataclass(frozen=True, kw_only=True)
class Survey:
    """A page at working scale.

    `grey`, `paper`, `flat` and `ink` are (height, width) uint8: the page; how bright its paper is at each place; the
    page as it would look on evenly white paper; 1 where there is ink. `sheet` is 1 on the sheet of paper and 0 on a
    dark table around it. `dpi` is that of the working scale, `page_dpi` that of the page itself. `paper_level` is
    the sheet's typical brightness, `noise` the paper's standard deviation at full size.
    """

    grey: np.ndarray
    paper: np.ndarray
    flat: np.ndarray
    ink: np.ndarray
    sheet: np.ndarray
    dpi: float
    page_dpi: float
    paper_level: float
    noise: float


def survey(image: np.ndarray, dpi: float | None) -> Survey:
    """Look at a page: `image` is (height, width) uint8, paper light."""
    page_dpi = dpi or estimated_dpi(image)
    grey, working_dpi = _reduced(image, page_dpi)
    paper = paper_brightness(grey, working_dpi)
    paper_level = percentile(paper[::4, ::4], 90)
    flat = cv2.divide(grey, np.maximum(paper, 16), scale=255)
    sheet = (paper > 0.5 * paper_level).astype(np.uint8)
    return Survey(
        grey=grey,
        paper=paper,
        flat=flat,
        ink=_ink(flat, sheet, paper_level),
        sheet=sheet,
        dpi=working_dpi,
        page_dpi=page_dpi,
        paper_level=paper_level,
        noise=paper_noise(image),
    )


def estimated_dpi(image: np.ndarray) -> float:
    """The resolution if the image shows one whole page of usual size."""
    return float(np.sqrt(image.shape[0] * image.shape[1] / PAGE_AREA_SQIN))


def paper_brightness(grey: np.ndarray, dpi: float) -> np.ndarray:
    """How bright the paper is at each pixel, under the ink too: (height, width) uint8.

    A grey closing wider than any stroke, on a grid of about 40 dpi whose averaging keeps noise out of the maximum.
    """
    grid, width = _coarse(grey, dpi)
    grid = cv2.morphologyEx(grid, cv2.MORPH_CLOSE, cv2.getStructuringElement(cv2.MORPH_RECT, (width, width)))
    grid = cv2.GaussianBlur(grid, (0, 0), width / 4)
    return cv2.resize(grid, (grey.shape[1], grey.shape[0]), interpolation=cv2.INTER_LINEAR)


def darkest_paper(grey: np.ndarray, dpi: float) -> int:
    """A level that `paper_brightness` never falls below, in a third of its time."""
    grid, width = _coarse(grey, dpi)
    # Closing ends in minima of these, and what follows are means; the one allows for rounding.
    return int(cv2.dilate(grid, cv2.getStructuringElement(cv2.MORPH_RECT, (width, width))).min()) - 1


def _coarse(grey: np.ndarray, dpi: float) -> tuple[np.ndarray, int]:
    """The image on a grid of about 40 dpi, noise taken out, and the width of the closing on it."""
    step = max(1, min(round(dpi / 38), min(grey.shape) // 8))
    grid = cv2.resize(grey, None, fx=1 / step, fy=1 / step, interpolation=cv2.INTER_AREA)
    return cv2.blur(grid, (3, 3)), max(3, round(PAPER_CLOSING_INCH * dpi / step) | 1)


def paper_noise(image: np.ndarray, bands: int = 48) -> float:
    """Standard deviation of the paper in grey levels: the median over 8x8 blocks, most of which hold no ink.

    Blocks so small see no shadow; a sample of `bands` rows of blocks is enough.
    """
    if min(image.shape) < 8:
        return 0.0
    height, width = image.shape[0] // 8, image.shape[1] // 8
    blocks = image[: height * 8, : width * 8].reshape(height, 8, width, 8)[:: max(1, height // bands)]
    blocks = blocks.transpose(0, 2, 1, 3).reshape(-1, 64).astype(np.float32)
    mean, spread = blocks.mean(axis=1), blocks.std(axis=1)
    return median(spread[mean >= median(mean)]) * float(np.sqrt(64 / 63))


def is_quiet(image: np.ndarray, most: float) -> bool:
    """Whether `paper_noise` is surely below `most`: a look at a third of its price, which may miss what is near it."""
    height, width = image.shape[0] // 8, image.shape[1] // 8
    if not height or not width:
        return True
    levels = image[: height * 8, : width * 8].astype(np.float32)
    mean, square = (cv2.resize(v, (width, height), interpolation=cv2.INTER_AREA) for v in (levels, levels * levels))
    spread = (square - mean * mean)[mean >= median(mean)]
    return bool(2 * np.count_nonzero(spread < (0.98 * most) ** 2) > len(spread) + 1)


def _reduced(image: np.ndarray, dpi: float) -> tuple[np.ndarray, float]:
    scale = min(1.0, WORKING_DPI / dpi, LONGEST_SIDE_PX / max(image.shape))
    if scale > 0.9:
        return image, dpi
    size = max(1, round(image.shape[1] * scale)), max(1, round(image.shape[0] * scale))
    return cv2.resize(image, size, interpolation=cv2.INTER_AREA), dpi * scale


def _ink(flat: np.ndarray, sheet: np.ndarray, paper_level: float) -> np.ndarray:
    if paper_level < DARKEST_PAPER:
        return np.zeros_like(flat)
    darkness = max(FAINTEST_INK, 5 * paper_noise(flat))
    return cv2.bitwise_and(cv2.threshold(flat, 255 - min(darkness, 200), 1, cv2.THRESH_BINARY_INV)[1], sheet)
