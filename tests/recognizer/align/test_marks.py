import cv2
import numpy as np
import pytest

from benchmarks.alignment import error_px, warped
from recognizer.align import FormIndex
from recognizer.form import Form
from tests.recognizer.align.pages import page

FIELDS = [{"name": f"f{row}", "kind": "text", "box": (150, 400 + 180 * row, 900, 70)} for row in range(5)]
SQUARES = [
    {"kind": "square", "center": (x, y), "size": size}
    for x, y, size in ((80, 80, 40), (1195, 80, 40), (80, 1570, 40), (1195, 1570, 24))
]
ARUCO = [
    {"kind": "aruco", "center": (x, y), "size": 90, "id": i} for i, (x, y) in enumerate(((120, 120), (1150, 1520)))
]
QR = [{"kind": "qr", "center": (1080, 180), "size": 174, "text": "penfield:claim"}]


def form_of(marks: list[dict[str, object]], *, printed: bool = True) -> Form:
    fields = [{**field, "printed_box": printed} for field in FIELDS]
    return Form.model_validate(
        {
            "name": "claim",
            "page": {"width": 1275, "height": 1650, "dpi": 150},
            "registration": {"method": "marks", "marks": marks},
            "fields": fields,
        }
    )


def printed_page(form: Form) -> np.ndarray:
    image = np.full((1650, 1275), 255, np.uint8)
    for mark in form.registration.marks:
        x, y, half = *mark.center, mark.size // 2
        if mark.kind == "square":
            image[y - half : y + half + 1, x - half : x + half + 1] = 0
            continue
        if mark.kind == "aruco":
            code = cv2.aruco.generateImageMarker(cv2.aruco.getPredefinedDictionary(cv2.aruco.DICT_4X4_50), mark.id, 90)
        else:
            code = cv2.QRCodeEncoder.create().encode(mark.text)[2:-2, 2:-2]
            code = cv2.resize(code, (mark.size, mark.size), interpolation=cv2.INTER_NEAREST)
        image[y - half : y + half, x - half : x + half] = code
    for field in form.fields:
        if field.printed_box:
            x, y, w, h = field.box
            cv2.rectangle(image, (x, y), (x + w, y + h), 0, 2)
        cv2.putText(image, "Name and place", (150, field.box[1] - 20), cv2.FONT_HERSHEY_SIMPLEX, 0.8, 0, 2)
    return image


@pytest.mark.parametrize(
    ("marks", "printed", "most_px"),
    [(SQUARES, False, 1.0), (SQUARES, True, 0.5), (ARUCO, False, 3.0), (ARUCO, True, 0.5), (QR, True, 0.5)],
)
def test_marks_of_warped_pages(marks: list[dict[str, object]], printed: bool, most_px: float) -> None:
    # Codes of an even size lie half a pixel beside a whole centre, which extrapolation to the page's other corners
    # makes four times as large; where boxes are printed, their lines mend it.
    form = form_of(marks, printed=printed)
    index, image = FormIndex([form]), printed_page(form)
    errors = []
    for number in range(3):
        warp = warped(image, np.random.default_rng([11, number]), hard=False)
        alignment = index.align(page(warp.image))
        errors.append(error_px(form, alignment.matrix, warp.matrix) if alignment else np.inf)
    assert np.median(errors) < most_px, errors
    assert np.isfinite(errors).all(), errors


@pytest.mark.parametrize("turns", range(4))
def test_the_small_square_tells_which_way_is_up(turns: int) -> None:
    form = form_of(SQUARES, printed=False)
    alignment = FormIndex([form]).align(page(np.rot90(printed_page(form), turns)))
    assert alignment is not None
    assert alignment.quarter_turns == (4 - turns) % 4


def test_a_qr_code_that_names_another_form_is_refused() -> None:
    form = form_of(QR)
    image = printed_page(form_of([{**QR[0], "text": "penfield:other"}]))
    assert FormIndex([form]).align(page(image)) is None


@pytest.mark.parametrize("marks", [SQUARES, ARUCO, QR])
def test_a_page_without_marks_fits_none(marks: list[dict[str, object]]) -> None:
    form = form_of(marks)
    image = printed_page(form)
    for mark in form.registration.marks:
        x, y, half = *mark.center, mark.size // 2 + 2
        image[y - half : y + half, x - half : x + half] = 255
    assert FormIndex([form]).align(page(image)) is None
