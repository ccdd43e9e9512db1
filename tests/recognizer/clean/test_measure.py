import time

import cv2
import numpy as np
import pytest

from recognizer.clean import measure, measure_field
from tests.recognizer.clean.drawn import noisy, page, shaded


@pytest.fixture(scope="module")
def clean() -> np.ndarray:
    return page(200)


def test_clean_page_measures_as_clean(clean: np.ndarray) -> None:
    quality = measure(clean, 200)
    assert quality.resolution_dpi == 200
    assert quality.sharpness > 0.7
    assert quality.contrast > 0.8
    assert quality.noise < 0.5
    assert abs(quality.skew_deg) < 0.05
    assert quality.illumination < 0.02
    assert quality.clipping == 0
    assert quality.compression < 0.05
    assert 0.01 < quality.ink_coverage < 0.15
    assert quality.bleed_through < 0.05


def test_resolution_is_estimated_from_the_size_of_a_page() -> None:
    assert measure(page(100), None).resolution_dpi == pytest.approx(100, rel=0.02)


@pytest.mark.parametrize("sigma", [2.0, 5.0, 10.0])
def test_noise_is_estimated_within_20_percent(sigma: float) -> None:
    assert measure(noisy(page(150, paper=200), sigma), 150).noise == pytest.approx(sigma, rel=0.2)


def test_sharpness_falls_with_blur(clean: np.ndarray) -> None:
    blurred = [clean] + [cv2.GaussianBlur(clean, (0, 0), s) for s in (1, 2, 3, 5, 8)]
    sharpness = [measure(image, 200).sharpness for image in blurred]
    assert sharpness == sorted(sharpness, reverse=True)
    assert len(set(sharpness[1:])) == 5
    assert sharpness[0] > 0.6 and sharpness[-1] < 0.2


def test_sharpness_does_not_depend_on_how_much_is_written() -> None:
    little, much = page(200, lines=3, boxes=False), page(200, lines=20)
    for sigma in (1.0, 3.0):
        sharpness = [measure(cv2.GaussianBlur(image, (0, 0), sigma), 200).sharpness for image in (little, much)]
        assert sharpness[0] == pytest.approx(sharpness[1], rel=0.15)


def test_contrast_is_that_of_ink_against_paper() -> None:
    for ink in (40, 120, 180):
        image = page(200, paper=240, ink=ink)
        assert measure(image, 200).contrast == pytest.approx((240 - ink) / 255, abs=0.06)


def test_illumination_tells_a_shadow(clean: np.ndarray) -> None:
    uneven = [measure(shaded(clean, darkest), 200).illumination for darkest in (0.9, 0.7, 0.5)]
    assert uneven == sorted(uneven)
    assert uneven[1] == pytest.approx(0.3 * 0.75, abs=0.06)


def test_compression_tells_jpeg(clean: np.ndarray) -> None:
    grainy = noisy(np.minimum(clean, 230), 4)
    levels = []
    for percent in (95, 50, 15):
        encoded = cv2.imencode(".jpg", grainy, [cv2.IMWRITE_JPEG_QUALITY, percent])[1]
        levels.append(measure(cv2.imdecode(encoded, cv2.IMREAD_GRAYSCALE), 200).compression)
    assert measure(grainy, 200).compression < 0.03
    assert levels == sorted(levels)
    assert levels[-1] > 0.2


def test_bleed_through_is_faint_strokes_beside_strong_ones(clean: np.ndarray) -> None:
    behind = np.fliplr(page(200, boxes=False))
    faint = np.minimum(clean, 255 - (255 - behind) // 4)
    assert measure(faint, 200).bleed_through > 0.15
    assert measure(clean, 200).bleed_through < 0.05


def test_clipping_tells_burnt_out_and_black_areas(clean: np.ndarray) -> None:
    grey = np.minimum(clean, 200)
    assert measure(grey, 200).clipping == 0
    grey[:550] = 255
    assert measure(grey, 200).clipping == pytest.approx(0.25, abs=0.03)
    assert measure(np.zeros((2200, 1700), np.uint8), 200).clipping == 1


@pytest.mark.parametrize("shape", [(1, 1), (1, 3000), (7, 9), (30, 30)])
def test_odd_sizes_are_measured_too(shape: tuple[int, int]) -> None:
    for value in (0, 128, 255):
        measure(np.full(shape, value, np.uint8), None)
        measure_field(np.full(shape, value, np.uint8), None)


def test_field_is_measured_like_a_page() -> None:
    field = np.full((80, 600), 235, np.uint8)
    cv2.putText(field, "31.50", (30, 60), cv2.FONT_HERSHEY_SIMPLEX, 1.6, 60, 3, cv2.LINE_AA)
    quality = measure_field(noisy(field, 5), 200)
    assert quality.noise == pytest.approx(5, rel=0.2)
    assert quality.contrast == pytest.approx((235 - 60) / 255, abs=0.08)
    assert 0.01 < quality.ink_coverage < 0.2


def test_fast_enough() -> None:
    """The aims are 150 ms for a page of 2560x3300 and 3 ms for a field; a busy machine gets three times that."""
    large = cv2.resize(page(300), (2560, 3300))
    field = large[1800:1880, 300:900].copy()
    assert min(_seconds(measure, large) for _ in range(3)) < 0.45
    assert min(_seconds(measure_field, field) for _ in range(5)) < 0.009


def _seconds(work: object, image: np.ndarray) -> float:
    start = time.perf_counter()
    work(image, 300)  # type: ignore[operator]
    return time.perf_counter() - start
