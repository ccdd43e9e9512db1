import io
from pathlib import Path

import numpy as np
from PIL import Image

from recognizer.form import Field, Form, load_form
from serving.commands.picture import COLOURS, page_picture, shown, upright

DATA = Path(__file__).parents[2] / "data"
FORM = load_form(DATA / "forms" / "insurance_application.yaml")


def said(field: Field) -> dict[str, object]:
    decision = {"signature": "review", "date": "audit"}.get(field.kind, "accept")  # an audited field is accepted
    return {"value": "900-12-5638", "outcome": "text", "decision": decision, "confidence": 0.5}


def drawn(image: np.ndarray, form: Form) -> np.ndarray:
    picture = page_picture(image, form, {field.name: said(field) for field in form.fields})
    return np.asarray(Image.open(io.BytesIO(picture)).convert("RGB")).astype(int)


def share_of(pixels: np.ndarray, colour: str) -> float:
    wanted = np.array([int(colour[i : i + 2], 16) for i in (1, 3, 5)])
    return float((np.abs(pixels - wanted).max(axis=-1) < 40).mean())


def test_fields_are_framed_in_the_colour_of_their_decision() -> None:
    picture = drawn(np.full((FORM.page.height, FORM.page.width), 255, np.uint8), FORM)
    scale = picture.shape[0] / FORM.page.height
    for field in FORM.fields:
        x, y, w, h = (round(value * scale) for value in field.box)
        edge = picture[y + h - 1 : y + h + 2, x + 8 : x + w - 8]
        right, wrong = ("review", "accept") if field.kind == "signature" else ("accept", "review")
        assert share_of(edge, COLOURS[right]) > 0.3, field.name
        assert share_of(edge, COLOURS[wrong]) < 0.01, field.name


def test_sensitive_values_are_masked_and_non_answers_named() -> None:
    by_kind = {field.kind: field for field in FORM.fields}
    assert shown(by_kind["ssn"], said(by_kind["ssn"])) == "***-**-5638"
    assert shown(by_kind["phone"], said(by_kind["phone"])) == "900-12-5638"
    assert shown(by_kind["name"], {"value": "", "outcome": "illegible"}) == "– illegible –"


def test_a_photograph_is_laid_on_the_form() -> None:
    image = upright(DATA / "samples" / "scans" / "IMG_2041.jpg", FORM)
    blank = np.asarray(Image.open(DATA / "forms" / "insurance_application" / "blank.png").convert("L"))
    assert image.shape == blank.shape
    printed = blank < 128
    assert np.median(image[printed]) < np.median(image[~printed]) - 100
