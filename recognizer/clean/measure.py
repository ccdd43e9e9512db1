"""Measure the condition of a page or of one field.

What the numbers of a `Quality` mean:

| number | meaning |
| --- | --- |
| resolution_dpi | declared, or what it is if the image shows one whole page |
| sharpness | 1 / width of ink edges in pixels at 150 dpi: 1 crisp, 0.25 smeared over 4 px (0.7 mm); 1 without edges |
| contrast | (paper - ink) / 255, ink being the darkest fifth of the written; without ink what black ink would have |
| noise | standard deviation of the paper, in grey levels, at full size |
| skew_deg | how far the page is turned counter-clockwise |
| illumination | unevenness: 1 - darkest / brightest paper of the sheet (5th and 95th percentile); 0 is even |
| clipping | share of the page without any detail: pure black, or burnt out to white where the paper is darker |
| compression | 8x8 blockiness of JPEG on the paper: 0 none, towards 1 heavy |
| ink_coverage | share of the sheet covered by ink |
| bleed_through | faint strokes away from strong ones, as a share of all strokes; light pencil beside ink counts too |
"""

import cv2
import numpy as np

from recognizer.clean.deskew import skew_deg
from recognizer.clean.rank import median, percentile
from recognizer.clean.survey import Survey, paper_brightness, paper_noise, survey
from recognizer.page import Quality

FIELD_HEIGHT_INCH = 0.4
"""What a field's crop is taken for where its resolution is unknown."""


def measure(image: np.ndarray, dpi: float | None) -> Quality:
    """Measure a page: (height, width) uint8, paper light."""
    return quality_of(survey(image, dpi), image)


def quality_of(looked: Survey, image: np.ndarray) -> Quality:
    """The same for a page that was surveyed already."""
    return Quality(
        resolution_dpi=looked.page_dpi,
        sharpness=sharpness(looked.flat, looked.dpi),
        contrast=ink_contrast(looked.flat, looked.ink, looked.paper_level),
        noise=looked.noise,
        skew_deg=skew_deg(looked.ink),
        illumination=_unevenness(looked.paper, looked.sheet),
        clipping=_clipped(looked.grey, looked.paper),
        compression=blockiness(image),
        ink_coverage=float(looked.ink.sum() / max(1, looked.sheet.sum())),
        bleed_through=_faint_share(looked.flat, looked.ink),
    )


def measure_field(image: np.ndarray, dpi: float | None) -> Quality:
    """Measure one cut field, (height, width) uint8: cheap, and without a skew, which too few strokes would tell."""
    dpi = dpi or image.shape[0] / FIELD_HEIGHT_INCH
    paper = paper_brightness(image, dpi)
    flat = cv2.divide(image, np.maximum(paper, 16), scale=255)
    noise = paper_noise(image)
    ink = (flat < 255 - min(200, max(36, 5 * noise))).astype(np.uint8)
    return Quality(
        resolution_dpi=dpi,
        sharpness=sharpness(flat, dpi),
        contrast=ink_contrast(flat, ink, median(paper)),
        noise=noise,
        skew_deg=0.0,
        illumination=_unevenness(paper, np.ones_like(paper)),
        clipping=_clipped(image, paper),
        compression=blockiness(image),
        ink_coverage=float(ink.mean()),
        bleed_through=_faint_share(flat, ink),
    )


def sharpness(flat: np.ndarray, dpi: float) -> float:
    """1 / median width of edges in pixels at 150 dpi (or at `dpi` if lower), in (0, 1].

    The width of an edge is its contrast over its steepest slope, so it depends neither on how much is written nor on
    how black the ink is. Only the steepest place of each neighbourhood counts.
    """
    if dpi > 190:
        flat, dpi = cv2.resize(flat, None, fx=150 / dpi, fy=150 / dpi, interpolation=cv2.INTER_AREA), 150
    if min(flat.shape) < 5:
        return 1.0
    slope = cv2.morphologyEx(flat, cv2.MORPH_GRADIENT, np.ones((2, 2), np.uint8))
    around = np.ones((9, 9), np.uint8)
    contrast = cv2.morphologyEx(flat, cv2.MORPH_GRADIENT, around)
    steepest = (slope == cv2.dilate(slope, around)) & (contrast > max(25, 0.5 * int(contrast.max())))
    widths = contrast[steepest] / np.maximum(1.0, slope[steepest])
    if len(widths) < 5:
        return 1.0
    width = median(widths)
    if width > 4 and dpi > 20:  # an edge wider than half the neighbourhood is seen better from afar
        half = cv2.resize(flat, None, fx=0.5, fy=0.5, interpolation=cv2.INTER_AREA)
        return min(1 / width, 0.5 * sharpness(half, dpi / 2))
    return min(1.0, 1 / width)


def ink_contrast(flat: np.ndarray, ink: np.ndarray, paper_level: float) -> float:
    """(paper - ink) / 255, of the darkest fifth of the ink; `flat` has white paper, `paper_level` what it had."""
    written = flat[ink > 0]
    blackest = percentile(written, 20) if written.size >= 20 else 0.0
    return float(paper_level / 255 * (1 - blackest / 255))


def blockiness(image: np.ndarray) -> float:
    """How much the steps between 8x8 blocks exceed those within them, on the paper; 0 to 1.

    After Wang, Sheikh and Bovik, "No-reference perceptual quality assessment of JPEG compressed images" (2002);
    only steps of at most 8 grey levels count, which leaves the edges of strokes and printed lines out.
    """
    rows = image[:: max(1, image.shape[0] // 200)].astype(np.int16)
    steps = np.abs(np.diff(rows, axis=1))
    steps = np.where(steps <= 8, steps, 0)[:, : (image.shape[1] - 1) // 8 * 8]
    if steps.size < 64:
        return 0.0
    by_phase = np.sort(steps.reshape(len(rows), -1, 8).mean(axis=(0, 1)))
    between, within = by_phase[-1], by_phase[:-1].mean()
    return float((between - by_phase[-2]) / (between + within + 0.1))


def _unevenness(paper: np.ndarray, sheet: np.ndarray) -> float:
    levels = paper[::4, ::4][sheet[::4, ::4] > 0]
    if not levels.size:
        return 0.0
    dark, bright = percentile(levels, 5), percentile(levels, 95)
    return 1 - dark / max(1.0, bright)


def _clipped(grey: np.ndarray, paper: np.ndarray) -> float:
    """Blocks of 15 px that are black, or burnt out while much of the paper (a third) is clearly below white."""
    cell = np.ones((15, 15), np.uint8)
    coarse = slice(None, None, 8)
    lost = cv2.dilate(grey, cell)[coarse, coarse] <= 2
    levels = paper[coarse, coarse]
    unburnt = levels[(levels < 254) & (levels > 40)]
    if unburnt.size > levels.size / 3 and median(unburnt) < 240:
        lost |= cv2.erode(grey, cell)[coarse, coarse] >= 254
    return float(lost.mean())


def _faint_share(flat: np.ndarray, ink: np.ndarray) -> float:
    written = flat[ink > 0]
    if written.size < 20:
        return 0.0
    strong_level = 255 - 0.5 * (255 - percentile(written, 20))
    smooth = cv2.blur(flat, (3, 3))
    strong = cv2.dilate((flat < strong_level).astype(np.uint8), np.ones((7, 7), np.uint8))
    faintest = max(20, 4 * paper_noise(smooth))
    faint = np.count_nonzero((smooth < 255 - faintest) & (strong == 0))
    return float(faint / (faint + np.count_nonzero(flat < strong_level)))
