"""Fill a printed page in with one person's hand."""

from dataclasses import dataclass, field

import numpy as np

from recognizer.form import Box, Field, Form
from training.samples.marks import mark, sign
from training.samples.pen import Hand, write
from training.samples.people import Person

Values = dict[str, str]
"""The true value of each field: text, "yes" or "no", an option's value, "signed", "" where nothing is written."""


@dataclass(frozen=True, kw_only=True)
class Habits:
    """What this writer does besides writing the values.

    `mark_style` is one of `marks.STYLES`; `beyond` lets the writing grow out of its boxes; `struck` are the options
    that were marked and taken back, by field; `blank` the fields left out.
    """

    mark_style: str = "cross"
    beyond: bool = False
    struck: dict[str, str] = field(default_factory=dict)
    blank: frozenset[str] = frozenset()


def answers(person: Person) -> Values:
    """What a person answers to the insurance application."""
    said = {name: str(value) for name, value in vars(person).items()}
    for question in ("smoker", "hospital"):
        said[question] = "yes" if getattr(person, question) else "no"
    return said | {"signature": "signed"}


def fill(
    page: np.ndarray, form: Form, values: Values, hand: Hand, habits: Habits, rng: np.random.Generator
) -> tuple[np.ndarray, Values]:
    """Write `values` on a printed page of `form`.

    `page` is (height, width) uint8 at any resolution. Returns the page with the ink on it and the truth: what a
    careful reader would key for each field, which is in capitals where the hand knows nothing else.
    """
    image, truth = page.copy(), {}
    scale = page.shape[0] / form.page.height
    for each in form.fields:
        value = "" if each.name in habits.blank else values[each.name]
        truth[each.name] = value.upper() if hand.capitals_only and _is_written(each) else value
        if each.name in habits.blank and each.kind == "checkbox":
            truth[each.name] = "no"
        _answer(image, each, value, hand, habits, rng, scale)
    return image, truth


def _is_written(field: Field) -> bool:
    return not field.is_marks and field.kind != "signature"


def _answer(
    image: np.ndarray, field: Field, value: str, hand: Hand, habits: Habits, rng: np.random.Generator, scale: float
) -> None:
    box, pen_px = _scaled(field.box, scale), max(2.0, 1.6 * scale * hand.pen)
    if field.is_marks:
        boxes: dict[str, Box] = {option.value: option.box for option in field.options if option.box is not None}
        boxes = boxes or {"yes": field.box}
        styles = (
            (value, habits.mark_style),
            (habits.struck.get(field.name, ""), "struck"),
        )
        for option, style in styles:
            if option in boxes:
                mark(image, _scaled(boxes[option], scale), style, rng, ink=hand.ink, width_px=pen_px * 1.2)
    elif value and field.kind == "signature":
        sign(image, box, rng, ink=hand.ink, width_px=pen_px)
    elif value:
        _write_into(image, box, value, hand, habits, rng)


def _write_into(image: np.ndarray, box: Box, value: str, hand: Hand, habits: Habits, rng: np.random.Generator) -> None:
    """Write a value into its box, smaller where it would not fit; some writers do not care."""
    x, y, width, height = box
    tall = height * (rng.uniform(0.62, 0.8) if habits.beyond else rng.uniform(0.42, 0.54))
    room = width * (1.03 if habits.beyond else 0.93)
    space = 0.3 if len(value) >= 26 else 0.0  # a whole alphabet is printed letter by letter
    line = write(value, hand.font, rng, tall, hand=hand, space=space)
    if line.shape[1] > room:
        line = write(value, hand.font, rng, tall * room / line.shape[1], hand=hand, space=space)
    slack = max(0.0, width - line.shape[1])
    left = x + min(slack / 2, rng.uniform(0.02, 0.06) * width + rng.uniform(0, 0.3) * slack)
    sink = rng.uniform(0.1, 0.25) if habits.beyond else rng.uniform(-0.06, 0.06)
    paste(image, line, round(left), round(y + (height - line.shape[0]) / 2 + sink * height))


def paste(image: np.ndarray, ink: np.ndarray, left: int, top: int) -> None:
    """Lay writing over the page, the darker of both staying; what would leave the page is cut off."""
    left, top = max(0, left), max(0, top)
    spot = image[top : top + ink.shape[0], left : left + ink.shape[1]]
    np.minimum(spot, ink[: spot.shape[0], : spot.shape[1]], out=spot)


def _scaled(box: Box, scale: float) -> Box:
    x, y, width, height = (round(edge * scale) for edge in box)
    return x, y, width, height
