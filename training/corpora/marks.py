"""Frames for the marks network: photographed boxes from the shared data, and boxes that are printed and marked here."""

import io
import re
from dataclasses import dataclass
from functools import cache
from pathlib import Path

import cv2
import numpy as np
from PIL import Image

from recognizer.form import Box
from recognizer.frame import mark_frame
from training.corpora.arrays import load_arrays
from training.corpora.sample import Split, split_of
from training.samples.marks import mark

EMPTY, MARKED, AMBIGUOUS = 0, 1, 2
CLEAR_LABELS = {
    "empty": EMPTY, "check": MARKED, "X": MARKED, "filled": MARKED, "horizontal": MARKED, "diagonal": MARKED,
    "vertical": MARKED,
}  # fmt: skip
UNCLEAR_LABELS = ("barely", "partial", "boardering")
"""Marks that the set's makers call hardly or partly made; most are visible strokes. Reported apart."""

STYLES = {
    "cross": 0.24, "tick": 0.23, "fill": 0.13, "scribble": 0.08, "circle": 0.1, "stroke": 0.12, "dot": 0.05,
    "half": 0.05,
}  # fmt: skip
LETTERS = "ABCDEFGHJ0123456789"


@dataclass(frozen=True, kw_only=True)
class MarkPhoto:
    """One photographed box: (h, w) uint8, its label in the set's words, and the photo it was cut from."""

    image: np.ndarray
    label: str
    photo: str


def photo_of(path: str) -> str:
    """The photo that a crop of odk_marks was cut from, read off its file name."""
    found = re.findall(r"(?:empty|filled|barely)_(?:bub|cb)(?:_?copy)?\d+", path)
    folder, name = Path(path).parts[-2:]
    return found[-1] if found else f"{folder}/{re.sub(r'^[A-Za-z]+_', '', name)}"


def load_mark_photos(path: Path, split: Split) -> list[MarkPhoto]:
    """The boxes (not the digits) of odk_marks, split by photo. Raises InputError for a file that cannot be read."""
    blob, offset, labels, names = load_arrays(path, "blob", "offset", "label", "path")
    photos = []
    for i, (label, name) in enumerate(zip(labels, names, strict=True)):
        known = str(label) in CLEAR_LABELS or str(label) in UNCLEAR_LABELS
        if known and split_of(f"odk/{photo_of(str(name))}") == split:
            with Image.open(io.BytesIO(blob[offset[i] : offset[i + 1]].tobytes())) as image:
                grey = np.asarray(image.convert("L"))
            photos.append(MarkPhoto(image=grey, label=str(label), photo=photo_of(str(name))))
    return photos


def photo_frame(photo: MarkPhoto, rng: np.random.Generator | None = None) -> np.ndarray:
    """The frame of a photographed box; with `rng` a little off its place, size and shade, as misalignment makes it.

    The set's 40 px crops show the box in their middle half; the smaller ones are filled by it.
    """
    height, width = photo.image.shape
    share = 0.55 if (height, width) == (40, 40) else 0.85
    size = np.array([width, height]) * share
    middle = np.array([width, height]) / 2
    image = photo.image
    if rng is not None:
        middle = middle + rng.normal(0, 0.06, 2) * size
        size = size * np.exp(rng.normal(0, 0.12, 2))
        image = spoiled(image, rng)
        if rng.random() < 0.5:
            image = np.ascontiguousarray(image[:, ::-1])
    x, y = middle - size / 2
    # Enlarged, so that whole-pixel boxes are fine enough.
    zoomed = cv2.resize(image, None, fx=4, fy=4, interpolation=cv2.INTER_LINEAR)
    return mark_frame(zoomed, (round(4 * x), round(4 * y), max(4, round(4 * size[0])), max(4, round(4 * size[1]))))


def drawn_frame(rng: np.random.Generator) -> tuple[np.ndarray, int]:
    """Print a box, mark it or not, or take the mark back, and scan it: a frame and its class.

    The box is at most 3 pixels of a scan at 200 dpi off its place; half of the small ones are scanned as small.
    """
    side = int(rng.integers(18, 56))
    width = int(side * np.exp(rng.normal(0, 0.15)))
    margin = int(1.1 * side)
    image = np.full((side + 2 * margin, width + 2 * margin), int(rng.integers(225, 256)), np.uint8)
    box = (margin, margin, width, side)
    kind = int(rng.choice([EMPTY, MARKED, AMBIGUOUS], p=[0.47, 0.4, 0.13]))
    ink, pen = int(rng.integers(0, 130)), float(np.exp(rng.normal(0.8, 0.4)) * side / 32)
    surroundings(image, box, rng, ink, pen)
    print_box(image, box, rng)
    if kind == EMPTY:
        dirt(image, rng)
        if rng.random() < 0.1:
            erased(image, box, rng, share=rng.uniform(0.03, 0.14))
    elif kind == MARKED:
        draw_mark(image, box, rng, ink, pen)
    else:
        unclear(image, box, rng, ink, pen)
    shrink = 1.0 if rng.random() < 0.6 else max(min(1.0, float(rng.uniform(9, 26)) / side), 0.15)
    size = np.array([width, side]) * np.exp(rng.normal(0, 0.05, 2))
    x, y = np.array([margin + width / 2, margin + side / 2]) + rng.uniform(-0.1, 0.1, 2) * side - size / 2
    if shrink < 1:
        image = cv2.resize(image, None, fx=shrink, fy=shrink, interpolation=cv2.INTER_AREA)
    found = [round(float(v) * shrink) for v in (x, y, size[0], size[1])]
    return mark_frame(spoiled(image, rng), (found[0], found[1], max(4, found[2]), max(4, found[3]))), kind


def unclear(image: np.ndarray, box: Box, rng: np.random.Generator, ink: int, pen: float) -> None:
    """What nobody should decide alone: a mark that was taken back, one half erased, a stroke that only touches."""
    style = rng.random()
    if style < 0.7:
        draw_mark(image, box, rng, ink, pen)
        strike(image, box, rng, ink, pen)
    elif style < 0.85:
        erased(image, box, rng, share=rng.uniform(0.22, 0.32))
    else:
        x, y, width, height = box
        edge = np.array([[x, y], [x + width, y], [x + width, y + height], [x, y + height], [x, y]], float)
        at = int(rng.integers(4))
        start = edge[at] + (edge[at + 1] - edge[at]) * rng.uniform(0.2, 0.8)
        out = (start - (x + width / 2, y + height / 2)) * rng.uniform(0.5, 1.0) + rng.normal(0, 0.1, 2) * height
        ends = [tuple(int(v) for v in point) for point in (start - 0.15 * out, start + out)]
        cv2.line(image, ends[0], ends[1], ink, max(1, round(pen)), cv2.LINE_AA)


def erased(image: np.ndarray, box: Box, rng: np.random.Generator, share: float) -> None:
    """What an eraser leaves of a pencil's mark: `share` of its darkness, smeared."""
    layer = np.full_like(image, 255)
    draw_mark(layer, box, rng, 0, max(1.0, box[3] / 14))
    smear = cv2.GaussianBlur(layer, (0, 0), box[3] * rng.uniform(0.01, 0.05) + 0.3)
    np.minimum(image, 255 - ((255 - smear.astype(np.float32)) * share).astype(np.uint8), out=image)


def surroundings(image: np.ndarray, box: Box, rng: np.random.Generator, ink: int, pen: float) -> None:
    """What forms print around a box, and what was written there: shading, words, other boxes, marked or not."""
    x, y, width, height = box
    if rng.random() < 0.12:  # a shaded column or box
        over, aside = (int(v) for v in rng.choice([0, 0.4, 1.2], 2) * height)
        image[max(0, y - over) : y + height + over, max(0, x - aside) : x + width + aside] = int(rng.integers(185, 240))
    if rng.random() < 0.3:
        words = str(rng.choice(["yes", "no", "Male", "other", "1", "A", "married", "ja", "oui"]))
        place = (x + int(rng.uniform(1.08, 1.5) * width), y + int(rng.uniform(0.7, 1.0) * height))
        cv2.putText(image, words, place, 0, height / 40, int(rng.integers(0, 120)), max(1, height // 24), cv2.LINE_AA)
    if rng.random() < 0.35:
        pitch = rng.uniform(1.12, 1.9)
        beside = rng.random() < 0.7
        for sign in rng.choice([-1, 1], int(rng.integers(1, 3)), replace=False):
            step = (int(sign * pitch * width), 0) if beside else (0, int(sign * pitch * height))
            other = (x + step[0], y + step[1], width, height)
            cv2.rectangle(image, other[:2], (other[0] + width, other[1] + height), int(rng.integers(0, 150)), 1)
            if rng.random() < 0.4:
                draw_mark(image, other, rng, ink, pen)


def print_box(image: np.ndarray, box: Box, rng: np.random.Generator) -> None:
    """A printed square, circle or oval, thin, thick or dotted; sometimes with a letter in it."""
    x, y, width, height = box
    shade, thick = (
        int(rng.integers(0, 170)),
        int(rng.integers(1, max(2, height // (9 if rng.random() < 0.25 else 14)) + 1)),
    )
    shape = rng.random()
    axes = (width // 2, height // 2)
    if shape < 0.5:
        cv2.rectangle(image, (x, y), (x + width, y + height), shade, thick)
    elif shape < 0.58:
        dotted(image, box, shade, max(1, thick // 2))
    elif shape < 0.62:  # brackets
        for at, inwards in ((x, width // 5), (x + width, -(width // 5))):
            points = [(at + inwards, y), (at, y), (at, y + height), (at + inwards, y + height)]
            cv2.polylines(image, [np.array(points, np.int32)], False, shade, thick, cv2.LINE_AA)
    else:
        cv2.ellipse(image, (x + axes[0], y + axes[1]), axes, 0, 0, 360, shade, thick, cv2.LINE_AA)
    if (shape > 0.62 and rng.random() < 0.6) or rng.random() < 0.08:
        letter(image, box, max(shade, int(rng.integers(0, 190))), rng)


def letter(image: np.ndarray, box: Box, shade: int, rng: np.random.Generator) -> None:
    """A letter or digit printed in the middle of a box, as bubble sheets have them."""
    x, y, width, height = box
    text, face = str(rng.choice(list(LETTERS))), int(rng.choice([0, 2, 3]))
    scale, thick = height * rng.uniform(0.35, 0.65) / 22, int(rng.integers(1, max(2, height // 12) + 1))
    wide, high = _size_of(text, face)
    place = (round(x + (width - scale * wide) / 2), round(y + (height + scale * high) / 2))
    cv2.putText(image, text, place, face, scale, shade, thick, cv2.LINE_AA)


@cache
def _size_of(text: str, face: int) -> tuple[int, int]:
    """Width and height in pixels at scale 1: OpenCV takes milliseconds to find them."""
    (width, height), _ = cv2.getTextSize(text, face, 1.0, 1)
    return width, height


def dotted(image: np.ndarray, box: Box, shade: int, radius: int) -> None:
    """A square of dots."""
    x, y, width, height = box
    step = max(3, 3 * radius)
    for dx in range(0, width + 1, step):
        for row in (y, y + height):
            cv2.circle(image, (x + dx, row), radius, shade, -1)
    for dy in range(0, height + 1, step):
        for column in (x, x + width):
            cv2.circle(image, (column, y + dy), radius, shade, -1)


def draw_mark(image: np.ndarray, box: Box, rng: np.random.Generator, ink: int, pen: float) -> None:
    """A mark as people make it: mostly ticks and crosses, within the box, across it or a little beside it."""
    x, y, width, height = box
    style = str(rng.choice(list(STYLES), p=list(STYLES.values())))
    scale = np.exp(rng.normal(0, 0.2))
    moved_x, moved_y = (rng.normal(0, 0.12, 2) * height).round().astype(int)
    place = (x + moved_x, y + moved_y, max(3, int(width * scale)), max(3, int(height * scale)))
    if style == "circle":
        circle(image, box, rng, ink, pen)
    elif style == "stroke":
        middle, half = np.array([x + width / 2, y + height / 2]), np.exp(rng.normal(-0.3, 0.35)) * height
        angle = rng.uniform(0, np.pi)
        reach = half * np.array([np.cos(angle), np.sin(angle)])
        ends = [tuple(int(v) for v in middle + sign * reach) for sign in (-1, 1)]
        cv2.line(image, ends[0], ends[1], ink, max(1, round(pen)), cv2.LINE_AA)
    elif style == "dot":
        center = (x + width // 2 + int(moved_x), y + height // 2 + int(moved_y))
        cv2.circle(image, center, max(2, int(height * rng.uniform(0.14, 0.32))), ink, -1, cv2.LINE_AA)
    elif style == "half":
        share = rng.uniform(0.4, 0.7)
        upper = (x, y, width, int(height * share)) if rng.random() < 0.5 else (x, y, int(width * share), height)
        mark(image, upper, "fill", rng, ink=ink, width_px=max(1.5, 1.3 * pen))
    else:
        mark(image, place, style, rng, ink=ink, width_px=max(1.0, pen))


def circle(image: np.ndarray, box: Box, rng: np.random.Generator, ink: int, pen: float) -> None:
    """A circle around the box, or around the box and the label on its right."""
    x, y, width, height = box
    axes = [width * rng.uniform(0.6, 0.85), height * rng.uniform(0.6, 0.8)]
    middle = [x + width / 2, y + height / 2]
    if rng.random() < 0.3:
        longer = rng.uniform(0.5, 2.0) * width
        middle[0], axes[0] = middle[0] + longer, axes[0] + longer
    place, size = (int(middle[0]), int(middle[1])), (int(axes[0]), int(axes[1]))
    first, turned, thick = int(rng.integers(0, 360)), int(rng.integers(320, 420)), max(1, round(pen))
    cv2.ellipse(image, place, size, rng.normal(0, 5), first, first + turned, ink, thick, cv2.LINE_AA)


def strike(image: np.ndarray, box: Box, rng: np.random.Generator, ink: int, pen: float) -> None:
    """Take a mark back: bars or a scribble through it, well beyond the box."""
    x, y, width, height = box
    if rng.random() < 0.5:
        mark(image, box, "struck", rng, ink=ink, width_px=max(1.0, pen))
    else:
        wide = (x - width // 3, y - height // 4, int(width * 1.7), int(height * 1.5))
        mark(image, wide, "scribble", rng, ink=ink, width_px=max(1.5, pen))
        mark(image, wide, "fill", rng, ink=ink, width_px=max(1.0, pen))


def dirt(image: np.ndarray, rng: np.random.Generator) -> None:
    """Specks, and a neighbour's stroke that reaches in from the edge: no mark."""
    height, width = image.shape
    for _ in range(int(rng.poisson(0.6))):
        center = (int(rng.integers(0, width)), int(rng.integers(0, height)))
        cv2.circle(image, center, int(rng.integers(0, 2)), int(rng.integers(60, 200)), -1, cv2.LINE_AA)
    if rng.random() < 0.2:  # less far than the box, which begins at a third
        start, end = (int(v) for v in rng.uniform(0.1, 0.31, 2) * width)
        shade, thick = int(rng.integers(0, 120)), int(rng.integers(1, 4))
        points = np.array([[start, 0], [(start + end) // 2, height // 2], [end, height]])
        points = points if rng.random() < 0.5 else np.array([width, 0]) + points * (-1, 1)
        points = points if rng.random() < 0.6 else points[:, ::-1] * (width / height, height / width)
        cv2.polylines(image, [points.astype(np.int32)], False, shade, thick, cv2.LINE_AA)


def spoiled(image: np.ndarray, rng: np.random.Generator) -> np.ndarray:
    """Blur, pale, shade and noise of scanners and phones."""
    out: np.ndarray = image.astype(np.float32)
    if rng.random() < 0.5:
        out = cv2.GaussianBlur(out, (0, 0), float(rng.uniform(0.3, 0.04 * image.shape[0])) + 0.01)
    out = 255 - (255 - out) * rng.uniform(0.5, 1.05)
    out += np.linspace(0, rng.normal(0, 18), image.shape[1], dtype=np.float32)[None]
    out += rng.normal(0, abs(rng.normal(0, 6)) + 0.1, image.shape)
    return np.clip(out, 0, 255).astype(np.uint8)
