"""Online handwriting: pen strokes that are drawn anew, with another pen and slant, each time they are asked for."""

from dataclasses import dataclass
from pathlib import Path

import cv2
import numpy as np

from recognizer.alphabet import Alphabet, normal_text
from training.corpora.arrays import load_arrays
from training.corpora.sample import Corpus, Sample, Split, digest_of, split_of

Stroke = np.ndarray
"""(n, 2) float32 points, x to the right and y down."""

HEIGHT_PX = 56
"""Height at which strokes are drawn; the line image is made smaller from it."""


@dataclass(frozen=True, kw_only=True)
class StrokeSet:
    """Samples of one .npz file of strokes. `points` is (n, 2) uint16 with y up; see the shared data's README."""

    name: str
    points: np.ndarray
    stroke_ends: np.ndarray
    sample_strokes: np.ndarray
    labels: list[str]
    writers: list[str]
    digest: str

    def strokes(self, i: int) -> list[Stroke]:
        """Strokes of sample i with y turned down and the top left corner of the ink at 0, 0."""
        first, last = self.sample_strokes[i], self.sample_strokes[i + 1]
        ends = self.stroke_ends[first:last]
        start = self.stroke_ends[first - 1] if first else 0
        points = self.points[start : ends[-1]].astype(np.float32)
        points[:, 1] = -points[:, 1]
        points -= points.min(axis=0)
        return np.split(points, ends[:-1] - start)


def load_strokes(path: Path) -> StrokeSet:
    """Read a stroke set. Raises InputError for a file that cannot be read."""
    points, lengths, offset, labels, writers = load_arrays(
        path, "points", "stroke_len", "sample_stroke_offset", "label", "writer"
    )
    return StrokeSet(
        name=path.stem,
        points=points,
        stroke_ends=np.cumsum(lengths),
        sample_strokes=offset,
        labels=[normal_text(str(label)) for label in labels],
        writers=[str(writer) for writer in writers],
        digest=digest_of(points, lengths, offset, labels, writers),
    )


def is_one_line(strokes: list[Stroke], text: str) -> bool:
    """Whether the ink's shape fits one line of that text: two lines are at least twice as high per character."""
    width, height = np.concatenate(strokes).max(axis=0) + 1
    pitch = width / max(len(text), 1)
    return bool(0.15 < height / pitch < 6.0)


def transform(strokes: list[Stroke], rng: np.random.Generator) -> list[Stroke]:
    """Slant, stretch and turn the strokes a little, as another hand on another day would."""
    shear, turn = rng.normal(0, 0.18), np.deg2rad(rng.normal(0, 1.2))
    stretch = np.exp(rng.normal(0, 0.12))
    matrix = np.array([[stretch, 0], [-shear, 1]]) @ np.array(
        [[np.cos(turn), np.sin(turn)], [-np.sin(turn), np.cos(turn)]]
    )
    return [stroke @ matrix.astype(np.float32) for stroke in strokes]


def draw(strokes: list[Stroke], rng: np.random.Generator, height_px: int = HEIGHT_PX) -> np.ndarray:
    """Draw strokes with a pen of random width: (h, w) uint8, paper 255, ink down to 0, ink about `height_px` high."""
    points = np.concatenate(strokes)
    low, high = points.min(axis=0), points.max(axis=0)
    extent = np.maximum(high - low, 1)
    scale = min(height_px / extent[1], 1600 / extent[0], 3 * height_px / extent[0] if len(points) < 3 else np.inf)
    margin = int(rng.integers(4, 14))
    width, height = (extent * scale + 2 * margin).astype(int)
    image = np.full((max(height, 12), max(width, 12)), 255, np.uint8)
    thickness = int(np.clip(round(np.exp(rng.normal(1.0, 0.4))), 1, 7))
    curves = [np.round(((stroke - low) * scale + margin) * 8).astype(np.int32) for stroke in strokes]
    curves = [curve if len(curve) > 1 else curve.repeat(2, axis=0) for curve in curves]  # a dot
    cv2.polylines(image, curves, False, int(rng.integers(0, 60)), thickness, cv2.LINE_AA, 3)
    return image


def stroke_corpus(strokes: StrokeSet, split: Split, alphabet: Alphabet, longest: int = 60) -> Corpus:
    """Single lines of one split of a stroke set, without texts that the alphabet or one line cannot hold."""
    chosen = [
        i
        for i, (text, writer) in enumerate(zip(strokes.labels, strokes.writers, strict=True))
        if text and len(text) <= longest and alphabet.covers(text) and split_of(writer) == split
    ]
    chosen = [i for i in chosen if len(strokes.labels[i]) < 3 or is_one_line(strokes.strokes(i), strokes.labels[i])]

    def sample(number: int, rng: np.random.Generator) -> Sample:
        i = chosen[number]
        image = draw(transform(strokes.strokes(i), rng), rng)
        return Sample(image=image, text=strokes.labels[i], writer=strokes.writers[i])

    writers = len({strokes.writers[i] for i in chosen})
    prose = tuple(strokes.labels[i] for i in chosen)
    return Corpus(name=strokes.name, size=len(chosen), draw=sample, digest=strokes.digest, writers=writers, prose=prose)
