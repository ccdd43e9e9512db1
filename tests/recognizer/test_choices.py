"""What people do to choices on paper, as the shipped bundle reads it: marked in many ways, taken back, two at once."""

from pathlib import Path

import cv2
import numpy as np
import pytest

from recognizer.bundle import load_bundle
from recognizer.clean import measure_field
from recognizer.engine import Engine
from recognizer.form import Box, Field, Option
from recognizer.reading import Crop, Reading
from training.samples.marks import mark

SHIPPED = Path(__file__).parents[2] / "data/bundle"
SIDE = 34
BOXES: tuple[Box, ...] = tuple((SIDE + 3 * SIDE * i, SIDE, SIDE, SIDE) for i in range(4))
FIELD = Field(
    name="choice", kind="choice_group", box=(0, 0, 13 * SIDE, 3 * SIDE),
    options=tuple(Option(value="abcd"[i], box=box) for i, box in enumerate(BOXES)),
)  # fmt: skip
SEEDS = range(12)
SURE = 0.9


@pytest.fixture(scope="module")
def engine() -> Engine:
    if not (SHIPPED / "bundle.json").exists():
        pytest.skip("data/bundle is not there: no model was trained yet")
    return Engine(load_bundle(SHIPPED))


def group(styles: dict[int, str], seed: int) -> Crop:
    """Four printed boxes, some of them marked by a pen."""
    rng = np.random.default_rng(seed)
    image = np.full((3 * SIDE, 13 * SIDE), 248, np.uint8)
    for x, y, w, h in BOXES:
        cv2.rectangle(image, (x, y), (x + w, y + h), 70, 2)
    for place, style in styles.items():
        x, y, w, h = BOXES[place]
        if style == "circle":
            size = (round(w * rng.uniform(0.6, 0.72)), round(h * rng.uniform(0.6, 0.72)))
            cv2.ellipse(image, (x + w // 2, y + h // 2), size, int(rng.integers(0, 90)), 0, 350, 40, 3, cv2.LINE_AA)
        else:
            mark(image, BOXES[place], style, rng, ink=40, width_px=2.6)
    scan = cv2.GaussianBlur(image, (0, 0), 0.6).astype(float) + rng.normal(0, 3, image.shape)
    seen = scan.clip(0, 255).astype(np.uint8)
    return Crop(crop_id=f"{seed}", image=seen, dpi=200.0, field=FIELD, quality=measure_field(seen, 200.0), marks=BOXES)


def read(engine: Engine, styles: dict[int, str]) -> list[Reading]:
    return [engine.read(group(styles, seed)) for seed in SEEDS]


def is_sure(reading: Reading) -> bool:
    return reading.outcome != "ambiguous" and reading.confidence >= SURE


@pytest.mark.parametrize("style", ["cross", "tick", "fill", "scribble", "circle"])
@pytest.mark.parametrize("place", [0, 2])
def test_every_way_to_mark_a_choice_is_read(engine: Engine, style: str, place: int) -> None:
    readings = read(engine, {place: style})
    assert sum(reading.text == "abcd"[place] for reading in readings) >= len(SEEDS) - 1
    assert not any(is_sure(reading) for reading in readings if reading.text != "abcd"[place])


def test_no_mark_is_blank(engine: Engine) -> None:
    readings = read(engine, {})
    assert sum(reading.outcome == "blank" for reading in readings) >= len(SEEDS) - 1


@pytest.mark.parametrize("style", ["cross", "tick", "fill"])
def test_a_scratched_out_mark_is_never_the_answer(engine: Engine, style: str) -> None:
    readings = read(engine, {1: "struck", 3: style})
    assert all(reading.text != "b" for reading in readings)
    assert not any(is_sure(reading) for reading in readings if reading.text != "d")
    assert sum(reading.text == "d" for reading in readings) >= len(SEEDS) // 2


def test_only_a_scratched_out_mark_is_for_a_person(engine: Engine) -> None:
    assert not any(is_sure(reading) for reading in read(engine, {1: "struck"}))


@pytest.mark.parametrize("styles", [("cross", "cross"), ("tick", "fill"), ("circle", "cross")])
def test_two_marks_in_a_single_choice_are_ambiguous(engine: Engine, styles: tuple[str, str]) -> None:
    readings = read(engine, {0: styles[0], 2: styles[1]})
    assert sum(reading.outcome == "ambiguous" for reading in readings) >= len(SEEDS) - 1
    assert not any(is_sure(reading) for reading in readings)
