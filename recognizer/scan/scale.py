"""Resolution: what a file declares, whether it can be believed, and the size that a page is worked on."""

import math
from dataclasses import dataclass

import cv2
import numpy as np

from recognizer.errors import ScanRejected
from recognizer.page import Step
from recognizer.scan.limits import Limits

MIN_DPI, MAX_DPI = 50.0, 1300.0
UNKNOWN_DPI = (72, 96)  # what programs write who do not know
MAX_PAPER_IN = 24.0  # longer than A2: the file counts pixels as points
SQUARE = 0.01  # fax pixels are twice as tall as wide; below one part in a hundred nobody cares


@dataclass(frozen=True, kw_only=True)
class Plan:
    """The size a page is brought to, and its resolution then."""

    width_px: int
    height_px: int
    dpi: float | None

    def step(self, width_px: int, height_px: int) -> Step | None:
        """The change from the size in the file as a Step, None if there is none."""
        if (width_px, height_px) == (self.width_px, self.height_px):
            return None
        return Step(
            name="scale",
            settings={"width_px": self.width_px, "height_px": self.height_px},
            measured={"from_width_px": width_px, "from_height_px": height_px},
        )


def check_size(width_px: int, height_px: int, limits: Limits) -> None:
    """Refuse a page by its declared size. Raises ScanRejected (`too_large`, `too_small`)."""
    size = f"{width_px} x {height_px} pixels"
    if width_px * height_px > limits.max_pixels:
        raise ScanRejected(
            "too_large",
            f"The page has {size}, the limit is {limits.max_pixels:,}: scan it at {limits.working_dpi} dpi.",
        )
    if max(width_px, height_px) > limits.max_edge_px:
        raise ScanRejected("too_large", f"The page has {size}, no edge may exceed {limits.max_edge_px:,} pixels.")
    if min(width_px, height_px) < limits.min_edge_px:
        raise ScanRejected("too_small", f"The page has {size}, fewer than {limits.min_edge_px} along an edge.")


def credible_dpi(declared: object, width_px: int, height_px: int) -> tuple[float, float] | None:
    """The declared (horizontal, vertical) resolution if paper of that size exists, else None."""
    try:
        x, y = (float(value) for value in declared)  # type: ignore[attr-defined]
    except (TypeError, ValueError, ZeroDivisionError, OverflowError):
        return None
    if not (MIN_DPI <= x <= MAX_DPI and MIN_DPI <= y <= MAX_DPI and 1 / 3 < x / y < 3):
        return None
    if round(x) == round(y) and round(x) in UNKNOWN_DPI:
        return None
    return (x, y) if max(width_px / x, height_px / y) <= MAX_PAPER_IN else None


def plan(width_px: int, height_px: int, dpi: tuple[float, float] | None, limits: Limits) -> Plan:
    """Square pixels, and fewer of them where the page has more than reading needs."""
    x_dpi, y_dpi = dpi or (1.0, 1.0)
    square = max(x_dpi, y_dpi)
    if abs(x_dpi / y_dpi - 1) <= SQUARE:
        x_dpi = y_dpi = square
    width, height = width_px * square / x_dpi, height_px * square / y_dpi
    factor = 1.0
    if width * height > limits.working_pixels:
        factor = limits.working_dpi / square if dpi else math.sqrt(limits.working_pixels / (width * height))
        factor = min(1.0, factor)
    return Plan(
        width_px=max(1, round(width * factor)),
        height_px=max(1, round(height * factor)),
        dpi=round(square * factor, 2) if dpi else None,
    )


def resize(image: np.ndarray, width_px: int, height_px: int) -> np.ndarray:
    """Resize a (height, width) image; by area when it shrinks, so that thin strokes fade instead of breaking."""
    if image.shape == (height_px, width_px):
        return image
    shrinks = image.shape[0] >= height_px and image.shape[1] >= width_px
    return cv2.resize(image, (width_px, height_px), interpolation=cv2.INTER_AREA if shrinks else cv2.INTER_LINEAR)
