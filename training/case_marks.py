"""Printed boxes that are marked in every way, as crops with their answer."""

import hashlib

import numpy as np

from recognizer.clean import measure_field
from recognizer.cut import CROP_DPI
from recognizer.form import Field, Kind, Option
from recognizer.frame import ink_level
from recognizer.page import Step
from recognizer.reading import Crop
from training.corpora.marks import dirt, draw_mark, print_box, spoiled, strike, unclear

Box = tuple[int, int, int, int]


def mark_crop(kind: Kind, rng: np.random.Generator) -> tuple[Crop, str | None]:
    """A crop of a checkbox or of a choice group, and its answer: None where a person must say what is meant.

    As crops of a page do, it says how dark the page's ink is, which others of its fields may make darker.
    """
    count = 1 if kind == "checkbox" else int(rng.integers(3, 7))
    side = int(rng.integers(24, 52))
    image = np.full((3 * side, side * (4 * count + 1)), int(rng.integers(215, 256)), np.uint8)
    boxes: list[Box] = [(side + 4 * side * i, side, side, side) for i in range(count)]
    for box in boxes:
        print_box(image, box, rng)
    marked, struck, doubtful = _marks(count, rng)
    ink, pen = int(rng.integers(0, 110)), float(np.exp(rng.normal(0.8, 0.4)) * side / 32)
    for i in (*marked, *struck):
        draw_mark(image, boxes[i], rng, ink, pen)
    for i in struck:
        strike(image, boxes[i], rng, ink, pen)
    for i in doubtful:
        unclear(image, boxes[i], rng, ink, pen)
    if not marked and not struck and not doubtful:
        dirt(image, rng)
    moved = rng.normal(0, 0.04, 2) * side
    found = tuple((round(x + moved[0]), round(y + moved[1]), w, h) for x, y, w, h in boxes)
    darker = float(np.exp(max(0.0, rng.normal(0, 0.3))))
    return _crop(spoiled(image, rng), _field(kind, count), found, darker), _answer(kind, marked, struck, doubtful)


def _marks(count: int, rng: np.random.Generator) -> tuple[list[int], list[int], list[int]]:
    """Which boxes are marked, of which the mark was taken back, and of which nobody can say."""
    order = [int(i) for i in rng.permutation(count)]
    style = rng.random()
    if style < (0.48 if count == 1 else 0.1):
        return [], [], []
    if style < (0.94 if count == 1 else 0.89):
        return order[:1], [], []
    if style < 0.92:
        return [], [], order[:1]
    if count == 1:
        return ([], order[:1], []) if style < 0.97 else ([], [], order[:1])
    return (order[:1], order[1:2], []) if style < 0.97 else (order[:2], [], [])


def _answer(kind: Kind, marked: list[int], struck: list[int], doubtful: list[int]) -> str | None:
    if doubtful or len(marked) > 1:
        return None
    if kind == "checkbox":
        return None if struck else "yes" if marked else "no"
    return f"option {marked[0]}" if marked else ""


def _field(kind: Kind, count: int) -> Field:
    if kind == "checkbox":
        return Field(name="held_out", kind=kind, box=(0, 0, 20, 20))
    options = tuple(Option(value=f"option {i}", box=(30 * i, 0, 20, 20)) for i in range(count))
    return Field(name="held_out", kind=kind, box=(0, 0, 30 * count, 20), options=options)


def _crop(image: np.ndarray, field: Field, boxes: tuple[Box, ...], darker: float) -> Crop:
    name = hashlib.sha256(f"{image.shape}".encode() + image.tobytes()).hexdigest()
    quality = measure_field(image, CROP_DPI)
    step = Step(name="ink_level", measured={"ink_level": darker * ink_level([image])})
    return Crop(crop_id=name, image=image, dpi=CROP_DPI, field=field, quality=quality, steps=(step,), marks=boxes)
