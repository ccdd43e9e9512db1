"""Components whose readings follow a script: as right, as sure and as broken as a test wants them."""

import math
from collections.abc import Iterator, Mapping, Sequence
from functools import cache
from hashlib import sha256
from pathlib import Path

import numpy as np

from recognizer.form import Field
from recognizer.look import Look
from recognizer.page import Quality
from recognizer.reading import Alternative, Crop, Outcome, Reading
from training.cases import Case
from training.stacks.fit import Fitted, Heard, fit_stack, hear

FIELD = Field(name="number", kind="digits", box=(0, 0, 200, 40), printed_box=False)
KINDS = ("digits",)
WRITERS = 150


def numbers(count: int, seed: int) -> list[str]:
    """Five digits each, all different."""
    rng = np.random.default_rng(seed)
    return [f"{n:05}" for n in rng.choice(100_000, count, replace=False)]


def crop_of(text: str, seed: int = 0) -> Crop:
    """A crop that says what is written in it to those who follow a script."""
    quality = Quality(
        contrast=0.7, sharpness=0.5, noise=2.0, resolution_dpi=200, skew_deg=0.0, illumination=0.0, clipping=0.0,
        compression=0.0, ink_coverage=0.1, bleed_through=0.0,
    )  # fmt: skip
    image = np.full((4, 4), 250, np.uint8)
    return Crop(crop_id=f"{text}-{seed}-{len(text)}", image=image, dpi=200, field=FIELD, quality=quality)


def cases(count: int, seed: int) -> Iterator[Case]:
    for number, text in enumerate(numbers(count, seed)):
        yield Case(crop=crop_of(text, seed), truth=text, writer=f"w{number % WRITERS}", source="scripted")


class Scripted:
    """Reads right with the chance `skill`, and is surer where it does; `broken` says what is the matter with it."""

    def __init__(self, name: str, skill: float, broken: str = "") -> None:
        self.name, self.skill, self.broken = name, skill, broken

    @property
    def bundle_id(self) -> str:
        return sha256(self.name.encode()).hexdigest()[:32]

    def can_read(self, field: Field, folder: Path = Path()) -> bool:
        return not field.is_marks

    def look(self, crop: Crop, folder: Path = Path()) -> Look:
        truth, rng = crop.crop_id.split("-")[0], self._chance(crop)
        if self.broken == "raises":
            raise RuntimeError("out of memory")
        if self.broken == "silent":
            return Look(reading=_reading("", "blank", 0.99))
        if self.broken == "constant":
            return Look(reading=_reading("11111", "text", 0.997))
        if self.broken == "garbage":
            return Look(reading=_reading(f"{rng.integers(100_000):05}", "text", float(rng.uniform(0.9, 0.9999))))
        sure = 1 / (1 + math.exp(-rng.normal(4.5, 1.8)))
        wrong = truth[:-1] + str((int(truth[-1]) + 1 + int(rng.integers(9))) % 10)
        is_right = rng.random() < 1 - (1 - sure) * (1 - self.skill) * 12
        first, second = (truth, wrong) if is_right else (wrong, truth)
        if not is_right and rng.random() < 0.3:
            second = truth[1:] + "0"
        return Look(reading=_reading(first, "text", sure, ((second, (1 - sure) * 0.8),)))

    def _chance(self, crop: Crop) -> np.random.Generator:
        seed = sha256(f"{self.name} {crop.crop_id}".encode()).digest()
        return np.random.default_rng(int.from_bytes(seed[:8], "big"))


def _reading(text: str, outcome: Outcome, sure: float, others: Sequence[tuple[str, float]] = ()) -> Reading:
    listed = tuple(Alternative(text=other, confidence=p) for other, p in others)
    measured = {"log_mass": -0.01, "not_text": 1e-4}
    return Reading(text=text, outcome=outcome, confidence=sure, alternatives=listed, measured=measured)


def three(broken: Mapping[str, str] | None = None) -> dict[str, Scripted]:
    """Three components of about the same skill; some of them broken."""
    skills = {"ash": 0.8, "birch": 0.75, "cedar": 0.7}
    return {name: Scripted(name, skill, (broken or {}).get(name, "")) for name, skill in skills.items()}


@cache
def heard(count: int = 4_000, seed: int = 1) -> tuple[Heard, ...]:
    """What the three say of fields of the writers that a stack is fitted on."""
    return tuple(hear(three(), cases(count, seed), KINDS))


@cache
def fitted(least: int = 2) -> Fitted:
    """A stack of the three."""
    return fit_stack(three(), heard(), KINDS, least)
