"""Boxes to mark as forms print them, the dirt on them, and what scanners and phones make of both."""

from functools import cache

import cv2
import numpy as np

from recognizer.form import Box

LETTERS = "ABCDEFGHJ0123456789"


def print_box(image: np.ndarray, box: Box, rng: np.random.Generator) -> None:
    """A printed square, circle or oval, thin, thick or dotted; sometimes with a letter in it."""
    x, y, width, height = box
    shade = int(rng.integers(0, 150) if rng.random() < 0.65 else rng.integers(150, 205))  # much is printed pale
    thick = int(rng.integers(1, max(2, height // (9 if rng.random() < 0.25 else 14)) + 1))
    shape = rng.random()
    axes = (width // 2, height // 2)
    if shape < 0.42:
        cv2.rectangle(image, (x, y), (x + width, y + height), shade, thick)
    elif shape < 0.49:
        dotted(image, box, shade, max(1, thick // 2))
    elif shape < 0.53:  # brackets
        for at, inwards in ((x, width // 5), (x + width, -(width // 5))):
            points = [(at + inwards, y), (at, y), (at, y + height), (at + inwards, y + height)]
            cv2.polylines(image, [np.array(points, np.int32)], False, shade, thick, cv2.LINE_AA)
    else:
        cv2.ellipse(image, (x + axes[0], y + axes[1]), axes, 0, 0, 360, shade, thick, cv2.LINE_AA)
    if (shape > 0.53 and rng.random() < 0.75) or rng.random() < 0.08:
        letter(image, box, shade if rng.random() < 0.7 else int(rng.integers(0, 170)), rng)


def letter(image: np.ndarray, box: Box, shade: int, rng: np.random.Generator) -> None:
    """A letter or digit printed in the middle of a box, as bubble sheets have them."""
    x, y, width, height = box
    text, face = str(rng.choice(list(LETTERS))), int(rng.choice([0, 2, 3]))
    scale, thick = height * rng.uniform(0.35, 0.6) / 22, int(rng.integers(1, max(2, height // 11) + 1))
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
    """Blur, pale, shade, noise and compression of scanners and phones."""
    out: np.ndarray = image.astype(np.float32)
    if rng.random() < 0.5:
        out = cv2.GaussianBlur(out, (0, 0), float(rng.uniform(0.3, 0.3 + 0.03 * image.shape[0])))
    out = 255 - (255 - out) * rng.uniform(0.5, 1.05)
    out += np.linspace(0, rng.normal(0, 18), image.shape[1], dtype=np.float32)[None]
    out += rng.normal(0, abs(rng.normal(0, 6)) + 0.1, image.shape).astype(np.float32)
    scan = np.clip(out, 0, 255).astype(np.uint8)
    if rng.random() < 0.3:
        _, packed = cv2.imencode(".jpg", scan, (cv2.IMWRITE_JPEG_QUALITY, int(rng.integers(30, 90))))
        found = cv2.imdecode(packed, cv2.IMREAD_GRAYSCALE)
        return scan if found is None else found.astype(np.uint8)
    return scan
