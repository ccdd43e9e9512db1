"""Which way up is a page? For pages that fit no form; where one fits, the alignment knows better."""

import cv2
import numpy as np

from recognizer.clean.survey import survey

LEAST_LETTERS = 60
"""Fewer letters than this say nothing."""


def text_turns(image: np.ndarray, dpi: float | None = None) -> tuple[int, float]:
    """Quarter turns counter-clockwise (`numpy.rot90(image, turns)`) that set the page's text upright, and how sure.

    Certainty is in [0, 1]; (0, 0.0) where there is too little text. Two signs are used: neighbouring letters stand
    closer along a line than across lines (sideways or not), and Latin text has more ascenders than descenders
    (upside down or not; after Caprari 2000 and Bloomberg's Leptonica). The second fails on text without lower case.
    """
    return turns_of(survey(image, dpi).ink)


def turns_of(ink: np.ndarray) -> tuple[int, float]:
    """The same for the ink of a page at about 150 dpi: (height, width) uint8, 1 where ink is."""
    turns, certainty = sideways(ink)
    if certainty == 0.0:
        return 0, 0.0
    up = _ascent(np.rot90(ink, turns))
    if up < 0:
        turns += 2
    return turns % 4, round(min(certainty, abs(up)), 3)


def sideways(ink: np.ndarray) -> tuple[int, float]:
    """1 where text runs down or up the page instead of across it, else 0; and how sure, in [0, 1].

    Each letter votes for the direction in which its nearest neighbour stands.
    """
    boxes = _letters(ink)
    if len(boxes) < LEAST_LETTERS:
        return 0, 0.0
    boxes = boxes[:: max(1, len(boxes) // 1500)]
    centre = boxes[:, :2] + boxes[:, 2:] / 2
    gap = np.abs(centre[:, None] - centre[None])
    distance = gap.sum(axis=2)
    np.fill_diagonal(distance, np.inf)
    nearest = distance.argmin(axis=1)
    across = gap[np.arange(len(boxes)), nearest]
    flat = float((across[:, 0] > 2 * across[:, 1]).mean())
    upright = float((across[:, 1] > 2 * across[:, 0]).mean())
    return int(upright > flat), abs(flat - upright) / max(1e-9, flat + upright)


def _letters(ink: np.ndarray) -> np.ndarray:
    """(n, 4) boxes (x, y, width, height) of components as large as letters of the page's text."""
    _, _, stats, _ = cv2.connectedComponentsWithStats(np.ascontiguousarray(ink), connectivity=8)
    boxes = stats[1:, :4].astype(np.float32)
    size = boxes[:, 2:].max(axis=1)
    boxes = boxes[(size >= 5) & (size <= 60) & (boxes[:, 2:].min(axis=1) >= 2)]
    if not len(boxes):
        return boxes
    size = boxes[:, 2:].max(axis=1)
    typical = float(np.median(size))
    return boxes[(size > 0.5 * typical) & (size < 2 * typical)]


def _ascent(ink: np.ndarray) -> float:
    """(ascenders - descenders) / both, in [-1, 1], over the letters of all lines; 0 where chance might do it."""
    boxes = _letters(ink)
    x, top, bottom = boxes[:, 0], boxes[:, 1], boxes[:, 1] + boxes[:, 3]
    ascenders = descenders = 0
    order = np.argsort(x)
    middle = (top + bottom) / 2
    height = np.median(boxes[:, 3])
    for i in order[:: max(1, len(order) // 600)]:
        near = (np.abs(middle - middle[i]) < 0.7 * height) & (np.abs(x - x[i]) < 12 * height)
        if near.sum() < 5:
            continue
        line_top, line_bottom = np.median(top[near]), np.median(bottom[near])
        rise, drop = line_top - top[i], bottom[i] - line_bottom
        ascenders += int(rise > 0.22 * height and abs(drop) < 0.12 * height)
        descenders += int(drop > 0.22 * height and abs(rise) < 0.12 * height)
    difference, both = ascenders - descenders, ascenders + descenders
    return difference / both if abs(difference) > 3.5 * np.sqrt(both) else 0.0
