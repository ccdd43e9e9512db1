"""What people are shown of a field: the field as it was scanned, with a little of what surrounds it.

A crop is made for machines: lines and neighbours are taken away, and what was taken away by mistake cannot be seen on
it. The view shows the paper. Neighbouring fields are blank on it: whoever keys one field learns nothing of the others.
"""

import math
from collections.abc import Sequence

import cv2
import numpy as np

from recognizer.align.alignment import scaling
from recognizer.errors import PenfieldError
from recognizer.form import Box
from recognizer.reading import View

VIEW_DPI = 150.0
JPEG_QUALITY = 70
AROUND = 0.5
LEAST_INCH, MOST_INCH = 0.2, 0.4
"""Shown around a field: half its height on every side, but no less and no more than this."""

OVERFLOW_INCH = 0.1
"""So near to the field a neighbour's ink is shown: it may be this field's, overflowing."""

LINE_INCH = 0.015
"""A neighbour's printed box stays, whose lines reach this far into it."""


class Sight:
    """Shows fields of one aligned page: `image` (height, width) uint8, `matrix` from its pixels to the form's."""

    def __init__(
        self, image: np.ndarray, matrix: np.ndarray, form_dpi: float, paper: int, dpi: float = VIEW_DPI
    ) -> None:
        self._scale, self._dpi, self._paper = dpi / form_dpi, dpi, paper
        to_page = np.linalg.inv(matrix)
        coarser = math.floor(_magnification(to_page) / self._scale + 0.25)
        self._image = image if coarser < 2 else _reduced(image, coarser)
        self._to_page = to_page if coarser < 2 else scaling(1 / coarser) @ to_page

    def view(self, span: Box, others: Sequence[Box]) -> View:
        """The field at `span`, in the form's pixels, without what is written in the `others`."""
        around = min(max(AROUND * span[3] * self._scale, LEAST_INCH * self._dpi), MOST_INCH * self._dpi)
        margin = math.ceil(around)
        left, top = span[0] - margin / self._scale, span[1] - margin / self._scale
        width, height = math.ceil(span[2] * self._scale) + 2 * margin, math.ceil(span[3] * self._scale) + 2 * margin
        to_form = np.array([[1 / self._scale, 0, left], [0, 1 / self._scale, top], [0, 0, 1]])
        image = cv2.warpPerspective(
            self._image, self._to_page @ to_form, (width, height), flags=cv2.INTER_LINEAR | cv2.WARP_INVERSE_MAP,
            borderMode=cv2.BORDER_CONSTANT, borderValue=(float(self._paper),),
        )  # fmt: skip
        box = margin, margin, width - 2 * margin, height - 2 * margin
        self._blank(image, box, [self._placed(other, left, top) for other in others])
        encoded, jpeg = cv2.imencode(".jpg", image, [cv2.IMWRITE_JPEG_QUALITY, JPEG_QUALITY])
        if not encoded:
            raise PenfieldError(f"a view of {width} x {height} pixels cannot be encoded as JPEG")
        return View(jpeg=jpeg.tobytes(), dpi=self._dpi, box=box)

    def _blank(self, image: np.ndarray, box: Box, others: Sequence[Box]) -> None:
        """Paper where others write, but not in the field nor close to it."""
        near, line = round(OVERFLOW_INCH * self._dpi), round(LINE_INCH * self._dpi)
        hidden = np.zeros(image.shape, bool)
        for x, y, w, h in others:
            hidden[max(0, y + line) : max(0, y + h - line), max(0, x + line) : max(0, x + w - line)] = True
        hidden[max(0, box[1] - near) : box[1] + box[3] + near, max(0, box[0] - near) : box[0] + box[2] + near] = False
        image[hidden] = self._paper

    def _placed(self, other: Box, left: float, top: float) -> Box:
        x, y = round((other[0] - left) * self._scale), round((other[1] - top) * self._scale)
        return x, y, round(other[2] * self._scale), round(other[3] * self._scale)


def _magnification(to_page: np.ndarray) -> float:
    """How many pixels of the page one pixel of the form covers in its upper left, about."""
    return float(np.sqrt(abs(np.linalg.det(to_page[:2, :2] / to_page[2, 2]))))


def _reduced(image: np.ndarray, times: int) -> np.ndarray:
    """The image smaller by a whole factor, every pixel the mean of those that it stands for."""
    height, width = image.shape[0] // times * times, image.shape[1] // times * times
    return cv2.resize(image[:height, :width], (width // times, height // times), interpolation=cv2.INTER_AREA)
