"""Writing that nobody can read any more: scribbled, overwritten, smeared, blotted, drowned in noise, in pieces."""

from collections.abc import Callable

import cv2
import numpy as np

from training.corpora.struck import draw_path, extent_of, ink_mask, strike

Rng = np.random.Generator
Draw = Callable[[Rng], tuple[np.ndarray, int]]
"""Gives a written image and its number of characters."""


def doodle(writing: Draw, rng: Rng) -> np.ndarray | None:
    """Loops and knots of a pen that writes nothing."""
    height, width = int(rng.integers(36, 70)), int(rng.integers(50, 360))
    image = np.full((height, width), 255, np.uint8)
    pen = int(rng.integers(0, 90)), float(rng.uniform(1, 4))
    for _ in range(int(rng.integers(1, 4))):
        count = int(rng.integers(20, 36 + width // 6))
        walk = np.cumsum(rng.normal(0, 1, (count, 2)), 0) + np.linspace(0, rng.uniform(0, 3) * count**0.5, count)[
            :, None
        ] * (1, 0)
        walk = (walk - walk.min(0)) / np.maximum(np.ptp(walk, 0), 1e-6)  # fills the field
        draw_path(image, 4 + walk * (width - 8, height - 8), pen)
    return image


def overwritten(writing: Draw, rng: Rng) -> np.ndarray | None:
    """Two texts, one on top of the other."""
    (one, length), (other, other_length) = writing(rng), writing(rng)
    places = extent_of(one), extent_of(other)
    if places[0] is None or places[1] is None or min(length, other_length) < 2:
        return None
    one, other = _cut(one, places[0]), _cut(other, places[1])
    scale = np.exp(rng.normal(0, 0.12))
    size = (round(one.shape[1] * scale * rng.uniform(0.85, 1.15)), round(one.shape[0] * scale))
    if not 0.35 < (size[0] / size[1]) / (other.shape[1] / other.shape[0]) < 2.8:
        return None
    other = cv2.resize(other, size, interpolation=cv2.INTER_AREA)
    height, width = (max(a, b) + 12 for a, b in zip(one.shape, other.shape, strict=True))
    canvas = np.full((height, width), 255, np.uint8)
    for image in (one, other):
        y, x = (int(rng.integers(0, room - side + 1)) for room, side in zip(canvas.shape, image.shape, strict=True))
        place = canvas[y : y + image.shape[0], x : x + image.shape[1]]
        np.minimum(place, image, out=place)
    return canvas


def smeared(writing: Draw, rng: Rng) -> np.ndarray | None:
    """Wiped along, or so much out of focus that letters run into each other."""
    image, _ = writing(rng)
    place = extent_of(image)
    if place is None:
        return None
    height = place[3] - place[1]
    if rng.random() < 0.5:
        length = max(5, round(height * rng.uniform(0.6, 1.5)))
        kernel = np.zeros((length, length), np.float32)
        angle = rng.normal(0, 0.4)
        reach = (length - 1) / 2 * np.array([np.cos(angle), np.sin(angle)])
        ends = [tuple(round(v) for v in (length - 1) / 2 + sign * reach) for sign in (-1, 1)]
        cv2.line(kernel, ends[0], ends[1], 1.0, 1)
        image = cv2.copyMakeBorder(image, *(length // 2,) * 4, cv2.BORDER_REPLICATE)
        wiped = cv2.filter2D(image, -1, kernel / kernel.sum())
        return wiped if rng.random() < 0.6 else np.minimum(wiped, cv2.addWeighted(image, 0.5, wiped, 0.5, 0))
    return cv2.GaussianBlur(image, (0, 0), height * rng.uniform(0.16, 0.3))


def blotted(writing: Draw, rng: Rng) -> np.ndarray | None:
    """Ink spilled over half of the writing and more."""
    image, _ = writing(rng)
    place = extent_of(image)
    if place is None:
        return None
    mask, out = ink_mask(image), image.copy()
    height = place[3] - place[1]
    covered, shade = np.zeros(image.shape, np.uint8), int(rng.integers(0, 110))
    for _ in range(60):
        center = (int(rng.uniform(place[0], place[2])), int(rng.uniform(place[1], place[3])))
        axes = (max(2, int(height * rng.uniform(0.2, 0.7))), max(2, int(height * rng.uniform(0.15, 0.5))))
        for layer, value in ((covered, 1), (out, shade)):
            cv2.ellipse(
                layer, center, axes, float(rng.uniform(0, 180)), 0, 360, value, -1, cv2.LINE_AA if value > 1 else 8
            )
        if covered[mask].mean() > 0.55:
            return cv2.GaussianBlur(out, (0, 0), 0.7)
    return None


def drowned(writing: Draw, rng: Rng) -> np.ndarray | None:
    """Paler than the noise of its paper."""
    image, _ = writing(rng)
    ink = (255 - image.astype(np.float32)) / 255
    noise = rng.normal(0, rng.uniform(18, 40), image.shape)
    grain = cv2.GaussianBlur(noise, (0, 0), rng.uniform(0.6, 1.6))
    grain *= noise.std() / max(grain.std(), 1e-6)
    return np.clip(205 - ink * rng.uniform(0.2, 0.8) * noise.std() + grain, 0, 255).astype(np.uint8)


def fragments(writing: Draw, rng: Rng) -> np.ndarray | None:
    """A third of the strokes at most is left, in pieces."""
    image, characters = writing(rng)
    if extent_of(image) is None or characters < 3:  # a piece of one character may be another
        return None
    mask = ink_mask(image)
    field = cv2.GaussianBlur(rng.normal(0, 1, image.shape), (0, 0), image.shape[0] * rng.uniform(0.03, 0.09) + 0.5)
    kept = field > np.quantile(field[mask], 1 - rng.uniform(0.12, 0.32))
    return np.where(kept, image, np.median(image)).astype(np.uint8)


def partly_struck(writing: Draw, rng: Rng) -> np.ndarray | None:
    """Part of the line is crossed out: what counts is for a person to say."""
    image, characters = writing(rng)
    if characters < 5:
        return None
    share = rng.uniform(0.3, 0.7)
    return strike(image, rng, characters=characters, span=(0.0, share) if rng.random() < 0.5 else (1 - share, 1.0))


def _cut(image: np.ndarray, place: tuple[float, float, float, float]) -> np.ndarray:
    left, top, right, bottom = (int(v) for v in place)
    return image[top : bottom + 1, left : right + 1]


WAYS: dict[Callable[[Draw, Rng], np.ndarray | None], float] = {
    doodle: 0.16, overwritten: 0.24, smeared: 0.14, blotted: 0.12, drowned: 0.06, fragments: 0.12, partly_struck: 0.16,
}  # fmt: skip
