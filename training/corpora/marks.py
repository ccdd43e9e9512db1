"""Frames for the marks network: photographed boxes from the shared data, and boxes that are printed and marked here."""

import io
import re
from dataclasses import dataclass
from pathlib import Path

import cv2
import numpy as np
from PIL import Image

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

STYLES = ("cross", "tick", "fill", "scribble", "circle", "stroke", "dot")


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
    """Print a box, mark it or not, or take the mark back, and scan it: a frame and its class."""
    side = int(rng.integers(20, 60))
    width = int(side * np.exp(rng.normal(0, 0.12)))
    margin = side
    image = np.full((side + 2 * margin, width + 2 * margin), int(rng.integers(200, 256)), np.uint8)
    box = (margin, margin, width, side)
    print_box(image, box, rng)
    kind = int(rng.choice([EMPTY, MARKED, AMBIGUOUS], p=[0.45, 0.42, 0.13]))
    ink, pen = int(rng.integers(0, 110)), float(np.exp(rng.normal(0.8, 0.4)) * side / 32)
    if kind == EMPTY:
        dirt(image, rng)
    elif kind == MARKED:
        draw_mark(image, box, rng, ink, pen)
    else:
        draw_mark(image, box, rng, ink, pen)
        strike(image, box, rng, ink, pen)
    size = np.array([width, side]) * np.exp(rng.normal(0, 0.06, 2))
    x, y = np.array([margin + width / 2, margin + side / 2]) + rng.normal(0, 0.05, 2) * side - size / 2
    return mark_frame(spoiled(image, rng), (round(x), round(y), max(4, round(size[0])), max(4, round(size[1])))), kind


def print_box(image: np.ndarray, box: tuple[int, int, int, int], rng: np.random.Generator) -> None:
    """A printed square, circle or oval; sometimes with a letter in it or words beside it."""
    x, y, width, height = box
    shade, thick = int(rng.integers(0, 150)), int(rng.integers(1, max(2, height // 12) + 1))
    shape = rng.random()
    if shape < 0.65:
        cv2.rectangle(image, (x, y), (x + width, y + height), shade, thick)
    else:
        axes = (width // 2, height // 2)
        cv2.ellipse(image, (x + axes[0], y + axes[1]), axes, 0, 0, 360, shade, thick, cv2.LINE_AA)
    if shape > 0.85:
        place = (x + width // 3, y + 2 * height // 3)
        cv2.putText(image, str(rng.choice(list("ABCDE12345"))), place, 0, height / 60, max(shade, 90), 1, cv2.LINE_AA)
    if rng.random() < 0.3:
        cv2.putText(image, "yes no", (x + int(1.5 * width), y + height), 0, height / 40, shade, thick, cv2.LINE_AA)


def draw_mark(
    image: np.ndarray, box: tuple[int, int, int, int], rng: np.random.Generator, ink: int, pen: float
) -> None:
    """A mark as people make it: mostly ticks and crosses, within the box, across it or a little beside it."""
    x, y, width, height = box
    style = str(rng.choice(STYLES, p=[0.28, 0.27, 0.14, 0.1, 0.06, 0.11, 0.04]))
    scale = np.exp(rng.normal(0, 0.2))
    moved_x, moved_y = (rng.normal(0, 0.12, 2) * height).round().astype(int)
    place = (x + moved_x, y + moved_y, max(3, int(width * scale)), max(3, int(height * scale)))
    if style == "circle":
        axes = (int(width * rng.uniform(0.5, 0.9)), int(height * rng.uniform(0.5, 0.9)))
        cv2.ellipse(image, (x + width // 2, y + height // 2), axes, 0, 0, 360, ink, max(1, round(pen)), cv2.LINE_AA)
    elif style == "stroke":
        middle, half = np.array([x + width / 2, y + height / 2]), np.exp(rng.normal(-0.3, 0.35)) * height
        angle = rng.uniform(0, np.pi)
        reach = half * np.array([np.cos(angle), np.sin(angle)])
        ends = [tuple(int(v) for v in middle + sign * reach) for sign in (-1, 1)]
        cv2.line(image, ends[0], ends[1], ink, max(1, round(pen)), cv2.LINE_AA)
    elif style == "dot":
        center = (x + width // 2 + int(moved_x), y + height // 2 + int(moved_y))
        cv2.circle(image, center, max(2, int(height * rng.uniform(0.12, 0.3))), ink, -1, cv2.LINE_AA)
    else:
        mark(image, place, style, rng, ink=ink, width_px=max(1.0, pen))


def strike(image: np.ndarray, box: tuple[int, int, int, int], rng: np.random.Generator, ink: int, pen: float) -> None:
    """Take a mark back: bars or a scribble through it, well beyond the box."""
    x, y, width, height = box
    if rng.random() < 0.5:
        mark(image, box, "struck", rng, ink=ink, width_px=max(1.0, pen))
    else:
        wide = (x - width // 3, y - height // 4, int(width * 1.7), int(height * 1.5))
        mark(image, wide, "scribble", rng, ink=ink, width_px=max(1.5, pen))
        mark(image, wide, "fill", rng, ink=ink, width_px=max(1.0, pen))


def dirt(image: np.ndarray, rng: np.random.Generator) -> None:
    """Specks, and a neighbour's stroke that touches the frame's edge: no mark."""
    height, width = image.shape
    for _ in range(int(rng.poisson(0.6))):
        center = (int(rng.integers(0, width)), int(rng.integers(0, height)))
        cv2.circle(image, center, int(rng.integers(0, 2)), int(rng.integers(60, 200)), -1, cv2.LINE_AA)
    if rng.random() < 0.15:
        edge = int(rng.integers(0, width // 5))
        cv2.line(image, (edge, 0), (int(rng.integers(0, width // 4)), height), int(rng.integers(0, 90)), 2, cv2.LINE_AA)


def spoiled(image: np.ndarray, rng: np.random.Generator) -> np.ndarray:
    """Blur, pale, shade and noise of scanners and phones."""
    out: np.ndarray = image.astype(np.float32)
    if rng.random() < 0.5:
        out = cv2.GaussianBlur(out, (0, 0), float(rng.uniform(0.3, 0.04 * image.shape[0])) + 0.01)
    out = 255 - (255 - out) * rng.uniform(0.5, 1.05)
    out += np.linspace(0, rng.normal(0, 18), image.shape[1], dtype=np.float32)[None]
    out += rng.normal(0, abs(rng.normal(0, 6)) + 0.1, image.shape)
    return np.clip(out, 0, 255).astype(np.uint8)
