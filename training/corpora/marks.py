"""Frames for the marks network: photographed boxes from the shared data, and boxes that are printed and marked here."""

import io
import re
from dataclasses import dataclass
from pathlib import Path

import cv2
import numpy as np
from PIL import Image

from recognizer.form import Box
from recognizer.frame import ink_level, mark_frame
from training.corpora.arrays import load_arrays
from training.corpora.boxes import dirt, print_box, spoiled
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
    "cross": 0.21, "tick": 0.21, "fill": 0.12, "blob": 0.09, "shaded": 0.08, "scribble": 0.07, "circle": 0.08,
    "stroke": 0.1, "dot": 0.04,
}  # fmt: skip


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

    The set's 40 px crops show the box in their middle half; the smaller ones are filled by it. Of the page they come
    from no more is known; with `rng` it may have darker ink than they have.
    """
    height, width = photo.image.shape
    share = 0.55 if (height, width) == (40, 40) else 0.85
    size = np.array([width, height]) * share
    middle = np.array([width, height]) / 2
    image, darker = photo.image, 1.0
    if rng is not None:
        middle = middle + rng.normal(0, 0.06, 2) * size
        size = size * np.exp(rng.normal(0, 0.12, 2))
        image = spoiled(image, rng)
        darker = float(np.exp(max(0.0, rng.normal(0, 0.4))))
        if rng.random() < 0.5:
            image = np.ascontiguousarray(image[:, ::-1])
    x, y = middle - size / 2
    # Enlarged, so that whole-pixel boxes are fine enough.
    zoomed = cv2.resize(image, None, fx=4, fy=4, interpolation=cv2.INTER_LINEAR)
    box = round(4 * x), round(4 * y), max(4, round(4 * size[0])), max(4, round(4 * size[1]))
    return mark_frame(zoomed, box, darker * ink_level([zoomed]))


def drawn_frame(rng: np.random.Generator) -> tuple[np.ndarray, int]:
    """Print a box, mark it or not, or take the mark back, and scan it: a frame and its class.

    The box is at most 3 pixels of a scan at 200 dpi off its place; half of the small ones are scanned as small. Below
    it there is mostly something else of the page, so that what is dark is told by the page and not by the box.
    """
    side = int(rng.integers(18, 56))
    width = int(side * np.exp(rng.normal(0, 0.15)))
    margin = int(1.1 * side)
    page = np.full((2 * side + 2 * margin, width + 2 * margin), int(rng.integers(225, 256)), np.uint8)
    image, below = page[:-side], page[-side:]
    box = (margin, margin, width, side)
    kind = int(rng.choice([EMPTY, MARKED, AMBIGUOUS], p=[0.47, 0.4, 0.13]))
    ink, pen = int(rng.integers(0, 130)), float(np.exp(rng.normal(0.8, 0.4)) * side / 32)
    surroundings(image, box, rng)
    print_boxes(image, box, rng, ink, pen)
    if kind == EMPTY:
        dirt(image, rng)
        if rng.random() < 0.1:
            erased(image, box, rng, (255 - ink) * rng.uniform(0.03, 0.14))
    elif kind == MARKED:
        draw_mark(image, box, rng, ink, pen)
    else:
        unclear(image, box, rng, ink, pen)
    if rng.random() < 0.8:
        elsewhere(below, rng, ink, pen)
    shrink = 1.0 if rng.random() < 0.5 else min(1.0, float(rng.uniform(9, 22)) / side)
    size = np.array([width, side]) * np.exp(rng.normal(0, 0.05, 2))
    corner = np.array([margin + width / 2, margin + side / 2]) + rng.uniform(-0.1, 0.1, 2) * side - size / 2
    scan = cv2.resize(page, None, fx=shrink, fy=shrink, interpolation=cv2.INTER_AREA) if shrink < 1 else page
    scan = spoiled(scan, rng)
    x, y, wide, high = (round(float(v) * shrink) for v in (*corner, *size))
    seen = scan[: round(image.shape[0] * shrink)]
    return mark_frame(seen, (x, y, max(4, wide), max(4, high)), ink_level([scan])), kind


def elsewhere(image: np.ndarray, rng: np.random.Generator, ink: int, pen: float) -> None:
    """What else is on the page: print, and marks by the same pen."""
    height, width = image.shape
    if rng.random() < 0.6:
        shade = int(rng.integers(0, 150))
        cv2.putText(image, "name of the", (2, height // 3), 0, height / 60, shade, max(1, height // 24), cv2.LINE_AA)
    if rng.random() < 0.8:
        side = height // 2
        for x in range(side // 2, width - side, 2 * side):
            draw_mark(image, (x, height - side - 2, side, side), rng, ink, pen)


def unclear(image: np.ndarray, box: Box, rng: np.random.Generator, ink: int, pen: float) -> None:
    """What nobody should decide alone: a mark that was taken back, one half erased, a stroke that only touches."""
    style = rng.random()
    if style < 0.7:
        draw_mark(image, box, rng, ink, pen)
        strike(image, box, rng, ink, pen)
    elif style < 0.85:
        erased(image, box, rng, (255 - ink) * rng.uniform(0.22, 0.32))
    else:
        touching(image, box, rng, ink, pen)


def touching(image: np.ndarray, box: Box, rng: np.random.Generator, ink: int, pen: float) -> None:
    """A stroke that lies outside the box but for its end."""
    x, y, width, height = box
    edge = np.array([[x, y], [x + width, y], [x + width, y + height], [x, y + height], [x, y]], float)
    at = int(rng.integers(4))
    start = edge[at] + (edge[at + 1] - edge[at]) * rng.uniform(0.2, 0.8)
    away = (start - (x + width / 2, y + height / 2)) * rng.uniform(0.5, 1.0) + rng.normal(0, 0.1, 2) * height
    ends = [tuple(int(v) for v in point) for point in (start - 0.15 * away, start + away)]
    cv2.line(image, ends[0], ends[1], ink, max(1, round(pen)), cv2.LINE_AA)


def erased(image: np.ndarray, box: Box, rng: np.random.Generator, darkness: float) -> None:
    """What an eraser leaves of a pencil's mark: `darkness` grey levels of it, smeared."""
    layer = np.full_like(image, 255)
    draw_mark(layer, box, rng, 0, max(1.0, box[3] / 14))
    smear = cv2.GaussianBlur(layer, (0, 0), box[3] * rng.uniform(0.01, 0.05) + 0.3)
    np.minimum(image, 255 - ((255 - smear.astype(np.float32)) * (darkness / 255)).astype(np.uint8), out=image)


def surroundings(image: np.ndarray, box: Box, rng: np.random.Generator) -> None:
    """What forms print around a box: shading and words."""
    x, y, width, height = box
    if rng.random() < 0.12:  # a shaded column or box
        over, aside = (int(v) for v in rng.choice([0, 0.4, 1.2], 2) * height)
        image[max(0, y - over) : y + height + over, max(0, x - aside) : x + width + aside] = int(rng.integers(185, 240))
    if rng.random() < 0.25:
        words = str(rng.choice(["yes", "no", "Male", "other", "1", "A", "married", "ja", "oui"]))
        place = (x + int(rng.uniform(1.08, 1.5) * width), y + int(rng.uniform(0.7, 1.0) * height))
        cv2.putText(image, words, place, 0, height / 40, int(rng.integers(0, 120)), max(1, height // 24), cv2.LINE_AA)


def print_boxes(image: np.ndarray, box: Box, rng: np.random.Generator, ink: int, pen: float) -> None:
    """A box, and often others like it beside or below it, some of them marked: bubble sheets are dense."""
    x, y, width, height = box
    design = int(rng.integers(2**31))
    print_box(image, box, np.random.default_rng(design))
    if rng.random() < 0.5:
        return
    across, down = rng.uniform(1.15, 2.0, 2)
    for column, row in ((-1, 0), (1, 0), (0, -1), (0, 1)):
        if rng.random() < 0.4:
            continue
        other = (x + round(column * across * width), y + round(row * down * height), width, height)
        print_box(image, other, np.random.default_rng(design))
        if rng.random() < 0.3:
            draw_mark(image, other, rng, ink, pen)


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
        radius = max(2, int(height * rng.uniform(0.24, 0.36)))  # a smaller one is a printed letter, out of focus
        cv2.circle(image, center, radius, min(ink, 60), -1, cv2.LINE_AA)
    elif style in ("blob", "shaded"):
        filled(image, box, rng, ink, shaded=style == "shaded")
    else:
        mark(image, place, style, rng, ink=ink, width_px=max(1.0, pen))


def filled(image: np.ndarray, box: Box, rng: np.random.Generator, ink: int, *, shaded: bool) -> None:
    """A bubble filled with ink, or with a pencil through whose grey the printed letter can still be seen."""
    x, y, width, height = box
    layer = np.full_like(image, 255)
    middle = np.array([x + width / 2, y + height / 2]) + rng.normal(0, 0.06, 2) * height
    around = np.linspace(0, 2 * np.pi, 14, endpoint=False)
    radius = rng.uniform(0.38, 0.56) * (1 + rng.normal(0, 0.06, 14))
    outline = middle + np.column_stack([np.cos(around) * width, np.sin(around) * height]) * radius[:, None]
    cv2.fillPoly(layer, [outline.astype(np.int32)], int(rng.integers(70, 175)) if shaded else ink, cv2.LINE_AA)
    if shaded:
        grain = cv2.GaussianBlur(rng.normal(0, 1, image.shape).astype(np.float32), (0, 0), 1.0)
        layer = np.where(layer < 250, np.clip(layer + grain * rng.uniform(0, 90), 0, 250), 255).astype(np.uint8)
    np.minimum(image, layer, out=image)


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
