"""Is a page blank, or too bad to read?"""

import cv2
import numpy as np

from recognizer.clean.survey import DARKEST_PAPER, Survey, survey
from recognizer.page import Page, Quality

LEAST_DPI = 50
"""Handwritten digits are about 3 mm high: 6 pixels at 50 dpi, fewer than a person can key."""

LEAST_SHARPNESS = 0.11
"""Edges smeared over 1.5 mm (out of focus with a sigma of 1 mm), as wide as the counters of handwritten digits."""

LEAST_CONTRAST = 0.10
"""25 grey levels between paper and ink; pencil on a dark phone photo has 50 or more."""

MOST_NOISE = 70.0
"""Standard deviation in grey levels at which the noise is as strong as most ink is dark."""

MOST_CLIPPED = 0.9
"""Black or burnt out nearly everywhere; a sheet photographed on a black table has up to 0.7."""

STROKE_INCH = 0.08
"""The shortest sign of writing on a page that is not blank (2 mm): less is a speck."""


def unreadable(quality: Quality) -> str | None:
    """Why nobody could key this page, as a sentence; None where somebody could. Limits are far below usual scans."""
    q = quality
    too_bad = (
        (q.resolution_dpi < LEAST_DPI, f"The resolution of {q.resolution_dpi:.0f} dpi is below {LEAST_DPI} dpi."),
        (q.clipping > MOST_CLIPPED, f"{q.clipping:.0%} of the page is pure black or burnt out."),
        (q.contrast < LEAST_CONTRAST, f"The contrast of {q.contrast:.2f} between paper and ink is too low."),
        (q.noise > MOST_NOISE, f"The noise of {q.noise:.0f} grey levels drowns the ink."),
        (q.sharpness < LEAST_SHARPNESS, f"The page is blurred: edges are {1 / q.sharpness:.0f} px wide at 150 dpi."),
    )
    return next((f"{sentence} Please scan it again." for bad, sentence in too_bad if bad), None)


def is_blank(page: Page) -> bool:
    """Whether nothing is printed or written on the page; specks, punch holes and shadows at the edge do not count.

    A page that is black all over (lid open) is not blank but unreadable.
    """
    return is_blank_survey(survey(page.image, page.dpi))


def is_blank_survey(looked: Survey) -> bool:
    """The same for a page that was surveyed already."""
    if looked.paper_level < DARKEST_PAPER:
        return False
    ink = looked.ink
    if cv2.countNonZero(ink) > 0.08 * ink.size:
        return False
    _, _, stats, _ = cv2.connectedComponentsWithStats(ink, connectivity=8)
    stats = stats[1:]
    long_enough = stats[:, [cv2.CC_STAT_WIDTH, cv2.CC_STAT_HEIGHT]].max(axis=1) >= STROKE_INCH * looked.dpi
    return not any(_is_writing(s, ink.shape, looked.dpi) for s in stats[long_enough])


def _is_writing(stats: np.ndarray, shape: tuple[int, ...], dpi: float) -> bool:
    left, top, width, height, area = (int(v) for v in stats)
    rim = 0.06 * dpi
    if left <= rim or top <= rim or left + width >= shape[1] - rim or top + height >= shape[0] - rim:
        return False
    return not _is_punch_hole(width, height, area, dpi)


def _is_punch_hole(width: int, height: int, area: int, dpi: float) -> bool:
    """A filled disc of 4 to 10 mm; holes of loose-leaf paper measure 5.5 to 8 mm."""
    round_enough = 0.8 < width / height < 1.25 and 0.68 < area / (width * height) < 0.9
    return round_enough and 0.16 * dpi < max(width, height) < 0.4 * dpi
