"""Digits in handwriting fonts as files with their list, in the pens people had, and in others that they come with."""

import csv
from collections.abc import Callable, Mapping
from pathlib import Path

import cv2
import numpy as np
from PIL import Image

from training.corpora import grammar
from training.samples.pen import random_hand, write

Change = Callable[[np.ndarray, np.random.Generator], np.ndarray]


def as_it_is(image: np.ndarray, rng: np.random.Generator) -> np.ndarray:
    """No shift."""
    return image


def slant(image: np.ndarray, rng: np.random.Generator) -> np.ndarray:
    """A hand that leans far forward."""
    lean = float(rng.uniform(0.65, 0.9))
    height, width = image.shape
    wide = int(width + lean * height)
    return cv2.warpAffine(image, np.array([[1, -lean, lean * height], [0, 1, 0]]), (wide, height), borderValue=255)


def squeezed(image: np.ndarray, rng: np.random.Generator) -> np.ndarray:
    """A scanner whose feed is too fast."""
    return cv2.resize(image, None, fx=float(rng.uniform(0.35, 0.5)), fy=1.0, interpolation=cv2.INTER_AREA)


def outline(image: np.ndarray, rng: np.random.Generator) -> np.ndarray:
    """A pen with two tips, whose strokes are hollow."""
    ink = cv2.resize((image < 140).astype(np.uint8) * 255, None, fx=2, fy=2)
    tips = np.ones((3, 3), np.uint8)
    return 255 - cv2.GaussianBlur(cv2.dilate(ink, tips) - cv2.erode(ink, tips), (0, 0), 0.7)


SHIFTS: Mapping[str, Change] = {"slant": slant, "squeezed": squeezed, "outline": outline}


def draw_fields(folder: Path, count: int, change: Change, seed: int) -> tuple[Path, dict[str, str]]:
    """Fields of digits in handwriting fonts, as files with their list; and what is written on each."""
    rng, written = np.random.default_rng(seed), dict[str, str]()
    folder.mkdir(parents=True, exist_ok=True)
    for number in range(count):
        hand, text = random_hand(rng), grammar.digits(rng, 3, 6)
        image = np.pad(write(text, hand.font, rng, float(rng.uniform(26, 40)), hand=hand), 10, constant_values=255)
        Image.fromarray(change(image, rng)).save(folder / f"{seed}-{number}.png")
        written[f"{seed}-{number}.png"] = text
    with (folder / "fields.csv").open("w", newline="") as file:
        rows = csv.writer(file)
        rows.writerow(["image", "kind"])
        rows.writerows([name, "digits"] for name in written)
    return folder / "fields.csv", written
