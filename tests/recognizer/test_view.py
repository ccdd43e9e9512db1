import cv2
import numpy as np
import pytest

from recognizer.align import Alignment
from recognizer.align.alignment import scaling
from recognizer.cut import cut
from recognizer.form import Form
from recognizer.page import Page
from recognizer.reading import View
from recognizer.view import LEAST_INCH, MOST_INCH, VIEW_DPI
from tests.recognizer.align.pages import blank_insurance, insurance, page

PAPER = 255


def aligned(form: Form, matrix: np.ndarray) -> Alignment:
    return Alignment(form=form, form_digest="d", matrix=matrix, method="boxes", inliers=99, residual_px=0.0, score=1.0)


def written(form: Form) -> np.ndarray:
    """A page with a black bar in every field."""
    image = blank_insurance().copy()
    for field in form.fields:
        x, y, w, h = field.box
        cv2.rectangle(image, (x + w // 4, y + h // 3), (x + 3 * w // 4, y + 2 * h // 3), 0, -1)
    return image


def views(image: np.ndarray, matrix: np.ndarray | None = None) -> dict[str, View]:
    crops = cut(page(image), aligned(insurance(), np.eye(3) if matrix is None else matrix))
    found = {crop.field.name: crop.view for crop in crops}
    assert all(found.values())
    return found  # type: ignore[return-value]


def pixels(view: View) -> np.ndarray:
    image = cv2.imdecode(np.frombuffer(view.jpeg, np.uint8), cv2.IMREAD_GRAYSCALE)
    assert image is not None
    return image


def test_the_box_is_where_the_field_is_and_something_is_around_it() -> None:
    form = insurance()
    for name, view in views(written(form)).items():
        field = next(field for field in form.fields if field.name == name)
        x, y, width, height = view.box
        image = pixels(view)
        assert width == pytest.approx(field.box[2] * VIEW_DPI / form.page.dpi, abs=1)
        assert LEAST_INCH * VIEW_DPI <= y <= MOST_INCH * VIEW_DPI + 1
        assert image.shape == (height + 2 * y, width + 2 * x)
        inside = image[y + height // 2, x + width // 4 + 3 : x + 3 * width // 4 - 3]
        assert inside.max() < 60, name


def test_of_neighbours_nothing_is_shown_that_was_written() -> None:
    """On the page with a bar in every field, a view is dark only where it is with a bar in its own field alone."""
    form, everywhere = insurance(), views(written(insurance()))
    for name in ("date_of_birth", "city", "state", "amount", "smoker"):
        alone = blank_insurance().copy()
        x, y, w, h = next(field.box for field in form.fields if field.name == name)
        cv2.rectangle(alone, (x + w // 4, y + h // 3), (x + 3 * w // 4, y + 2 * h // 3), 0, -1)
        lone, all_written = pixels(views(alone)[name]), pixels(everywhere[name])
        assert np.count_nonzero(np.abs(lone.astype(int) - all_written) > 60) == 0, name


def test_what_overflows_from_the_field_is_shown() -> None:
    form, image = insurance(), blank_insurance().copy()
    x, y, w, _ = next(field.box for field in form.fields if field.name == "last_name")
    cv2.line(image, (x + w - 20, y + 30), (x + w + 12, y + 30), 0, 5)
    view = views(image)["last_name"]
    assert pixels(view)[view.box[1] + 30, view.box[0] + view.box[2] + 8] < 80


def middle_of_ink(view: View) -> tuple[float, float]:
    """Of what is written inside the box, in pixels."""
    x, y, width, height = view.box
    inside = pixels(view)[y + 6 : y + height - 6, x + 6 : x + width - 6].astype(float)
    dark = np.where(inside < 128, 255 - inside, 0.0)
    rows, columns = np.mgrid[: dark.shape[0], : dark.shape[1]]
    return float((dark * columns).sum() / dark.sum()), float((dark * rows).sum() / dark.sum())


@pytest.mark.parametrize("times", [1.0, 2.0, 3.0])
def test_a_finer_or_turned_page_gives_the_same_view(times: float) -> None:
    straight = written(insurance())
    expected = views(straight)["policy_number"]
    turn = np.vstack([cv2.getRotationMatrix2D((600.0, 800.0), 4.0, 1.0), [0, 0, 1]])
    to_page = scaling(times) @ turn
    size = round(straight.shape[1] * times), round(straight.shape[0] * times)
    turned = cv2.warpPerspective(straight, to_page, size, flags=cv2.INTER_CUBIC, borderValue=(float(PAPER),))
    found = views(turned, np.linalg.inv(to_page))["policy_number"]
    assert found.box == expected.box
    shift = np.subtract(middle_of_ink(found), middle_of_ink(expected))
    assert np.hypot(*shift) < 0.5
    assert np.abs(pixels(found).astype(int) - pixels(expected)).mean() < 6


def test_crops_are_what_they_were_before_there_were_views() -> None:
    """A crop's id is the digest of its pixels and place: the view has no part in it."""
    plain = Page(image=written(insurance()), scan_digest="s", page_no=1, dpi=150)
    first, second = (cut(plain, aligned(insurance(), np.eye(3)))[0] for _ in range(2))
    assert first.crop_id == second.crop_id == "b16f1d67a5ca59d4dfe953c3bd9ccc37"
    assert first.view == second.view
