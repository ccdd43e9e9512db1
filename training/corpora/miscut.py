"""Crops that show no answer: pieces of other lines, print, rules, boxes to mark, writing cut off at the sides."""

from collections.abc import Callable

import cv2
import numpy as np
from PIL import Image, ImageDraw

from training.corpora.spoiled import Draw, Rng
from training.corpora.struck import extent_of, ink_mask
from training.samples.fonts import type_face
from training.samples.marks import mark

FACES = ("DejaVuSans", "DejaVuSans-Bold", "DejaVuSerif", "DejaVuSerif-Bold", "STIXGeneral", "DejaVuSans-Oblique")
WORDS = (
    "Name Date Birth First Last Address Street City State Zip Code Phone Number Signature of the applicant Please "
    "print in capital letters Insured Policy Amount due Yes No Married Single Employer Occupation Total see "
    "instructions page Vorname Geburtsdatum Straße Ort Nachname Unterschrift Prénom Nom de famille Adresse Code "
    "postal Ville For office use only I hereby declare that all statements are true Check one box Gender "
    "Nationality Account Bank Do not write here "
).split()  # fmt: skip


def label(rng: Rng) -> str:
    """Words as forms print them beside, above and below their fields."""
    words = " ".join(rng.choice(WORDS, int(rng.integers(1, 6))))
    ending = str(rng.choice(["", ":", ":", "*", " (mm/dd/yyyy)", " ____", "?", "."]))
    prefix = f"{rng.integers(1, 40)}. " if rng.random() < 0.25 else ""
    text = prefix + words + ending
    return text.upper() if rng.random() < 0.2 else text


def printed(text: str, rng: Rng, size_px: int) -> np.ndarray:
    """A line of print: (h, w) uint8."""
    face = type_face(str(rng.choice(FACES)), size_px)
    left, top, right, bottom = face.getbbox(text)
    page = Image.new("L", (int(right - left) + 12, int(bottom - top) + 12), 255)
    ImageDraw.Draw(page).text((6 - left, 6 - top), text, int(rng.integers(0, 110)), font=face)
    return np.asarray(page)


def print_alone(writing: Draw, rng: Rng) -> np.ndarray | None:
    """A label, or two or three lines of small print, sometimes with a rule."""
    lines = [printed(label(rng), rng, int(rng.integers(14, 34)))]
    if rng.random() < 0.4:
        lines += [printed(label(rng), rng, lines[0].shape[0] // 2 + 6) for _ in range(int(rng.integers(1, 3)))]
    image = stacked(lines, 0)
    if rng.random() < 0.35:
        row = int(rng.choice([1, image.shape[0] - 2]))
        cv2.line(image, (0, row), (image.shape[1], row), int(rng.integers(0, 120)), int(rng.integers(1, 3)))
    return image


def rules(writing: Draw, rng: Rng) -> np.ndarray | None:
    """A table's rules or a box's corner across the crop, with nothing written between them."""
    height, width = int(rng.integers(36, 80)), int(rng.integers(60, 420))
    image = np.full((height, width), 255, np.uint8)
    shade, thick = int(rng.integers(0, 140)), int(rng.integers(1, 4))
    for x in np.sort(rng.integers(4, width - 4, int(rng.integers(1, 6)))):
        cv2.line(image, (int(x), 0), (int(x) + int(rng.integers(-1, 2)), height), shade, thick)
    for y in rng.integers(int(0.2 * height), int(0.8 * height), int(rng.integers(1, 4))):
        cv2.line(image, (0, int(y)), (width, int(y) + int(rng.integers(-1, 2))), shade, thick)
    return image


def logo(writing: Draw, rng: Rng) -> np.ndarray | None:
    """Filled shapes with a printed word beside them or in them."""
    height = int(rng.integers(40, 80))
    image = np.full((height, int(rng.integers(60, 260))), 255, np.uint8)
    shade, middle = int(rng.integers(0, 120)), (int(rng.integers(20, 50)), height // 2)
    for _ in range(int(rng.integers(1, 4))):
        size = int(rng.integers(8, height // 2))
        if rng.random() < 0.5:
            cv2.circle(image, middle, size, shade, int(rng.choice([-1, 2, 4])), cv2.LINE_AA)
        else:
            corners = (np.array(middle) + rng.normal(0, size, (int(rng.integers(3, 6)), 2))).astype(np.int32)
            cv2.fillPoly(image, [corners], shade, cv2.LINE_AA)
    return beside([image, printed(label(rng).split()[0], rng, int(rng.integers(18, 40)))], 4)


def box_row(writing: Draw, rng: Rng) -> np.ndarray | None:
    """Boxes to mark with their labels, some of them marked."""
    side, parts = int(rng.integers(16, 34)), []
    for _ in range(int(rng.integers(1, 5))):
        tile = np.full((side + 12, side + 12), 255, np.uint8)
        shade = int(rng.integers(0, 120))
        if rng.random() < 0.6:
            cv2.rectangle(tile, (6, 6), (6 + side, 6 + side), shade, int(rng.integers(1, 3)))
        else:
            cv2.circle(tile, (6 + side // 2, 6 + side // 2), side // 2, shade, int(rng.integers(1, 3)), cv2.LINE_AA)
        if rng.random() < 0.35:
            style = str(rng.choice(["cross", "tick", "fill"]))
            mark(tile, (6, 6, side, side), style, rng, ink=int(rng.integers(0, 90)), width_px=float(rng.uniform(1, 3)))
        parts += [tile, printed(str(rng.choice(WORDS)), rng, round(side * rng.uniform(0.7, 1.1)))]
    return beside(parts[int(rng.integers(0, 2)) :], int(rng.integers(0, 12)))


def halves(writing: Draw, rng: Rng) -> np.ndarray | None:
    """The lower half of one line above the upper half of the next, or the half of one line alone."""
    pieces = []
    for upper in (False, True):
        image, characters = writing(rng)
        place = extent_of(image)
        if place is None or characters < 4:
            return None
        left, top, right, bottom = (int(v) for v in place)
        cut = round(top + (bottom - top) * rng.uniform(0.4, 0.6))
        pieces.append(image[top:cut, left : right + 1] if upper else image[cut : bottom + 1, left : right + 1])
    if rng.random() < 0.3:
        return np.pad(pieces[int(rng.integers(2))], ((0, 0), (6, 6)), constant_values=255)
    return stacked(pieces, int(rng.integers(2, 18)))


def several(writing: Draw, rng: Rng) -> np.ndarray | None:
    """Two or three lines of writing in what should be a line's field."""
    lines = []
    for _ in range(int(rng.integers(2, 4))):
        image, characters = writing(rng)
        place = extent_of(image)
        if place is None or characters < 4:
            return None
        left, top, right, bottom = (int(v) for v in place)
        piece = image[top : bottom + 1, left : right + 1]
        scale = 40 / piece.shape[0] * np.exp(rng.normal(0, 0.1))
        lines.append(cv2.resize(piece, None, fx=scale, fy=scale, interpolation=cv2.INTER_AREA))
    return stacked(lines, int(rng.integers(-4, 16)))


def cut_off(writing: Draw, rng: Rng) -> np.ndarray | None:
    """The field lies beside the writing: its edges go through letters."""
    image, characters = writing(rng)
    place = extent_of(image)
    if place is None or characters < 4:
        return None
    left, top, right, bottom = (int(v) for v in place)
    ink = ink_mask(image).sum(0)
    least = max(3, 0.2 * (bottom - top))
    inner = np.arange(left + round(0.15 * (right - left)), right - round(0.15 * (right - left)))
    through = inner[ink[inner] > least]
    if len(through) == 0:
        return None
    cut = int(rng.choice(through))
    piece = image[:, left : cut + 1] if rng.random() < 0.5 else image[:, cut : right + 1]
    return np.ascontiguousarray(piece) if min(piece.shape) > 8 else None


def stacked(images: list[np.ndarray], gap: int) -> np.ndarray:
    """Images below each other, `gap` pixels apart; negative: into each other."""
    width = max(image.shape[1] for image in images)
    page = np.full((sum(image.shape[0] + max(gap, 0) for image in images) + 4, width), 255, np.uint8)
    row = 2
    for image in images:
        place = page[row : row + image.shape[0], : image.shape[1]]
        np.minimum(place, image[: place.shape[0]], out=place)
        row += max(1, image.shape[0] + gap)
    return page


def beside(images: list[np.ndarray], gap: int) -> np.ndarray:
    """Images side by side, in the middle of the highest."""
    height = max(image.shape[0] for image in images)
    padded = []
    for image in images:
        above = (height - image.shape[0]) // 2
        padded.append(np.pad(image, ((above, height - image.shape[0] - above), (gap, gap)), constant_values=255))
    return np.concatenate(padded, 1)


WAYS: dict[Callable[[Draw, Rng], np.ndarray | None], float] = {
    print_alone: 0.24, rules: 0.08, logo: 0.08, box_row: 0.14, halves: 0.2, several: 0.16, cut_off: 0.1,
}  # fmt: skip
