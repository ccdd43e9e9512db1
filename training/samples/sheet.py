"""One sheet of paper, printed and filled in, before it is scanned; 300 dpi."""

from dataclasses import dataclass, replace
from pathlib import Path

import cv2
import numpy as np
from PIL import Image, ImageDraw

from recognizer.form import Form, load_form
from training.samples import insurance, nist
from training.samples.fill import Habits, Values, answers, fill
from training.samples.fonts import type_face
from training.samples.pen import Hand, random_hand
from training.samples.people import random_person

DPI = 300
SIZE = (2550, 3300)
"""Width and height of a letter page."""

LETTER = (
    "Dear Sir or Madam,", "",
    "please find enclosed the documents that you asked for in your letter of last",
    "week. The certificate from the registry office will follow as soon as it has",
    "been issued, which I am told may take until the end of the month.", "",
    "In the meantime I should be grateful if you could confirm that my request",
    "was received in time. You can reach me at the address above, or by telephone",
    "in the afternoon.", "", "Yours faithfully,",
)  # fmt: skip


@dataclass(frozen=True, kw_only=True)
class Sheet:
    """A sheet and its truth; `form` is None where it is no known form, `status` what should become of the page."""

    image: np.ndarray
    form: str | None
    status: str
    fields: Values
    note: str


class Desk:
    """Where people fill forms in: the forms of `folder`, and a source of chance for each sheet."""

    def __init__(self, folder: Path) -> None:
        self.insurance = load_form(folder / "insurance_application.yaml")
        self.nist = load_form(folder / "nist_hsf.yaml")

    def application(
        self, rng: np.random.Generator, note: str, *, font: str = "caveat", habits: Habits | None = None, **said: str
    ) -> Sheet:
        """A filled-in insurance application; `said` replaces what the invented person would have answered."""
        blank = cv2.resize(insurance.print_blank(self.insurance), SIZE, interpolation=cv2.INTER_CUBIC)
        values = answers(random_person(rng)) | said
        return _filled(blank, self.insurance, values, random_hand(rng, font), habits or Habits(), rng, note)

    def handwriting_sample(
        self, rng: np.random.Generator, note: str, *, font: str = "caveat", habits: Habits | None = None
    ) -> Sheet:
        """A filled-in Handwriting Sample Form, on paper ten pixels wider than a letter page, as NIST's own."""
        values = nist.random_values(self.nist, rng)
        page = nist.print_page(self.nist, values)
        hand = replace(random_hand(rng, font), ink=int(rng.integers(0, 40)))
        return _filled(page, self.nist, values, hand, habits or Habits(), rng, note)


def empty(note: str) -> Sheet:
    """The back of a sheet: paper and nothing else."""
    image = np.full(SIZE[::-1], 250, np.uint8)
    return Sheet(image=image, form=None, status="blank", fields={}, note=note)


def letter(rng: np.random.Generator, note: str) -> Sheet:
    """A typed letter: a page of no known form."""
    page = Image.new("L", SIZE, 255)
    draw = ImageDraw.Draw(page)
    sender = random_person(rng)
    head = (f"{sender.first_name} {sender.last_name}", sender.street, f"{sender.city}, {sender.state}")
    for number, line in enumerate(head):
        draw.text((300, 300 + 58 * number), line, 30, type_face("DejaVuSerif", 44))
    for number, line in enumerate(LETTER):
        draw.text((300, 900 + 82 * number), line, 30, type_face("DejaVuSerif", 44))
    draw.text((300, 2100), head[0], 30, type_face("DejaVuSerif", 44))
    return Sheet(image=np.asarray(page), form=None, status="unmatched", fields={}, note=note)


def _filled(
    blank: np.ndarray, form: Form, values: Values, hand: Hand, habits: Habits, rng: np.random.Generator, note: str
) -> Sheet:
    image, truth = fill(blank, form, values, hand, habits, rng)
    return Sheet(image=image, form=form.name, status="read", fields=truth, note=note)
