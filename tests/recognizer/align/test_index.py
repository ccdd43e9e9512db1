import pickle

import cv2
import numpy as np
import pytest

from benchmarks.alignment import drawn, error_px, measured
from recognizer.align import FormIndex
from recognizer.errors import FormError, UsageError
from recognizer.form import BlankPage
from tests.recognizer.align.pages import NIST_PAGE, blank_insurance, both, insurance, nist, page


@pytest.mark.parametrize("method", ["blank_page", "boxes"])
def test_worst_field_corner_is_found_to_a_quarter_of_a_pixel_on_warped_pages(method: str) -> None:
    form, blank = (insurance(), blank_insurance()) if method == "blank_page" else (nist(), drawn(nist(), 1))
    errors, _ = measured(both(), form, blank, pages=6, seed=7)
    assert np.isfinite(errors).sum() >= 5
    assert np.median(errors) < 0.2
    assert np.sort(errors)[4] < 0.4


@pytest.mark.parametrize("turns", range(4))
def test_any_way_round(turns: int) -> None:
    for form, image in ((insurance(), blank_insurance()), (nist(), drawn(nist(), 2))):
        alignment = both().align(page(np.rot90(image, turns)))
        assert alignment is not None
        assert alignment.form.name == form.name
        assert alignment.quarter_turns == (4 - turns) % 4
        height, width = image.shape
        back = {
            0: np.eye(3),
            1: np.array([[0, -1, width - 1], [1, 0, 0], [0, 0, 1]]),
            2: np.array([[-1, 0, width - 1], [0, -1, height - 1], [0, 0, 1]]),
            3: np.array([[0, 1, 0], [-1, 0, height - 1], [0, 0, 1]]),
        }[turns]
        assert error_px(form, alignment.matrix, np.linalg.inv(back)) < 0.3


def test_half_a_page_is_still_the_form() -> None:
    blank = blank_insurance()
    for half in (blank[: len(blank) // 2], blank[:, : blank.shape[1] // 2]):
        alignment = both().align(page(half))
        assert alignment is not None
        assert error_px(insurance(), alignment.matrix, np.eye(3)) < 1.0
    lower = drawn(nist(), 3)[:1800]
    alignment = both().align(page(lower))
    assert alignment is not None
    assert error_px(nist(), alignment.matrix, np.eye(3)) < 1.0


def test_a_covered_corner_does_not_move_the_rest() -> None:
    covered = blank_insurance().copy()
    covered[900:, 500:] = 230
    alignment = both().align(page(covered))
    assert alignment is not None
    assert error_px(insurance(), alignment.matrix, np.eye(3)) < 1.0


def foreign(kind: str) -> np.ndarray:
    rng = np.random.default_rng(5)
    image = np.full((1650, 1275), 245, np.uint8)
    if kind == "noise":
        return rng.integers(0, 256, image.shape).astype(np.uint8)
    if kind == "letter":
        for row in range(25):
            words = "".join(rng.choice(list("abcdefghi klmnop rstu"), 45))
            cv2.putText(image, words, (100, 100 + 60 * row), cv2.FONT_HERSHEY_SIMPLEX, 1.1, 30, 2)
    if kind == "grid":
        image[100:1600:50] = image[:, 50:1250:50] = 0
    if kind == "other form":
        for _ in range(40):
            x, y = rng.integers(50, 1000), rng.integers(50, 1550)
            cv2.rectangle(image, (int(x), int(y)), (int(x + rng.integers(40, 250)), int(y + 45)), 0, 2)
    return image


@pytest.mark.parametrize("kind", ["empty", "noise", "letter", "grid", "other form"])
def test_a_page_of_no_form_fits_none(kind: str) -> None:
    assert both().align(page(foreign(kind))) is None


def test_a_page_of_one_form_does_not_fit_the_other() -> None:
    assert FormIndex([nist()]).align(page(blank_insurance())) is None
    assert FormIndex([insurance()]).align(page(drawn(nist(), 4))) is None


def test_a_tiny_image_fits_none() -> None:
    assert both().align(page(np.zeros((3, 5), np.uint8))) is None


def test_same_page_same_matrix_also_through_pickle() -> None:
    again = pickle.loads(pickle.dumps(both()))
    first, second = both().align(page(blank_insurance())), again.align(page(blank_insurance()))
    assert first is not None
    assert second is not None
    assert first.matrix.tobytes() == second.matrix.tobytes()


def test_unusable_blank_image_says_how_to_mend_it() -> None:
    lost = insurance().model_copy(update={"registration": BlankPage(method="blank_page", image="lost.png")})
    with pytest.raises(FormError, match=r"lost\.png"):
        FormIndex([lost])
    wide = insurance().model_copy(update={"page": insurance().page.model_copy(update={"width": 2000})})
    with pytest.raises(FormError, match="crop the image or set page"):
        FormIndex([wide])


def test_two_forms_of_one_name_are_refused() -> None:
    with pytest.raises(UsageError, match="same name"):
        FormIndex([nist(), nist()])


@pytest.mark.skipif(not NIST_PAGE.exists(), reason="the optional shared data folder is absent")
def test_real_nist_page() -> None:
    image = cv2.imread(str(NIST_PAGE), cv2.IMREAD_GRAYSCALE)
    alignment = both().align(page(image))
    assert alignment is not None
    assert alignment.form.name == "nist_hsf"
    assert alignment.score > 0.9
    assert alignment.residual_px < 0.4
    turned = both().align(page(np.rot90(image, 2)))
    assert turned is not None
    assert turned.quarter_turns == 2
