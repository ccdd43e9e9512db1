"""A field's picture is cut at the cells of its comb, so that somebody may be shown a part and no more of it."""

from dataclasses import dataclass

import cv2
import numpy as np

from recognizer.clean.rank import percentile
from recognizer.errors import PenfieldError
from recognizer.reading import View

REACH = 0.3
"""So far from the line between two cells, in cells, the cut looks for where the least ink is: people write over it."""

LEAST_INK = 24
VIEW_QUALITY = 90


@dataclass(frozen=True, kw_only=True)
class Part:
    """A part of a field: its number (from 0, in the order of reading) of `parts`; the signs that it shows, from
    `first_sign` on (counted from 0) so many, of all the field's; and the columns [left_px, right_px) of the whole that
    are its own."""

    number: int
    parts: int
    first_sign: int
    signs: int
    of_signs: int
    left_px: int
    right_px: int

    @property
    def end_sign(self) -> int:
        """The first sign that is not shown any more."""
        return self.first_sign + self.signs


def cut_in_parts(image: np.ndarray, margin_px: int, cells: int, parts: int) -> tuple[Part, ...]:
    """Where to cut a crop, (height, width) uint8 with the comb's `cells` between its margins: into parts of nearly as
    many cells, each cut where the least ink is near the line between two cells."""
    cell_px = (image.shape[1] - 2 * margin_px) / cells
    ends = [-(-cells * (number + 1) // parts) for number in range(parts - 1)]  # rounded up: 9 are 5 and 4
    ink = _ink(image)
    columns = [0, *(_column(ink, margin_px + end * cell_px, cell_px) for end in ends), image.shape[1]]
    signs = [0, *ends, cells]
    return tuple(
        Part(
            number=number, parts=parts, first_sign=signs[number], signs=signs[number + 1] - signs[number],
            of_signs=cells, left_px=columns[number], right_px=columns[number + 1],
        )
        for number in range(parts)
    )  # fmt: skip


def view_of_part(view: View, part: Part, margin_px: int, width_px: int) -> View:
    """What of a view people are shown of a part: its own columns, and paper where the others are. `margin_px` and
    `width_px` are of the crop that was cut."""
    x, y, width, height = view.box
    image = cv2.imdecode(np.frombuffer(view.jpeg, np.uint8), cv2.IMREAD_GRAYSCALE)
    if image is None:
        raise PenfieldError("a view cannot be decoded as JPEG")
    inner = max(1, width_px - 2 * margin_px)
    left, right = (round(x + (column - margin_px) / inner * width) for column in (part.left_px, part.right_px))
    left, right = max(left, x), min(right, x + width)
    shown = np.full((image.shape[0], right - left + 2 * x), percentile(image, 80), np.uint8)
    first = 0 if part.number == 0 else x  # what surrounds the field is shown on its outer sides
    end = shown.shape[1] if part.number == part.parts - 1 else x + right - left
    shown[:, first:end] = image[:, left - x + first : left - x + end]
    encoded, jpeg = cv2.imencode(".jpg", shown, [cv2.IMWRITE_JPEG_QUALITY, VIEW_QUALITY])
    if not encoded:
        raise PenfieldError("a view of a part cannot be encoded as JPEG")
    return View(jpeg=jpeg.tobytes(), dpi=view.dpi, box=(x, y, right - left, height))


def _ink(image: np.ndarray) -> np.ndarray:
    """How much ink stands in each column."""
    dark = np.maximum(0.0, percentile(image, 80) - image.astype(np.float64))
    return np.where(dark >= LEAST_INK, dark, 0.0).sum(axis=0)


def _column(ink: np.ndarray, line: float, cell_px: float) -> int:
    """The column with the least ink near a line; of several, that nearest to it."""
    near = range(max(1, round(line - REACH * cell_px)), min(len(ink) - 1, round(line + REACH * cell_px)) + 1)
    return min(near, key=lambda column: (ink[column], abs(column - line)))
