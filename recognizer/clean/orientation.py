"""Which way up is a page? For pages that fit no form; where one fits, the alignment knows better."""

import cv2
import numpy as np
from scipy.spatial import cKDTree

from recognizer.clean.survey import survey

LEAST_LETTERS = 60
"""Fewer letters than this say nothing."""

MOST_LETTERS = 3000

LETTER_GAP = 0.35
"""Widest gap between letters of a word, in sizes of a letter."""


def text_turns(image: np.ndarray, dpi: float | None = None) -> tuple[int, float]:
    """Quarter turns counter-clockwise (`numpy.rot90(image, turns)`) that set the page's text upright, and how sure.

    Certainty is in [0, 1]; (0, 0.0) where there is too little text. Two signs are used: neighbouring letters stand
    closer along a line than across lines (sideways or not), and Latin text has more ascenders than descenders
    (upside down or not; after Caprari 2000 and Bloomberg's Leptonica). The second fails on text without lower case.
    """
    return turns_of(survey(image, dpi).ink)


def turns_of(ink: np.ndarray) -> tuple[int, float]:
    """The same for the ink of a page at about 150 dpi: (height, width) uint8, 1 where ink is."""
    letters = _letters(ink)
    if len(letters) < LEAST_LETTERS:
        return 0, 0.0
    turns, certainty = _sideways(letters)
    if turns:
        x, y, width, height = letters.T
        letters = np.stack([y, ink.shape[1] - x - width, height, width], axis=1)
    up = _ascent(letters)
    return turns + 2 * (up < 0), round(min(certainty, abs(up)), 3)


def _letters(ink: np.ndarray) -> np.ndarray:
    """(n, 4) boxes (x, y, width, height) of components as large as letters of the page's text."""
    _, _, stats, _ = cv2.connectedComponentsWithStats(ink, connectivity=8)
    boxes = stats[1:, :4].astype(np.float32)
    size = boxes[:, 2:].max(axis=1)
    boxes = boxes[(size >= 5) & (size <= 60) & (boxes[:, 2:].min(axis=1) >= 2)]
    if not len(boxes):
        return boxes
    size = boxes[:, 2:].max(axis=1)
    typical = float(np.median(size))
    return boxes[(size > 0.5 * typical) & (size < 2 * typical)][:MOST_LETTERS]


def _sideways(letters: np.ndarray) -> tuple[int, float]:
    """1 where text runs along the columns, else 0; and how sure: each letter votes for where its neighbour stands.

    Only neighbours as close as letters of a word vote: bubbles and digits of a table stand as close in columns.
    """
    centre, size = letters[:, :2] + letters[:, 2:] / 2, letters[:, 2:]
    nearest = cKDTree(centre).query(centre, k=2)[1][:, 1]
    shift = np.abs(centre[nearest] - centre)
    gap = shift - (size[nearest] + size) / 2
    close = gap < LETTER_GAP * float(np.median(size.max(axis=1)))
    across = int(((shift[:, 0] > 2 * shift[:, 1]) & close[:, 0]).sum())
    along = int(((shift[:, 1] > 2 * shift[:, 0]) & close[:, 1]).sum())
    if across + along < LEAST_LETTERS:
        return 0, 0.0
    return int(along > across), abs(across - along) / (across + along)


def _ascent(letters: np.ndarray) -> float:
    """How much more ascenders than descenders there are, in [-1, 1]: 1 is five standard deviations of chance.

    A letter is compared with the typical top and bottom of the dozen around it on its line.
    """
    top, bottom = letters[:, 1], letters[:, 1] + letters[:, 3]
    height = float(np.median(letters[:, 3]))
    # Stretched across the lines, so that the nearest letters are those of the same line.
    places = np.stack([letters[:, 0] + letters[:, 2] / 2, 3 * (top + bottom) / 2], axis=1)
    around = cKDTree(places).query(places, k=12)[1]
    rise = np.median(top[around], axis=1) - top
    drop = bottom - np.median(bottom[around], axis=1)
    ascenders = int(((rise > 0.22 * height) & (np.abs(drop) < 0.12 * height)).sum())
    descenders = int(((drop > 0.22 * height) & (np.abs(rise) < 0.12 * height)).sum())
    return float(np.clip((ascenders - descenders) / (5 * np.sqrt(max(1, ascenders + descenders))), -1, 1))
