import cv2
import numpy as np
import pytest

from recognizer.clean import is_blank, measure, text_turns, unreadable
from recognizer.page import Page
from tests.recognizer.clean.drawn import noisy, page, shaded

WHITE = np.full((2200, 1700), 250, np.uint8)


def scanned(image: np.ndarray, dpi: float | None = 200) -> Page:
    return Page(image=image, scan_digest="0" * 64, page_no=1, dpi=dpi)


def shadow_at_edge(image: np.ndarray) -> np.ndarray:
    image = image.copy()
    image[:, :30] = np.linspace(20, 250, 30).astype(np.uint8)
    image[-12:] = 40
    return image


def with_holes_and_specks(image: np.ndarray) -> np.ndarray:
    image = image.copy()
    for y in (400, 1100, 1800):
        cv2.circle(image, (90, y), 25, 30, -1, cv2.LINE_AA)
    rng = np.random.default_rng(0)
    for row, column in zip(rng.integers(9, 2190, 150), rng.integers(9, 1690, 150), strict=True):
        image[row : row + 3, column : column + 3] = 60
    return image


@pytest.mark.parametrize(
    "image",
    [
        WHITE,
        np.full_like(WHITE, 255),
        noisy(WHITE - 40, 12),
        noisy(shaded(WHITE, 0.6), 5),
        shadow_at_edge(WHITE),
        with_holes_and_specks(WHITE),
    ],
    ids=["white", "pure white", "grey noise", "shaded", "shadow at the edge", "holes and specks"],
)
def test_blank_pages(image: np.ndarray) -> None:
    assert is_blank(scanned(image))
    assert unreadable(measure(image, 200)) is None


def with_signature(ink: int) -> np.ndarray:
    image = noisy(WHITE, 3)
    xs = np.linspace(0, 1, 60)
    points = np.c_[1100 + 260 * xs, 1900 + 30 * np.sin(25 * xs) * (1 - xs)].round().astype(np.int32)
    cv2.polylines(image, [points], False, ink, 3, cv2.LINE_AA)
    return image


@pytest.mark.parametrize(
    "image",
    [page(200), page(200, lines=1, boxes=False), with_signature(40), with_signature(150), np.zeros_like(WHITE)],
    ids=["form", "one line", "signature", "pencil signature", "black"],
)
def test_pages_that_are_not_blank(image: np.ndarray) -> None:
    assert not is_blank(scanned(image))


def phone_photo(image: np.ndarray) -> np.ndarray:
    table = np.full((2600, 2100), 35, np.uint8)
    table[200:2400, 200:1900] = shaded(image, 0.5) // 5 * 4
    return noisy(cv2.GaussianBlur(table, (0, 0), 1.5), 6)


@pytest.mark.parametrize(
    ("image", "dpi"),
    [
        (page(100), 100),
        (page(300), 300),
        ((page(200) > 128).astype(np.uint8) * 255, 200),
        (noisy(page(200), 15), 200),
        (phone_photo(page(200)), None),
        (page(200, paper=230, ink=165), 200),
        (WHITE, 200),
        (cv2.GaussianBlur(page(200), (0, 0), 2.5), 200),
    ],
    ids=["100 dpi", "300 dpi", "1 bit", "noise", "phone photo", "pencil", "blank", "soft"],
)
def test_ordinary_scans_are_readable(image: np.ndarray, dpi: float | None) -> None:
    assert unreadable(measure(image, dpi)) is None


@pytest.mark.parametrize(
    ("image", "word"),
    [
        (cv2.resize(page(200), (400, 520)), "resolution"),
        (cv2.GaussianBlur(page(200), (0, 0), 12), "blurred"),
        (np.zeros_like(WHITE), "black"),
        (noisy(np.full_like(WHITE, 12), 3), "contrast"),
        (page(200, paper=60, ink=45), "contrast"),
    ],
    ids=["47 dpi", "blurred", "lid open", "dark", "ink like paper"],
)
def test_unreadable_pages_say_why(image: np.ndarray, word: str) -> None:
    sentence = unreadable(measure(image, None))
    assert sentence is not None and word in sentence
    assert sentence.endswith("scan it again.")


@pytest.mark.parametrize("turns", range(4))
def test_text_tells_which_way_is_up(turns: int) -> None:
    found, certainty = text_turns(np.rot90(page(150, lines=20), -turns), 150)
    assert found == turns
    assert certainty > 0.6


def test_a_page_without_text_is_not_turned() -> None:
    assert text_turns(page(150, lines=0, boxes=False)) == (0, 0.0)
