import cv2
import numpy as np
import pytest

from recognizer.clean import is_blank, measure, repair, text_turns
from recognizer.clean.despeckle import despeckle
from recognizer.page import Page
from tests.recognizer.clean.drawn import noisy, page, shaded, turned


def scanned(image: np.ndarray, dpi: float | None = 150) -> Page:
    return Page(image=image, scan_digest="0" * 64, page_no=1, dpi=dpi)


def names(repaired: Page) -> list[str]:
    return [step.name for step in repaired.steps]


def test_page_that_needs_nothing_is_left_alone() -> None:
    clean = scanned(page(150))
    repaired = repair(clean)
    assert repaired.steps == ()
    assert repaired.image is clean.image
    assert repaired.quality is not None


def test_skew_is_found_and_removed() -> None:
    straight, left, errors = page(150), [], []
    for degrees in np.linspace(-10, 10, 21):
        askew = turned(straight, degrees)
        errors.append(abs(measure(askew, 150).skew_deg - degrees))
        left.append(abs(measure(repair(scanned(askew)).image, 150).skew_deg))
    assert np.median(errors) < 0.1 and max(errors) < 0.3
    assert np.median(left) < 0.1 and max(left) < 0.3


@pytest.mark.parametrize("content", ["text", "boxes"])
def test_skew_is_found_from_text_or_boxes_alone(content: str) -> None:
    image = page(150, boxes=content == "boxes", lines=18 if content == "text" else 0)
    for degrees in (-7.3, -1.1, 2.6):
        assert measure(turned(image, degrees), 150).skew_deg == pytest.approx(degrees, abs=0.15)


def test_no_skew_is_claimed_of_blank_paper() -> None:
    assert measure(noisy(np.full((1650, 1275), 230, np.uint8), 6), 150).skew_deg == 0


def test_deskew_keeps_the_corners() -> None:
    image = page(150)
    image[2:10, 2:10] = 0
    repaired = repair(scanned(turned(image, 0)))
    assert repaired.image.shape == image.shape
    askew = np.full((1650, 1275), 250, np.uint8)
    askew[:] = turned(image, 5)
    assert repair(scanned(askew)).image.shape[0] > 1650


@pytest.mark.parametrize("darkest", [0.8, 0.6, 0.4])
def test_shadow_is_flattened(darkest: float) -> None:
    repaired = repair(scanned(noisy(shaded(page(150), darkest), 2)))
    assert "flatten" in names(repaired)
    after = measure(repaired.image, 150)
    assert after.illumination < 0.03
    assert np.percentile(repaired.image[::4, ::4], 50) >= 245


def test_flattening_keeps_pencil() -> None:
    image = page(150, paper=180, ink=130)
    repaired = repair(scanned(image))
    assert measure(repaired.image, 150).contrast >= measure(image, 150).contrast


def test_faint_ink_is_darkened() -> None:
    faint = page(150, paper=250, ink=180)
    repaired = repair(scanned(faint))
    assert names(repaired) == ["contrast"]
    assert measure(repaired.image, 150).contrast > 1.5 * measure(faint, 150).contrast


@pytest.mark.parametrize("turns", [1, 2, 3])
def test_sideways_and_upside_down_text_is_turned(turns: int) -> None:
    upright = page(200, lines=20)
    repaired = repair(scanned(np.ascontiguousarray(np.rot90(upright, turns)), 200))
    assert repaired.steps[0].name == "turn"
    assert np.array_equal(repaired.image, upright)


@pytest.mark.parametrize("dpi", [150, 200, 300])
def test_specks_go_and_dots_stay(dpi: int) -> None:
    rng = np.random.default_rng(dpi)
    image = page(dpi, boxes=False, lines=16)
    dot = max(2, round(0.016 * dpi))
    dots = [(round((1 + 0.4 * i) * dpi), round(0.75 * dpi)) for i in range(14)]
    for x, y in dots:  # i and decimal point: a dot of 0.4 mm beside a stroke
        cv2.line(image, (x, y + round(0.06 * dpi)), (x, y + round(0.14 * dpi)), 30, max(2, dpi // 75))
        image[y : y + dot, x : x + dot] = 30
    dotted, specks = image.copy(), []
    for x, y in rng.uniform((0.5, 6.0), (8.0, 10.5), (200, 2)):
        column, row = round(x * dpi), round(y * dpi)
        edge = int(rng.integers(1, max(2, round(0.01 * dpi)) + 1))
        image[row : row + edge, column : column + edge] = rng.integers(0, 90)
        specks.append((column, row))
    cleaned, counted = despeckle(image, dpi, 0.0)
    removed = np.mean([cleaned[row, column] > 200 for column, row in specks])
    assert removed >= 0.97
    assert counted.pepper == pytest.approx(200, abs=10)
    assert all(cleaned[y + dot // 2, x + dot // 2] < 100 for x, y in dots)
    written = dotted[: 6 * dpi] < 128
    assert (cleaned[: 6 * dpi][written] < 128).mean() > 0.999


def test_salt_in_ink_is_filled() -> None:
    image = np.full((400, 400), 250, np.uint8)
    image[100:300, 100:300] = 20
    image[110:290:10, 110:290:10] = 255
    cleaned, counted = despeckle(image, 200, 0.0)
    assert counted.salt == 18 * 18
    assert (cleaned[100:300, 100:300] == 20).all()


def test_speckled_page_is_despeckled_once() -> None:
    image = page(200)
    rng = np.random.default_rng(3)
    for row, column in zip(rng.integers(20, 2180, 400), rng.integers(20, 1680, 400), strict=True):
        image[row, column] = 0
    repaired = repair(scanned(image, 200))
    assert names(repaired) == ["despeckle"]
    assert names(repair(scanned(repaired.image, 200))) == []


def test_repair_is_repeatable_and_leaves_the_scan_alone() -> None:
    image = turned(shaded(page(150), 0.6), 2)
    before = image.copy()
    first, second = repair(scanned(image)), repair(scanned(image))
    assert np.array_equal(first.image, second.image) and first.steps == second.steps
    assert np.array_equal(image, before)


def test_black_page_is_not_repaired() -> None:
    assert repair(scanned(np.full((1650, 1275), 8, np.uint8))).steps == ()


@pytest.mark.parametrize("shape", [(1, 1), (1, 3000), (3000, 1), (7, 9), (2, 60), (30, 30)])
@pytest.mark.parametrize("dpi", [None, 72.0, 1200.0])
def test_odd_sizes_are_repaired_too(shape: tuple[int, int], dpi: float | None) -> None:
    for value in (0, 60, 128, 255):
        image = noisy(np.full(shape, value, np.uint8), 9)
        repair(scanned(image, dpi))
        is_blank(scanned(image, dpi))
        text_turns(image, dpi)
