"""A mark's frame shows the box in the middle, whatever its size, place and paper, as dark as the page's ink says."""

import cv2
import numpy as np
import pytest

from recognizer.frame import FAINTEST_INK, FRAME_PX, LEAST_LEVEL, MARGIN, ink_level, mark_frame

SIDE = FRAME_PX / (1 + 2 * MARGIN)


def page(side: int, x: int, y: int, *, paper: int = 255, ink: int = 0, cross: bool = True) -> np.ndarray:
    image = np.full((6 * side, 8 * side), paper, np.uint8)
    thick = max(1, side // 16)
    cv2.rectangle(image, (x, y), (x + side, y + side), ink, thick)
    if cross:
        low, high = round(0.25 * side), round(0.75 * side)
        cv2.line(image, (x + low, y + low), (x + high, y + high), ink, 2 * thick, cv2.LINE_AA)
        cv2.line(image, (x + low, y + high), (x + high, y + low), ink, 2 * thick, cv2.LINE_AA)
    return image


@pytest.mark.parametrize("side", [24, 32, 64, 128])
@pytest.mark.parametrize("place", [(2.0, 2.0), (5.0, 3.0)])
def test_the_box_stands_in_the_middle(side: int, place: tuple[float, float]) -> None:
    x, y = round(place[0] * side), round(place[1] * side)
    frame = mark_frame(page(side, x, y, cross=False), (x, y, side, side), 255)
    assert frame.shape == (FRAME_PX, FRAME_PX) and frame.dtype == np.uint8
    rows, columns = (np.flatnonzero(frame.max(axis=axis) > 60) for axis in (1, 0))
    for found in (rows, columns):
        assert abs((found[0] + found[-1]) / 2 - (FRAME_PX - 1) / 2) <= 1.0
        assert abs(found[-1] - found[0] - SIDE) <= 2.5


def test_scale_makes_little_difference_and_a_mark_makes_a_large_one() -> None:
    small, large = (
        mark_frame(page(side, 2 * side, 2 * side), (2 * side, 2 * side, side, side), 255).astype(float)
        for side in (32, 96)
    )
    empty = mark_frame(page(32, 64, 64, cross=False), (64, 64, 32, 32), 255).astype(float)
    assert np.abs(small - large).mean() < 20
    assert np.abs(small - empty).mean() > 1.5 * np.abs(small - large).mean()


@pytest.mark.parametrize(("paper", "ink"), [(190, 0), (255, 120)])
def test_grey_paper_and_pale_ink_make_no_difference(paper: int, ink: int) -> None:
    black, pale = (
        mark_frame(image, (80, 80, 40, 40), ink_level([image])).astype(float)
        for image in (page(40, 80, 80), page(40, 80, 80, paper=paper, ink=ink))
    )
    assert np.abs(black - pale).mean() < 4


def test_paper_alone_is_not_stretched_into_ink() -> None:
    grain = np.random.default_rng(0).normal(230, 3, (100, 100)).clip(0, 255).astype(np.uint8)
    assert ink_level([grain]) == 0
    assert mark_frame(grain, (30, 30, 40, 40), 0.0).mean() < 15


def test_a_box_at_the_images_edge_repeats_the_edge() -> None:
    frame = mark_frame(np.full((40, 40), 240, np.uint8), (0, 0, 40, 40), 200)
    assert frame.max() == 0


def test_an_oblong_box_is_made_square() -> None:
    image = np.full((200, 300), 255, np.uint8)
    cv2.rectangle(image, (100, 80), (180, 120), 0, 2)
    frame = mark_frame(image, (100, 80, 80, 40), 255)
    rows, columns = (np.flatnonzero(frame.max(axis=axis) > 60) for axis in (1, 0))
    assert abs((rows[-1] - rows[0]) - (columns[-1] - columns[0])) <= 2


def test_pale_print_stays_pale_where_the_page_has_darker_ink() -> None:
    pale, dark = page(40, 80, 80, ink=170), page(40, 80, 80, ink=10)
    alone, beside = (mark_frame(pale, (80, 80, 40, 40), ink_level(of)) for of in ([pale], [pale, dark]))
    assert alone.max() > 200  # pale, but nothing on the page is darker
    assert beside.max() < 100
    assert mark_frame(dark, (80, 80, 40, 40), ink_level([pale, dark])).max() > 240


def test_the_ink_level_is_that_of_the_ink_however_much_paper_there_is() -> None:
    ink = page(40, 80, 80, paper=230, ink=50)
    assert ink_level([ink]) == pytest.approx(180, abs=3)
    assert ink_level([ink, *[np.full((400, 400), 210, np.uint8)] * 20]) == ink_level([ink])
    assert ink_level([np.ascontiguousarray(ink.T)]) == ink_level([ink[:, ::-1]]) == ink_level([ink])


def test_papers_of_another_shade_are_each_their_own_measure() -> None:
    light, grey = page(40, 80, 80, paper=250, ink=100), page(40, 80, 80, paper=180, ink=30)
    assert ink_level([light, grey]) == pytest.approx(150, abs=3)


@pytest.mark.parametrize("darker", [FAINTEST_INK - 6, FAINTEST_INK + 6])
def test_what_is_hardly_darker_than_paper_is_no_ink(darker: int) -> None:
    faint = page(40, 80, 80, paper=240, ink=240 - darker)
    assert (ink_level([faint]) > 0) is (darker > FAINTEST_INK)
    frame = mark_frame(faint, (80, 80, 40, 40), ink_level([faint]))
    assert frame.max() <= round(255 * (darker + 1) / LEAST_LEVEL)


def test_no_image_has_no_ink() -> None:
    assert ink_level([]) == 0
