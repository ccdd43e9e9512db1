import cv2
import numpy as np
import pytest

from recognizer.clean import has_ink, is_written
from recognizer.clean.survey import is_quiet, paper_noise
from tests.recognizer.clean.drawn import noisy

DPI = 200
BOX = (10, 10, 280, 60)


def blank(paper: int = 245) -> np.ndarray:
    return np.full((80, 300), paper, np.uint8)


@pytest.mark.parametrize("sigma", [0, 4, 12])
@pytest.mark.parametrize("paper", [250, 190])
def test_noise_is_no_ink(sigma: float, paper: int) -> None:
    for seed in range(10):
        assert has_ink(noisy(blank(paper), sigma, seed), DPI, BOX).is_blank


def test_specks_are_no_ink() -> None:
    rng = np.random.default_rng(1)
    image = blank()
    for row, column in zip(rng.integers(5, 75, 25), rng.integers(5, 295, 25), strict=True):
        image[row : row + 2, column : column + 2] = 40
    assert has_ink(image, DPI, BOX).is_blank


def test_rests_of_box_lines_are_no_ink() -> None:
    image = blank()
    cv2.line(image, (40, 11), (90, 11), 60, 2)
    cv2.line(image, (289, 20), (289, 40), 60, 2)
    cv2.line(image, (120, 69), (160, 70), 60, 2)
    assert has_ink(image, DPI, BOX).is_blank
    assert has_ink(image[3:-3, 3:-3], DPI).is_blank


@pytest.mark.parametrize("ink", [40, 170])
@pytest.mark.parametrize("sigma", [0, 5])
def test_a_thin_1_is_ink(ink: int, sigma: float) -> None:
    image = blank()
    cv2.line(image, (152, 22), (148, 58), ink, 2, cv2.LINE_AA)
    found = has_ink(noisy(image, sigma), DPI, BOX)
    assert found.components == 1
    assert found.height_px == pytest.approx(37, abs=5)
    assert found.length_px == pytest.approx(37, abs=10)


def test_a_dash_is_ink() -> None:
    image = blank()
    cv2.line(image, (140, 40), (150, 40), 50, 3)
    assert has_ink(image, DPI, BOX).components == 1


def test_coverage_counts_marks_only() -> None:
    image = blank()
    image[20:60, 100:104] = 30
    image[30, 200] = 30
    assert has_ink(image, DPI, BOX).coverage == pytest.approx(160 / image.size, rel=0.4)


@pytest.mark.parametrize("paper", [250, 120])
@pytest.mark.parametrize("sigma", [0, 6, 25, 60])
def test_a_quick_look_says_the_same(paper: int, sigma: float) -> None:
    rng = np.random.default_rng(int(sigma))
    seen = set()
    for seed in range(24):
        image = blank(paper)
        for _ in range(seed % 3):
            start, turn = rng.integers((10, 10), (290, 70)), rng.uniform(0, 6.3)
            end = start + rng.integers(2, 30) * np.array([np.cos(turn), np.sin(turn)])
            cv2.line(
                image, start.tolist(), end.astype(int).tolist(), int(rng.integers(0, paper)), int(rng.integers(1, 4))
            )
        image = noisy(image, sigma, seed)
        written = is_written(image, DPI, BOX)
        assert written is not has_ink(image, DPI, BOX).is_blank
        seen.add(written)
    assert seen == {True, False}


@pytest.mark.parametrize("sigma", [0, 8, 14, 16, 17, 20, 40])
def test_quiet_paper_is_never_noisy(sigma: float) -> None:
    image = noisy(blank(160), sigma)
    assert not is_quiet(image, 16.2) or paper_noise(image) < 16.2
    assert 12 < sigma < 20 or is_quiet(image, 16.2) is (sigma < 16)


@pytest.mark.parametrize("grey", [0, 120, 200])
@pytest.mark.parametrize("thick", [2, 4, 5, 6, 7, 9])
def test_a_quick_look_knows_the_rest_of_a_line_too(grey: int, thick: int) -> None:
    x, y, width, height = BOX
    for length in (8, 30, 200):
        for left, top in ((x, y), (x + 20, y + height - thick), (x + width // 2, y + height // 2)):
            level, upright = blank(), blank()
            level[top : top + thick, left : left + length] = grey
            upright[top : top + min(length, height), left : left + thick] = grey
            for image in (level, upright):
                assert is_written(image, DPI, BOX) is not has_ink(image, DPI, BOX).is_blank
