"""The line image depends on what is written, not on how large, how pale or on which paper."""

import cv2
import numpy as np
import pytest

from recognizer.line import HEIGHT_PX, INK_HEIGHT_PX, MAX_WIDTH_PX, find_ink, line_image


def written(scale: float = 1.0, paper: int = 255, ink: int = 0, text: str = "4082 Elm") -> np.ndarray:
    """The text drawn large and made `scale` times 70 px high, with the margins of a field."""
    large = np.full((280, 1200), 255, np.uint8)
    cv2.putText(large, text, (80, 200), cv2.FONT_HERSHEY_SIMPLEX, 5.6, 0, 12, cv2.LINE_AA)
    image = cv2.resize(large, (round(300 * scale), round(70 * scale)), interpolation=cv2.INTER_AREA)
    return (ink + image / 255.0 * (paper - ink)).astype(np.uint8)


def line(image: np.ndarray) -> np.ndarray:
    found = line_image(image)
    assert found is not None
    return found


def difference(one: np.ndarray, other: np.ndarray) -> float:
    """Mean difference in grey levels of two lines of nearly the same width."""
    assert abs(one.shape[1] - other.shape[1]) <= 0.04 * one.shape[1]
    wide = cv2.resize(other, (one.shape[1], HEIGHT_PX))
    return float(np.abs(one.astype(float) - wide).mean())


def test_shape_range_and_height_of_the_ink() -> None:
    image = line(written())
    assert image.dtype == np.uint8 and image.shape[0] == HEIGHT_PX
    rows = np.flatnonzero(image.max(axis=1) > 90)
    assert abs(len(rows) - INK_HEIGHT_PX) <= 2
    assert image.max() > 230 and np.median(image) == 0


@pytest.mark.parametrize(("scale", "other", "most"), [(1.0, 2.0, 16), (1.0, 3.0, 20), (2.0, 4.0, 12)])
def test_the_same_writing_at_another_size_gives_nearly_the_same_line(scale: float, other: float, most: float) -> None:
    assert difference(line(written(scale)), line(written(other))) < most
    assert difference(line(written(scale)), line(written(scale, text="2084 mlE"))) > 1.5 * most


@pytest.mark.parametrize(("paper", "ink"), [(180, 0), (255, 140), (200, 120)])
def test_grey_paper_and_faint_ink_make_no_difference(paper: int, ink: int) -> None:
    assert difference(line(written()), line(written(paper=paper, ink=ink))) < 3


def test_margins_make_no_difference() -> None:
    wide = cv2.copyMakeBorder(written(), 10, 10, 60, 90, cv2.BORDER_CONSTANT, value=255)
    assert difference(line(written()), line(wide)) < 2


def test_a_dash_is_not_blown_up() -> None:
    image = np.full((60, 200), 255, np.uint8)
    image[30:33, 60:90] = 0
    rows = np.flatnonzero(line(image).max(axis=1) > 90)
    assert len(rows) <= 8
    assert abs(rows.mean() - HEIGHT_PX / 2) < 2


def test_a_line_longer_than_the_limit_is_squeezed_into_it() -> None:
    long = np.concatenate([written()] * 12, axis=1)
    assert line(long).shape == (HEIGHT_PX, MAX_WIDTH_PX)
    assert (line(long)[:, -20:] > 90).any() or (line(long)[:, -60:] > 90).any()  # its end is still there


@pytest.mark.parametrize("paper", [255, 200, 128])
def test_nothing_written_is_no_line(paper: int) -> None:
    grain = np.random.default_rng(1).normal(paper, 3, (60, 240)).clip(0, 255).astype(np.uint8)
    assert line_image(grain) is None
    assert line_image(np.full((60, 240), paper, np.uint8)) is None


def test_a_decimal_point_is_ink_and_a_speck_is_not() -> None:
    image = np.full((60, 200), 255, np.uint8)
    image[20, 50] = 0
    assert line_image(image) is None
    image[40:44, 100:104] = 0
    assert find_ink((image < 128).astype(np.uint8)) == (100, 40, 4, 4)


def test_ink_is_found_as_by_counting_the_pixels_of_every_component() -> None:
    rng = np.random.default_rng(3)
    for _ in range(200):
        height, width = rng.integers(8, 160, 2)
        strokes = np.zeros((height, width), np.uint8)
        for _ in range(rng.integers(0, 6)):  # arcs lie in one another, as writing in a circle does
            middle, axes = rng.integers((width, height)), rng.integers(1, 30, 2)
            cv2.ellipse(strokes, middle.tolist(), axes.tolist(), 0, 0, int(rng.integers(20, 361)), 1, 1)
        strokes[rng.random(strokes.shape) < 0.01] = 1
        assert find_ink(strokes) == counted(strokes)


def counted(strokes: np.ndarray) -> tuple[int, int, int, int] | None:
    """The box around all components that have enough pixels."""
    count, labels = cv2.connectedComponents(strokes, connectivity=8)
    large = [i for i in range(1, count) if np.count_nonzero(labels == i) >= max(4.0, 0.0015 * len(strokes) ** 2)]
    rows, columns = np.nonzero(np.isin(labels, large))
    if not large:
        return None
    left, top = int(columns.min()), int(rows.min())
    return left, top, int(columns.max()) - left + 1, int(rows.max()) - top + 1


def test_the_given_image_is_left_as_it_is() -> None:
    image = written()
    before = image.copy()
    line(image)
    assert np.array_equal(image, before)
