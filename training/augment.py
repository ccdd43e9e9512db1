"""Make clean crops look like they came through other pens, printers and scanners."""

import os

import cv2
import numpy as np

os.environ.setdefault("NO_ALBUMENTATIONS_UPDATE", "1")
import albumentations as A


def scanner(seed: int, *, bends: bool) -> A.Compose:
    """Albumentations pipeline for (h, w) uint8 crops with light paper.

    `bends` adds slant, stretch and rotation, for scanned samples; drawn strokes have had theirs as vectors.
    """
    paper = {"fill": 255, "border_mode": cv2.BORDER_CONSTANT}
    shape = [A.Affine(shear={"x": (-14, 14)}, rotate=(-1.5, 1.5), scale={"x": (0.85, 1.15), "y": (0.9, 1.1)},
                      fit_output=True, p=0.7, **paper)]  # fmt: skip
    return A.Compose(
        [
            *(shape if bends else []),
            A.ElasticTransform(alpha=18, sigma=5, p=0.25, approximate=True, **paper),
            A.OneOf(
                [
                    A.Morphological(scale=(2, 2), operation="dilation"),
                    A.Morphological(scale=(2, 2), operation="erosion"),
                ],
                p=0.2,
            ),
            A.OneOf(
                [A.GaussianBlur(blur_limit=0, sigma_limit=(0.4, 1.4)), A.MotionBlur(blur_limit=(3, 5)),
                 A.Downscale(scale_range=(0.45, 0.8))],
                p=0.45,
            ),
            A.RandomBrightnessContrast(brightness_limit=(-0.2, 0.0), contrast_limit=(-0.5, 0.1), p=0.4),
            A.GaussNoise(std_range=(0.01, 0.08), p=0.35),
            A.ImageCompression(quality_range=(25, 85), p=0.35),
        ],
        seed=seed,
    )  # fmt: skip


def box_remains(image: np.ndarray, rng: np.random.Generator) -> np.ndarray:
    """Leave pieces of a printed box or base line, as line removal does: broken, grey, at the edges."""
    image = image.copy()
    height, width = image.shape
    for _ in range(int(rng.integers(1, 4))):
        shade, thick = int(rng.integers(0, 190)), int(rng.integers(1, 3))
        start = int(rng.integers(0, width))
        if rng.random() < 0.65:
            row = int(rng.choice([rng.integers(0, 3), height - 1 - rng.integers(0, 3), int(height * 0.85)]))
            end = min(width - 1, start + int(rng.integers(4, max(5, width // (1 if rng.random() < 0.3 else 4)))))
            cv2.line(image, (start, row), (end, row + int(rng.integers(-1, 2))), shade, thick)
        else:
            column = int(rng.choice([rng.integers(0, 3), width - 1 - rng.integers(0, 3)]))
            top = int(rng.integers(0, height))
            cv2.line(image, (column, top), (column, top + int(rng.integers(4, height))), shade, thick)
    return image


def neighbours(image: np.ndarray, other: np.ndarray, rng: np.random.Generator) -> np.ndarray:
    """Let a piece of another line's ink reach in from above or below."""
    image = image.copy()
    rows = min(int(rng.integers(2, 8)), other.shape[0] // 3, image.shape[0] // 5)
    columns = min(image.shape[1], other.shape[1])
    if rows < 1:
        return image
    if rng.random() < 0.5:
        middle = other.shape[0] // 2
        np.minimum(image[:rows, :columns], other[middle : middle + rows, :columns], out=image[:rows, :columns])
    else:
        np.minimum(image[-rows:, :columns], other[4 : 4 + rows, :columns], out=image[-rows:, :columns])
    return image


def bleed(image: np.ndarray, other: np.ndarray, rng: np.random.Generator) -> np.ndarray:
    """Let the back of the sheet shine through: mirrored, pale, blurred."""
    back = cv2.resize(other[:, ::-1], (image.shape[1], image.shape[0]), interpolation=cv2.INTER_AREA)
    back = cv2.GaussianBlur(back, (0, 0), 1.5).astype(np.float32)
    pale = 255 - (255 - back) * rng.uniform(0.08, 0.28)
    return np.minimum(image, pale.astype(np.uint8))


class Augment:
    """(h, w) uint8 crop -> (h', w') uint8 crop, random but reproducible from the generator that is passed in."""

    def __init__(self) -> None:
        self.drawn, self.scanned = scanner(0, bends=False), scanner(0, bends=True)
        self.previous = np.full((40, 200), 255, np.uint8)

    def __call__(self, image: np.ndarray, rng: np.random.Generator, *, is_drawn: bool) -> np.ndarray:
        """Augment one crop; `is_drawn` for strokes that were bent as vectors."""
        clean = image
        if rng.random() < 0.15:
            image = box_remains(image, rng)
        if rng.random() < 0.06:
            image = neighbours(image, self.previous, rng)
        if rng.random() < 0.08:
            image = bleed(image, self.previous, rng)
        self.previous = clean
        return (self.drawn if is_drawn else self.scanned)(image=image)["image"]

    def seed(self, number: int) -> None:
        """Start the same random sequence again."""
        self.drawn.set_random_seed(number)
        self.scanned.set_random_seed(number + 1)
        self.previous = np.full((40, 200), 255, np.uint8)
