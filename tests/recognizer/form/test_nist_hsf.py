"""The boxes of nist_hsf lie on the printed lines of a real page, once that page's own tilt is taken out."""

import json
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from recognizer.form import Form, PrintedBoxes, load_form

ROOT = Path(__file__).parents[3]
PAGE = ROOT.parent / "shared/data/forms/nist_hsf/page.png"
REACH_PX = 14

pytestmark = pytest.mark.skipif(not PAGE.exists(), reason="the optional shared data folder is not there")


@pytest.fixture(scope="module")
def form() -> Form:
    return load_form(ROOT / "data/forms/nist_hsf.yaml")


@pytest.fixture(scope="module")
def ink() -> np.ndarray:
    return np.asarray(Image.open(PAGE).convert("L")) < 128


def test_there_is_a_field_for_every_true_value(form: Form) -> None:
    rows = json.loads((PAGE.parent / "truth.json").read_text())["rows"]
    names = [f"r{row}c{column}" for row, values in enumerate(rows, 1) for column in range(1, len(values) + 1)]
    assert [field.name for field in form.fields] == names
    for field, value in zip(form.fields, [value for row in rows for value in row], strict=True):
        assert str(field.pattern).endswith(f"{{{len(value)}}}"), field.name


def test_every_edge_lies_on_a_line(form: Form, ink: np.ndarray) -> None:
    """Find the darkest line near each of the four edges' middles; fit the page's tilt; see what is left."""
    assert isinstance(form.registration, PrintedBoxes)
    boxes = [*form.registration.boxes, *(field.box for field in form.fields)]
    expected, offsets = np.array([edge for box in boxes for edge in _edges(box)]), []
    for x, y, across in expected:
        offsets.append(_offset(ink, round(x), round(y), bool(across)))
    found = np.array(offsets)
    for flat in (False, True):
        chosen = expected[:, 2] == flat
        design = np.column_stack([expected[chosen, :2], np.ones(chosen.sum())])
        tilt = np.linalg.lstsq(design, found[chosen], rcond=None)[0]
        left = np.abs(design @ tilt - found[chosen])
        assert np.median(left) < 0.7
        assert np.percentile(left, 90) < 2  # writing that touches a line moves a few
        assert left.max() < 6


def _edges(box: tuple[int, int, int, int]) -> list[tuple[float, float, float]]:
    """The middles of the left, right, top and bottom edge; 1 where the edge is horizontal."""
    x, y, width, height = box
    return [
        (x, y + height / 2, 0), (x + width, y + height / 2, 0),
        (x + width / 2, y, 1), (x + width / 2, y + height, 1),
    ]  # fmt: skip


def _offset(ink: np.ndarray, x: int, y: int, horizontal: bool) -> float:
    """Pixels from the expected line to the one that is there, along a stretch of 50 pixels."""
    near = ink[y - REACH_PX : y + REACH_PX + 1, x - 25 : x + 25] if horizontal else None
    share = near.mean(1) if near is not None else ink[y - 25 : y + 25, x - REACH_PX : x + REACH_PX + 1].mean(0)
    dark = np.flatnonzero(share > 0.6)
    assert len(dark), f"no line near ({x}, {y})"
    return float(dark.mean() - REACH_PX)
