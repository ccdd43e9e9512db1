"""Checks of how a form's page is to be found."""

import warnings
from collections.abc import Iterator
from pathlib import Path

from PIL import Image

from recognizer.form.check import check_box
from recognizer.form.complaint import Complaint, Place
from recognizer.form.model import BlankPage, Form, Mark, Marks, PrintedBoxes

MAX_BLANK_PIXELS = 120_000_000
ASPECT_TOLERANCE = 0.01
FEWEST_BOXES = 4
FEWEST_SQUARES = 3
"""Three points fix an affine transform."""


def check_registration(form: Form) -> Iterator[Complaint]:
    """What is wrong with `form.registration`, seen together with the page and the fields."""
    way = form.registration
    if isinstance(way, BlankPage):
        yield from _blank(form, form.folder / way.image)
    elif isinstance(way, PrintedBoxes):
        yield from _boxes(form, way)
    else:
        yield from _marks(form, way)


def _blank(form: Form, path: Path) -> Iterator[Complaint]:
    place: Place = ("registration", "image")
    try:
        width, height = _decoded_size(path)
    except FileNotFoundError:
        mend = "correct the path; it starts at the definition's own folder"
        yield Complaint(place=place, what=f"{path} is not there", mend=mend)
        return
    # Decoders raise whatever they like (SyntaxError, struct.error, ...); any of it means an unusable image.
    except Exception as error:
        mend = "save the blank page as PNG, TIFF or JPEG"
        yield Complaint(place=place, what=f"{path} cannot be opened as an image: {error}", mend=mend)
        return
    page = form.page
    if abs(width * page.height / (height * page.width) - 1) > ASPECT_TOLERANCE:
        what = f"is {width} x {height} pixels, the page {page.width} x {page.height}: another shape"
        yield Complaint(place=place, what=what, mend="scan the whole blank page, or correct page.width and page.height")


def _decoded_size(path: Path) -> tuple[int, int]:
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", Image.DecompressionBombWarning)
        with Image.open(path) as image:
            if image.width * image.height > MAX_BLANK_PIXELS:
                raise ValueError(f"it has more than {MAX_BLANK_PIXELS:,} pixels")
            image.load()
            return image.size


def _boxes(form: Form, way: PrintedBoxes) -> Iterator[Complaint]:
    for number, box in enumerate(way.boxes):
        yield from check_box(box, form.page, ("registration", "boxes", number))
    count = len(way.boxes) + sum(field.printed_box for field in form.fields)
    if count < FEWEST_BOXES:
        what = f"only {count} printed boxes: the page cannot be found by them"
        mend = f"name at least {FEWEST_BOXES} printed boxes, counting the fields' own, or use another method"
        yield Complaint(place=("registration", "boxes"), what=what, mend=mend)


def _marks(form: Form, way: Marks) -> Iterator[Complaint]:
    for number, mark in enumerate(way.marks):
        yield from _mark(mark, form, ("registration", "marks", number))
    if all(mark.kind == "square" for mark in way.marks) and len(way.marks) < FEWEST_SQUARES:
        what = f"{len(way.marks)} squares do not fix the page"
        mend = f"name at least {FEWEST_SQUARES} squares, or an ArUco marker"
        yield Complaint(place=("registration", "marks"), what=what, mend=mend)


def _mark(mark: Mark, form: Form, place: Place) -> Iterator[Complaint]:
    half = mark.size // 2
    corner = (mark.center[0] - half, mark.center[1] - half, mark.size, mark.size)
    yield from check_box(corner, form.page, (*place, "center"))
    if mark.kind == "aruco" and mark.id is None:
        yield Complaint(place=place, what="an ArUco marker without its id", mend="add `id:`")
    if mark.kind == "aruco" and not _is_dictionary(mark.dictionary):
        mend = "write OpenCV's name, such as DICT_4X4_50"
        yield Complaint(place=(*place, "dictionary"), what=f"no dictionary {mark.dictionary!r}", mend=mend)
    if mark.kind == "qr" and not mark.text:
        yield Complaint(place=place, what="a QR code without its text", mend="add `text:`, what the code says")


def _is_dictionary(name: str) -> bool:
    import cv2  # only forms with ArUco markers need it

    return name.startswith("DICT_") and hasattr(cv2.aruco, name)
