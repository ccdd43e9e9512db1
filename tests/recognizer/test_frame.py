"""A mark's frame shows the box in the middle, whatever its size, place and paper."""

import cv2
import numpy as np
import pytest

from recognizer.frame import FRAME_PX, MARGIN, mark_frame

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
    frame = mark_frame(page(side, x, y, cross=False), (x, y, side, side))
    assert frame.shape == (FRAME_PX, FRAME_PX) and frame.dtype == np.uint8
    rows, columns = (np.flatnonzero(frame.max(axis=axis) > 60) for axis in (1, 0))
    for found in (rows, columns):
        assert abs((found[0] + found[-1]) / 2 - (FRAME_PX - 1) / 2) <= 1.0
        assert abs(found[-1] - found[0] - SIDE) <= 2.5


def test_scale_makes_little_difference_and_a_mark_makes_a_large_one() -> None:
    small, large = (
        mark_frame(page(side, 2 * side, 2 * side), (2 * side, 2 * side, side, side)).astype(float) for side in (32, 96)
    )
    empty = mark_frame(page(32, 64, 64, cross=False), (64, 64, 32, 32)).astype(float)
    assert np.abs(small - large).mean() < 20
    assert np.abs(small - empty).mean() > 1.5 * np.abs(small - large).mean()


@pytest.mark.parametrize(("paper", "ink"), [(190, 0), (255, 120)])
def test_grey_paper_and_pale_ink_make_no_difference(paper: int, ink: int) -> None:
    black = mark_frame(page(40, 80, 80), (80, 80, 40, 40)).astype(float)
    pale = mark_frame(page(40, 80, 80, paper=paper, ink=ink), (80, 80, 40, 40)).astype(float)
    assert np.abs(black - pale).mean() < 4


def test_paper_alone_is_not_stretched_into_ink() -> None:
    grain = np.random.default_rng(0).normal(230, 3, (100, 100)).clip(0, 255).astype(np.uint8)
    assert mark_frame(grain, (30, 30, 40, 40)).mean() < 15


def test_a_box_at_the_images_edge_repeats_the_edge() -> None:
    frame = mark_frame(np.full((40, 40), 240, np.uint8), (0, 0, 40, 40))
    assert frame.max() == 0


def test_an_oblong_box_is_made_square() -> None:
    image = np.full((200, 300), 255, np.uint8)
    cv2.rectangle(image, (100, 80), (180, 120), 0, 2)
    frame = mark_frame(image, (100, 80, 80, 40))
    rows, columns = (np.flatnonzero(frame.max(axis=axis) > 60) for axis in (1, 0))
    assert abs((rows[-1] - rows[0]) - (columns[-1] - columns[0])) <= 2
