"""Filled-in applications as an office gets them, and what can go wrong with them: faults of scanner, paper and people.

Every page is a page of its own: its person, hand and scan come from its seed and number, with a fault and without. So
pages with a fault differ from the quiet ones by the fault alone. Where an office has two scanners, they take turns.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path

import cv2
import numpy as np

from benchmarks.sample_runs import DATA
from recognizer.form import Form
from recognizer.form.model import Option
from training.samples import save, scan
from training.samples.fill import Habits, Values, answers
from training.samples.fonts import HANDS
from training.samples.people import random_person
from training.samples.sheet import DPI, Desk

MOVED_MM = 3.0
LEFT_OUT = 0.5
"""Share of the fields that are left out in a flood of blanks."""
FRENCH = {
    "first_name": ("Benoît", "Thérèse", "Jérôme", "Anaïs", "Françoise", "Hélène", "Gaëtan", "Solène"),
    "last_name": ("Lefèvre", "Beauchêne", "Delacroix", "Fournier-Roux", "Guérin", "Chevallier", "Desrosiers"),
    "street": ("rue du Maréchal Foch", "avenue de la République", "impasse des Lilas", "boulevard Saint-Michel",
               "place de l'Église", "chemin des Vergers"),
    "city": ("Besançon", "Angoulême", "Clermont", "Perpignan", "Orléans", "Saint-Brieuc"),
}  # fmt: skip


Device = tuple[str, str]
"""Make and model, as a scanner writes them into its files; invented."""
NAMELESS: Device = ("", "")
TWO: tuple[Device, Device] = (("Borealis", "S300"), ("Larch", "Flatbed 1"))


@dataclass(frozen=True, kw_only=True)
class Scanner:
    """How a page is scanned: dots per inch, degrees by which the feeder turns it, and the quality of its JPEG."""

    dpi: int = 150
    turn_deg: float = 0.0
    quality: int = 75


def same(image: np.ndarray) -> np.ndarray:
    return image


def as_said(values: Values, rng: np.random.Generator) -> Values:
    return values


def no_habit(rng: np.random.Generator, form: Form) -> Habits:
    return Habits()


@dataclass(frozen=True, kw_only=True)
class Fault:
    """What is not as it was: how pages are scanned (`scanner`, and `seen` of the scan), printed (`lower_mm`), what is
    written on them (`said`), and the habits of who writes; of one `device` alone, or of all."""

    says: str
    scanner: Scanner = Scanner()
    seen: Callable[[np.ndarray], np.ndarray] = same
    lower_mm: float = 0.0
    said: Callable[[Values, np.random.Generator], Values] = as_said
    habits: Callable[[np.random.Generator, Form], Habits] = no_habit
    device: Device | None = None


NOTHING = Fault(says="nothing is wrong")


def darker(image: np.ndarray) -> np.ndarray:
    return scan.contrast(image, 0, 165)


def unfocused(image: np.ndarray) -> np.ndarray:
    return scan.blur(image, 1.0)


def squeezed(image: np.ndarray) -> np.ndarray:
    """As saved by somebody who forwards scans as small JPEGs."""
    _, small = cv2.imencode(".jpg", image, [cv2.IMWRITE_JPEG_QUALITY, 12])
    return np.asarray(cv2.imdecode(small, cv2.IMREAD_GRAYSCALE))


def european(values: Values, rng: np.random.Generator) -> Values:
    """Dates as dd.mm.yyyy."""
    dates = {name: values[name].split("/") for name in ("date_of_birth", "signed_on")}
    return values | {name: f"{day}.{month}.{year}" for name, (month, day, year) in dates.items()}


def swapped(one: str, other: str) -> Callable[[Values, np.random.Generator], Values]:
    return lambda values, rng: values | {one: values[other], other: values[one]}


def french(values: Values, rng: np.random.Generator) -> Values:
    said = {name: str(rng.choice(words)) for name, words in FRENCH.items()}
    return values | said | {"street": f"{rng.integers(2, 190)}, {said['street']}"}


def sparing(rng: np.random.Generator, form: Form) -> Habits:
    return Habits(blank=frozenset(field.name for field in form.fields if rng.random() < LEFT_OUT))


FAULTS: Mapping[str, Fault] = {
    "lower resolution": Fault(says="a new scanner: 100 dpi, not 150", scanner=Scanner(dpi=100)),
    "skewed feeder": Fault(says="the feeder turns pages by 3 degrees", scanner=Scanner(turn_deg=3.0)),
    "darker copies": Fault(says="white becomes a grey of 165 of 255", seen=darker),
    "boxes moved": Fault(says="the form is reprinted with its boxes 3 mm lower", lower_mm=MOVED_MM),
    "new date style": Fault(says="dates as dd.mm.yyyy, not mm/dd/yyyy", said=european),
    "swapped kinds": Fault(says="telephone and SSN stand in each other's box", said=swapped("phone", "ssn")),
    "swapped names": Fault(says="first and last name in each other's box", said=swapped("first_name", "last_name")),
    "flood of blanks": Fault(says="half of the fields are left out", habits=sparing),
    "JPEG again": Fault(says="scans are saved again as JPEG of quality 12", seen=squeezed),
    "another language": Fault(says="names, streets and towns are French", said=french),
}
"""Faults that pictures show, by name."""
OF_ONE_SCANNER = Fault(says="one of two scanners in a folder is out of focus", seen=unfocused, device=TWO[1])


def printed_lower(form: Form, by_mm: float) -> Form:
    """The form with its boxes further down, as another printer sets it; letterhead and headings stay."""
    by = round(by_mm / 25.4 * form.page.dpi)

    def down(box: tuple[int, int, int, int]) -> tuple[int, int, int, int]:
        x, y, width, height = box
        return x, y + by, width, height

    def option(each: Option) -> Option:
        return each.model_copy(update={"box": down(each.box)}) if each.box else each

    return form.model_copy(update={"fields": tuple(
        field.model_copy(update={"box": down(field.box), "options": tuple(map(option, field.options))})
        for field in form.fields
    )})  # fmt: skip


def draw_page(seed: int, number: int, fault: Fault = NOTHING) -> tuple[np.ndarray, Values]:
    """The scan of a page, (height, width) uint8, and what stands in its fields.

    Person, hand, place on the glass and grain are the same with a fault and without.
    """
    rng, desk = np.random.default_rng([seed, number]), Desk(DATA / "forms")
    turn_deg, font = float(rng.normal(0, 0.5)), str(rng.choice(list(HANDS)))
    own, glass = (np.random.default_rng([seed, number, part]) for part in (1, 2))
    values = fault.said(answers(random_person(rng)), own)
    desk.insurance = printed_lower(desk.insurance, fault.lower_mm)
    sheet = desk.application(rng, "", font=font, habits=fault.habits(own, desk.insurance), **values)
    how = fault.scanner
    on_glass = scan.warp(sheet.image, glass, scale=how.dpi / DPI, turn_deg=turn_deg + how.turn_deg, shift=0.004)
    return fault.seen(scan.noise(on_glass, glass, 1.5)), sheet.fields


def save_page(path: Path, seed: int, number: int, fault: Fault = NOTHING, device: Device = NAMELESS) -> Values:
    """Write the scan as a JPEG that names the device, and return what stands in its fields."""
    its = fault if fault.device in (None, device) else NOTHING
    image, values = draw_page(seed, number, its)
    save.save_jpeg(path, image, its.scanner.dpi, quality=its.scanner.quality, scanner=device)
    return values
