import cv2
import numpy as np
import pytest

from benchmarks.alignment import drawn, filled, warped
from recognizer.align import Alignment
from recognizer.cut import CROP_DPI, cut, cut_image
from recognizer.form import Field, Form
from recognizer.form.digest import form_digest
from recognizer.frame import ink_level
from recognizer.page import Page
from tests.recognizer.align.pages import blank_insurance, both, insurance, nist, page


def exact(form: Form, matrix: np.ndarray) -> Alignment:
    return Alignment(form=form, form_digest="d", matrix=matrix, method="boxes", inliers=99, residual_px=0.0, score=1.0)


def test_crops_hold_the_box_and_a_margin_at_the_resolution_asked_for() -> None:
    for dpi in (100.0, 200.0, 300.0):
        crops = cut(page(blank_insurance()), exact(insurance(), np.eye(3)), dpi=dpi)
        assert [crop.field.name for crop in crops] == [field.name for field in insurance().fields]
        crop = crops[0]
        _, _, w, h = crop.field.box
        margin = max(6, round(0.12 * h * dpi / 150))
        assert crop.image.shape == (np.ceil(h * dpi / 150) + 2 * margin + 1, np.ceil(w * dpi / 150) + 2 * margin + 1)
        assert crop.dpi == dpi


def test_printed_boxes_and_labels_are_gone_and_writing_stays() -> None:
    form, empty = nist(), drawn(nist(), 1)
    written = empty.copy()
    digits = [field for field in form.fields if field.kind == "digits"]
    for field in digits:
        x, y, _, h = field.box
        cv2.putText(written, "42", (x + 20, y + h - 20), cv2.FONT_HERSHEY_SIMPLEX, 1.8, 20, 5)
    blanks = {c.field.name: c for c in cut(page(empty), exact(form, np.eye(3)))}
    fulls = {c.field.name: c for c in cut(page(written), exact(form, np.eye(3)))}
    for field in digits:
        blank, full = blanks[field.name], fulls[field.name]
        assert np.mean(blank.image < 128) < 0.002, field.name
        x, y, _, h = field.box
        lone = np.full_like(empty, 255)
        cv2.putText(lone, "42", (x + 20, y + h - 20), cv2.FONT_HERSHEY_SIMPLEX, 1.8, 20, 5)
        wanted = np.count_nonzero(lone < 128) * (CROP_DPI / 300) ** 2
        assert np.count_nonzero(full.image < 128) == pytest.approx(wanted, rel=0.15), field.name


def test_writing_that_leaves_its_box_is_kept() -> None:
    image = drawn(nist(), 1)
    field = next(field for field in nist().fields if field.name == "r1c1")
    x, y, _, h = field.box
    cv2.line(image, (x + 300, y + 20), (x + 300, y + h + 8), 20, 6)
    crop = cut(page(image), exact(nist(), np.eye(3)))[0]
    below = crop.image[-6:]
    assert np.any(below < 128)


def test_the_same_field_of_a_turned_page_gives_the_same_crop() -> None:
    form, rng = nist(), np.random.default_rng(3)
    straight = filled(form, drawn(form, 1), rng)
    crops = cut(page(straight), exact(form, np.eye(3)))
    warp = warped(straight, np.random.default_rng(4), hard=False)
    alignment = both().align(page(warp.image))
    assert alignment is not None
    for one, other in zip(crops, cut(page(warp.image), alignment), strict=True):
        assert one.image.shape == other.image.shape
        smooth = [cv2.GaussianBlur(crop.image.astype(np.float32), (0, 0), 1.5).ravel() for crop in (one, other)]
        if smooth[0].std() > 8:
            assert np.corrcoef(*smooth)[0, 1] > 0.8, one.field.name


def test_option_boxes_lie_on_the_printed_ones() -> None:
    crops = cut(page(blank_insurance()), exact(insurance(), np.eye(3)))
    groups = [crop for crop in crops if crop.field.is_marks]
    assert [len(crop.marks) for crop in groups] == [3, 1, 2]
    for crop in groups:
        for x, y, w, h in crop.marks:
            top, left = crop.image[y : y + 2, x : x + w].min(axis=0), crop.image[y : y + h, x : x + 2].min(axis=1)
            edge = np.concatenate([top, left])
            assert np.mean(edge < 128) > 0.9
            assert crop.image[y + 6 : y + h - 6, x + 6 : x + w - 6].min() > 200
    writing = [crop for crop in crops if not crop.field.is_marks]
    assert all(crop.marks == () for crop in writing)


def test_crops_of_marks_know_how_dark_their_pages_ink_is() -> None:
    image, alignment = blank_insurance(), exact(insurance(), np.eye(3))
    x, y, w, h = next(field.box for field in insurance().fields if not field.is_marks)
    for ink in (90, 10):
        cv2.line(image, (x + 20, y + 10), (x + w - 20, y + h - 10), ink, 9)
        cv2.line(image, (x + 20, y + h - 10), (x + w - 20, y + 10), ink, 9)
        crops = cut(page(image), alignment)
        levels = {crop.ink_level for crop in crops if crop.field.is_marks}
        assert len(levels) == 1
        assert levels == {ink_level(crop.image for crop in crops)}
    assert all(crop.ink_level is None for crop in crops if not crop.field.is_marks)


def test_darker_ink_elsewhere_makes_another_crop_of_the_same_marks() -> None:
    pale, alignment = blank_insurance() // 2 + 127, exact(insurance(), np.eye(3))
    x, y, _, h = next(field.box for field in insurance().fields if not field.is_marks)
    dark = pale.copy()
    dark[y + 10 : y + h - 10, x + 30 : x + 60] = 0
    one, other = ([c for c in cut(page(image), alignment) if c.field.is_marks] for image in (pale, dark))
    for before, after in zip(one, other, strict=True):
        assert np.array_equal(before.image, after.image)
        assert before.ink_level is not None and after.ink_level is not None
        assert before.ink_level + 40 < after.ink_level
        assert before.crop_id != after.crop_id and len(after.crop_id) == 32


def test_crop_ids_tell_scans_pages_forms_and_pixels_apart() -> None:
    image = blank_insurance()
    alignment = exact(insurance(), np.eye(3))
    variants = [
        Page(image=image, scan_digest="a", page_no=1),
        Page(image=image, scan_digest="b", page_no=1),
        Page(image=image, scan_digest="a", page_no=2),
        Page(image=image - image // 8, scan_digest="a", page_no=1),
    ]
    ids = [crop.crop_id for variant in variants for crop in cut(variant, alignment)]
    assert len(set(ids)) == len(ids)
    assert ids[: len(insurance().fields)] == [crop.crop_id for crop in cut(variants[0], alignment)]
    assert all(len(crop_id) == 32 for crop_id in ids)


def test_a_field_beyond_the_pages_edge_is_paper() -> None:
    alignment = exact(insurance(), np.eye(3))
    crops = {crop.field.name: crop for crop in cut(page(blank_insurance()[:900]), alignment)}
    assert crops["signature"].image.min() > 200


def test_cut_image_gives_what_cut_gives() -> None:
    field = Field(name="n", kind="digits", box=(0, 0, 300, 90))
    image = np.full((90, 300), 250, np.uint8)
    cv2.rectangle(image, (0, 0), (299, 89), 0, 4)
    cv2.putText(image, "42", (60, 70), cv2.FONT_HERSHEY_SIMPLEX, 1.8, 20, 5)
    crop = cut_image(image, field, 300)
    assert crop.dpi == CROP_DPI
    assert crop.image.shape == (60 + 14, 200 + 14)
    inner = crop.image[20:54, 45:120]
    assert np.any(inner < 100)
    assert np.mean(crop.image[:, :30] < 128) < 0.02
    unknown = cut_image(image, field)
    assert unknown.image.shape == (80 + 20, 267 + 20)
    assert crop.crop_id == cut_image(image, field, 300).crop_id != unknown.crop_id


def test_form_digest_follows_content() -> None:
    form = insurance()
    assert form_digest(form) == form_digest(form.model_copy())
    assert len(form_digest(form)) == 16
    assert form_digest(form) != form_digest(form.model_copy(update={"version": 2}))
    assert form_digest(form) != form_digest(nist())
