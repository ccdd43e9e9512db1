"""How well a crop can be seen, as one word: by it a trial looks whether a challenger is worse on bad scans."""

from recognizer.clean.contrast import LEAST_CONTRAST
from recognizer.page import Quality

GOOD, POOR = "good", "poor"
LEAST_DPI, LEAST_SHARPNESS, MOST_NOISE = 140.0, 0.4, 12.0
"""Below or above, a scan is worse than those of ordinary offices (the samples that ship have 200 dpi, 0.57 to 0.85 and
0 to 2.6), and far from the limits at which nobody could key it."""


def grade(quality: Quality | None) -> str:
    """`poor` where any measure of the crop's page is one that costs readings; `good` otherwise, and where none is."""
    if quality is None:
        return GOOD
    is_poor = (
        quality.resolution_dpi < LEAST_DPI
        or quality.contrast < LEAST_CONTRAST
        or quality.sharpness < LEAST_SHARPNESS
        or quality.noise > MOST_NOISE
    )
    return POOR if is_poor else GOOD
