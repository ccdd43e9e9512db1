"""Print a Handwriting Sample Form in the layout of NIST's, with numbers of our own above the boxes."""

import string

import numpy as np
from PIL import Image, ImageDraw

from recognizer.form import Form, PrintedBoxes
from training.samples.fonts import type_face

TITLE = ("PLEASE PRINT THE NUMBERS AND LETTERS BELOW", "HANDWRITING SAMPLE FORM")
HINT = (
    "This sample of handwriting is drawn for testing computer recognition of hand printed numbers and",
    "letters.  Please print the following characters in the boxes that appear below.",
)
CONSENT = (
    "This page has the layout of the Handwriting Sample Form of the",
    "National Institute of Standards and Technology.  Nobody wrote on it:",
    "a program printed the boxes and the numbers above them, and another",
    "filled them in, so that the recognition of forms can be tried where",
    "no real page may be shown.",
    "",
    "Your voluntary assistance is appreciated.",
)


def random_values(form: Form, rng: np.random.Generator) -> dict[str, str]:
    """What the form asks its writer to copy, by field: digits as long as each box's, and two shuffled alphabets."""
    values = {}
    for field in form.fields:
        if field.name.startswith("r1"):
            values[field.name] = string.digits
        elif field.kind == "digits":
            values[field.name] = "".join(str(digit) for digit in rng.integers(0, 10, _length(field.pattern)))
        else:
            letters = string.ascii_lowercase if field.name == "r7c1" else string.ascii_uppercase
            values[field.name] = "".join(rng.permutation(list(letters)))
    return values


def print_page(form: Form, values: dict[str, str]) -> np.ndarray:
    """The unfilled page, (height, width) uint8."""
    page = Image.new("L", (form.page.width, form.page.height), 255)
    draw = ImageDraw.Draw(page)
    for line_no, line in enumerate(TITLE):
        draw.text((1188, 350 + 66 * line_no), line, 0, type_face("DejaVuSerif", 48), anchor="ms")
    for line_no, line in enumerate(HINT):
        draw.text((208 - 60 * line_no, 698 + 50 * line_no), line, 0, type_face("DejaVuSerif-Bold", 30), anchor="ls")
    _boxes(draw, form)
    for field in form.fields:
        x, y, width, _ = field.box
        text = " ".join(values[field.name]) if len(values[field.name]) >= 10 else values[field.name]
        spot = (x + 80, y - 14) if len(values[field.name]) > 10 else (x + width * 0.45, y - 14)
        anchor = "ls" if len(values[field.name]) > 10 else "ms"
        draw.text(spot, text, 0, type_face("DejaVuSerif-Bold", 34), anchor=anchor)
    for line_no, line in enumerate(CONSENT):
        draw.text((260, 2480 + 78 * line_no), line, 0, type_face("DejaVuSerif", 44), anchor="ls")
    return np.asarray(page)


def _boxes(draw: ImageDraw.ImageDraw, form: Form) -> None:
    """Lines five pixels wide, centred on the boxes' edges."""
    others = form.registration.boxes if isinstance(form.registration, PrintedBoxes) else ()
    for x, y, width, height in (*others, *(field.box for field in form.fields)):
        draw.rectangle([x - 2, y - 2, x + width + 2, y + height + 2], outline=0, width=5)


def _length(pattern: str | None) -> int:
    """The n of a pattern such as \\d{n}."""
    return int(str(pattern).partition("{")[2].rstrip("}"))
