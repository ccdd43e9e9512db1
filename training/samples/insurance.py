"""Print the blank insurance application: boxes and labels from its definition, the words around them from here."""

import numpy as np
from PIL import Image, ImageDraw

from recognizer.form import Field, Form
from training.samples.fonts import type_face

LEFT, RIGHT = 90, 1185
INK, PALE = 34, 221
"""Grey levels; both are multiples of 17, to which the page is rounded so that its PNG is small."""

SECTIONS = ((286, "1", "About you"), (706, "2", "Your cover"), (910, "3", "Your health"), (1156, "4", "Declaration"))
DECLARATION = (
    "I declare that the answers given above are true and complete to the best of my knowledge. I understand that",
    "the company relies on them, that a false statement may void the policy, and that cover begins only when the",
    "first premium has been paid. I authorize physicians and hospitals to inform the company about my health.",
)


def print_blank(form: Form) -> np.ndarray:
    """The unfilled page, (height, width) uint8."""
    page = Image.new("L", (form.page.width, form.page.height), 255)
    draw = ImageDraw.Draw(page)
    _letterhead(draw)
    for top, number, title in SECTIONS:
        _section(draw, top, number, title)
    for field in form.fields:
        _field(draw, field)
    for line_no, line in enumerate(DECLARATION):
        draw.text((LEFT, 1214 + 32 * line_no), line, INK, type_face("DejaVuSerif", 19))
    _foot(draw)
    return (np.asarray(page) / 17).round().astype(np.uint8) * 17


def _letterhead(draw: ImageDraw.ImageDraw) -> None:
    draw.polygon([(90, 150), (128, 82), (166, 150)], fill=INK)
    draw.polygon([(134, 150), (158, 106), (182, 150)], fill=153)
    draw.line([(84, 160), (188, 160)], INK, 5)
    draw.text((208, 76), "HARBOR MUTUAL", INK, type_face("DejaVuSerif-Bold", 36))
    draw.text((210, 124), "Life Insurance Company · 14 Quayside, Port Ellery", INK, type_face("DejaVuSans", 19))
    draw.text((90, 182), "Application for Life Insurance", INK, type_face("DejaVuSerif", 38))
    hint = "Please print clearly in black or blue ink and stay inside the boxes."
    draw.text((90, 236), hint, INK, type_face("DejaVuSans-Oblique", 18))
    draw.text((RIGHT, 82), "Form HM-204", INK, type_face("DejaVuSans-Bold", 20), anchor="ra")
    draw.text((RIGHT, 110), "page 1 of 1", INK, type_face("DejaVuSans", 17), anchor="ra")


def _section(draw: ImageDraw.ImageDraw, top: int, number: str, title: str) -> None:
    draw.rectangle([LEFT, top, RIGHT, top + 32], fill=PALE)
    draw.rectangle([LEFT, top, LEFT + 34, top + 32], fill=INK)
    draw.text((LEFT + 17, top + 16), number, 255, type_face("DejaVuSans-Bold", 20), anchor="mm")
    draw.text((LEFT + 48, top + 16), title, INK, type_face("DejaVuSans-Bold", 20), anchor="lm")


def _field(draw: ImageDraw.ImageDraw, field: Field) -> None:
    label = type_face("DejaVuSans", 18)
    x, y, width, height = field.box
    if field.kind == "checkbox":
        draw.text((x + width + 18, y + height // 2), field.label, INK, type_face("DejaVuSans", 20), anchor="lm")
    elif field.name == "hospital":
        draw.text((LEFT, y + height // 2), field.label, INK, type_face("DejaVuSans", 20), anchor="lm")
    else:
        draw.text((x, y - 8), field.label, INK, label, anchor="ls")
    if field.printed_box:
        _box(draw, field.box)
    for option in field.options:
        if option.box is not None:
            _box(draw, option.box)
            left, top, wide, high = option.box
            text = option.value.capitalize()
            draw.text((left + wide + 14, top + high // 2), text, INK, type_face("DejaVuSans", 20), anchor="lm")


def _box(draw: ImageDraw.ImageDraw, box: tuple[int, int, int, int]) -> None:
    """Lines two pixels wide around the box's outline."""
    x, y, width, height = box
    draw.rectangle([x - 1, y - 1, x + width, y + height], outline=INK, width=2)


def _foot(draw: ImageDraw.ImageDraw) -> None:
    draw.line([(LEFT, 1548), (RIGHT, 1548)], 153, 2)
    small = type_face("DejaVuSans", 15)
    draw.text((LEFT, 1560), "Return to: Harbor Mutual, New Business, 14 Quayside, Port Ellery", INK, small)
    draw.text((RIGHT, 1560), "HM-204 · rev. 3", INK, small, anchor="ra")
    draw.text((LEFT, 1584), "The company and everyone who applies to it are invented.", 102, small)
