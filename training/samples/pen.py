"""Write with a pen: text in handwriting faces that no two times looks the same, marks and signatures in strokes."""

from dataclasses import dataclass

import cv2
import numpy as np
from PIL import Image, ImageDraw

from training.samples.fonts import HANDS, hand_face

FACE_PX = 150
"""Glyphs are drawn this large, moved, and only then made small."""
CAPITALS_ONLY = frozenset({"amatic", "amatic_bold"})
"""Faces whose lower-case letters look like capitals."""


@dataclass(frozen=True, kw_only=True)
class Hand:
    """How one person writes.

    `slant` is the horizontal shift per pixel of height; `spacing`, `size_jitter` and `baseline_jitter` are shares of
    a capital's height; `tilt_deg` is how far letters turn; `pen` is the stroke's width relative to the face's;
    `ink` the grey level of the stroke.
    """

    font: str
    slant: float
    width: float
    spacing: float
    size_jitter: float
    baseline_jitter: float
    tilt_deg: float
    pen: float
    weight: int
    ink: int

    @property
    def capitals_only(self) -> bool:
        """Whether this person prints everything in capitals."""
        return self.font in CAPITALS_ONLY


def random_hand(rng: np.random.Generator, font: str | None = None) -> Hand:
    """The hand of another person, in the given face of `fonts.HANDS` or in any."""
    name = font or str(rng.choice(list(HANDS)))
    narrow = name in CAPITALS_ONLY
    return Hand(
        font=name,
        slant=rng.normal(0.04, 0.08),
        width=rng.uniform(1.25, 1.6) if narrow else rng.uniform(0.92, 1.15),
        spacing=rng.uniform(0.06, 0.16) if narrow else rng.uniform(0.0, 0.09),
        size_jitter=rng.uniform(0.02, 0.06),
        baseline_jitter=rng.uniform(0.01, 0.05),
        tilt_deg=rng.uniform(0.5, 3.0),
        pen=rng.uniform(0.8, 1.5),
        weight=int(rng.integers(400, 701)),
        ink=int(rng.integers(15, 85)),
    )


def write(
    text: str, font: str, rng: np.random.Generator, height_px: float, *, hand: Hand | None = None, space: float = 0.0
) -> np.ndarray:
    """Write one line; (height, width) uint8, white paper, cropped to the ink with two pixels around it.

    `height_px` is the height of a capital letter; `space` widens the gaps between letters by that share of it.
    Faces without lower-case letters show capitals (see `Hand.capitals_only`).
    """
    hand = hand or random_hand(rng, font)
    line = 255 - crop_to_ink(255 - _line(text, hand, rng, space), margin_px=16)
    line = _wobble(line, rng)
    scale = height_px / _capital_px(hand)
    line = _pen_width(line, hand.pen)
    size = (max(1, round(line.shape[1] * scale)), max(1, round(line.shape[0] * scale)))
    small = cv2.resize(line, size, interpolation=cv2.INTER_AREA)
    return _inked(crop_to_ink(255 - small), hand.ink)


def crop_to_ink(image: np.ndarray, margin_px: int = 2) -> np.ndarray:
    """Cut off the white around the ink; a page without ink is one white pixel and its margin."""
    rows, columns = np.flatnonzero((image < 200).any(1)), np.flatnonzero((image < 200).any(0))
    if not len(rows):
        return np.full((1 + 2 * margin_px, 1 + 2 * margin_px), 255, np.uint8)
    cut = image[rows[0] : rows[-1] + 1, columns[0] : columns[-1] + 1]
    return np.pad(cut, margin_px, constant_values=255)


def stroke(image: np.ndarray, points: np.ndarray, width_px: float, ink: int, rng: np.random.Generator) -> None:
    """Draw a smooth line through `points` ((n, 2), x and y in pixels) into `image`, as a pen that presses unevenly."""
    path = smooth(points, per_segment=12)
    pressure = np.interp(np.arange(len(path)), np.linspace(0, len(path) - 1, 6), rng.uniform(0.75, 1.2, 6))
    fixed = np.round(path * 16).astype(np.int32)
    for start, end, press in zip(fixed[:-1], fixed[1:], pressure[:-1], strict=True):
        thickness = max(1, round(width_px * press))
        cv2.line(image, start.tolist(), end.tolist(), ink, thickness, cv2.LINE_AA, 4)


def smooth(points: np.ndarray, per_segment: int) -> np.ndarray:
    """A Catmull-Rom spline through `points` ((n, 2), n >= 2)."""
    padded = np.concatenate([points[:1], points, points[-1:]]).astype(float)
    t = np.linspace(0, 1, per_segment, endpoint=False)[:, None]
    pieces = []
    for a, b, c, d in zip(padded, padded[1:], padded[2:], padded[3:], strict=False):
        cubic = (2 * b) + (c - a) * t + (2 * a - 5 * b + 4 * c - d) * t**2 + (3 * b - a - 3 * c + d) * t**3
        pieces.append(cubic / 2)
    return np.concatenate([*pieces, padded[-1:]])


def _capital_px(hand: Hand) -> float:
    top, bottom = hand_face(hand.font, FACE_PX, hand.weight).getbbox("H")[1::2]
    return bottom - top


def _line(text: str, hand: Hand, rng: np.random.Generator, space: float) -> np.ndarray:
    """The glyphs side by side as ink on black: (height, width) uint8, 255 where the pen was."""
    face, capital = hand_face(hand.font, FACE_PX, hand.weight), _capital_px(hand)
    advance = sum(face.getlength(char) * hand.width + capital * (abs(hand.spacing) + space + 0.1) for char in text)
    canvas = np.zeros((FACE_PX * 3, int(advance) + 4 * FACE_PX), np.uint8)
    x, drift = float(FACE_PX), 0.0
    for char in text:
        drift = 0.7 * drift + rng.normal(0, hand.baseline_jitter * capital)
        scale = 1 + rng.normal(0, hand.size_jitter)
        glyph = _glyph(char, hand, rng, scale)
        left, top = round(x) - FACE_PX // 2, round(FACE_PX // 2 + drift)
        spot = canvas[top : top + glyph.shape[0], left : left + glyph.shape[1]]
        np.maximum(spot, glyph[: spot.shape[0], : spot.shape[1]], out=spot)
        gap = hand.spacing + space + rng.normal(0, 0.02)
        x += face.getlength(char) * hand.width * scale + capital * gap
    return canvas


def _glyph(char: str, hand: Hand, rng: np.random.Generator, scale: float) -> np.ndarray:
    """One letter, slanted and turned about the middle of its baseline; 2 x 2 times FACE_PX, origin at a quarter."""
    side = 2 * FACE_PX
    tile = Image.new("L", (side, side))
    origin = (FACE_PX // 2, round(FACE_PX * 1.35))
    ImageDraw.Draw(tile).text(origin, char, 255, hand_face(hand.font, FACE_PX, hand.weight), anchor="ls")
    turn = np.radians(rng.normal(0, hand.tilt_deg))
    shear = np.array([[1, -(hand.slant + rng.normal(0, 0.02))], [0, 1]])
    rotation = np.array([[np.cos(turn), -np.sin(turn)], [np.sin(turn), np.cos(turn)]])
    linear = rotation @ shear @ np.diag([hand.width * scale, scale])
    matrix = np.column_stack([linear, np.array(origin) - linear @ np.array(origin)])
    return cv2.warpAffine(np.asarray(tile), matrix, (side, side), flags=cv2.INTER_LINEAR)


def _wobble(line: np.ndarray, rng: np.random.Generator, shift_px: float = 3.5) -> np.ndarray:
    """Bend the strokes a little: a smooth random displacement (Simard et al. 2003)."""
    height, width = line.shape
    cells = (max(2, width // 40), max(2, height // 40))
    noise = rng.normal(0, shift_px, (2, *cells[::-1])).astype(np.float32)
    across, down = (cv2.resize(each, (width, height)) for each in noise)
    across += np.arange(width, dtype=np.float32)
    down += np.arange(height, dtype=np.float32)[:, None]
    return cv2.remap(line, across, down, cv2.INTER_LINEAR)


def _pen_width(line: np.ndarray, pen: float) -> np.ndarray:
    """Make strokes wider or narrower by blurring and cutting at another level."""
    radius = 3.0 * abs(pen - 1) + 0.8
    blurred = cv2.GaussianBlur(line, (0, 0), radius).astype(np.float32)
    level = 128 - 150 * (pen - 1)
    return np.clip((blurred - np.clip(level, 50, 190)) * 4 + 128, 0, 255).astype(np.uint8)


def _inked(image: np.ndarray, ink: int) -> np.ndarray:
    return (ink + image.astype(np.float32) * (255 - ink) / 255).round().astype(np.uint8)
