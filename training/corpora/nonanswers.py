"""What the outcome head learns from: answers, and what is none, each made of the writing of other corpora.

What belongs where: all of the writing crossed out is `struck_out`; part of it crossed out, even with a correction
beside it, is `illegible`, because what counts then is for a person to say. Machine print without handwriting is the
form's own and a `wrong_crop`. Blank fields with specks and rests of lines count as `text`: the text network tells them
from writing already.
"""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

import cv2
import numpy as np

from recognizer.alphabet import Alphabet
from recognizer.outcome import OUTCOME_CLASSES
from training.corpora import miscut, spoiled
from training.corpora.sample import Corpus, Split
from training.corpora.strokes import load_strokes, stroke_corpus
from training.corpora.struck import innocent_lines, strike

TEXT, STRUCK_OUT, ILLEGIBLE, WRONG_CROP = range(len(OUTCOME_CLASSES))
Rng = np.random.Generator
SHARES = (0.52, 0.18, 0.15, 0.15)
"""How often each class is drawn; training turns it into what fields are like."""


@dataclass(frozen=True, kw_only=True)
class Specimen:
    """One field: (h, w) uint8, its class of `OUTCOME_CLASSES`, how it was made, and of which corpus."""

    image: np.ndarray
    outcome: int
    way: str
    source: str


class Specimens:
    """Draws answers and non-answers out of the writing of `corpora`, all of one split."""

    def __init__(self, corpora: Sequence[Corpus]) -> None:
        self.corpora = [corpus for corpus in corpora if corpus.size]
        self.written = [corpus for corpus in self.corpora if corpus.name != "blank"]

    def draw(self, rng: Rng) -> Specimen:
        """One specimen, its class at random by `SHARES`."""
        outcome = int(rng.choice(len(SHARES), p=SHARES))
        return self.of(outcome, rng)

    def of(self, outcome: int, rng: Rng) -> Specimen:
        """One specimen of a class."""
        make = (self._text, self._struck, self._spoiled, self._miscut)[outcome]
        while True:
            corpus = self.written[int(rng.integers(len(self.written)))]
            made = make(corpus, rng)
            if made is not None:
                image, way, source = made
                return Specimen(image=image, outcome=outcome, way=way, source=source)

    def _text(self, corpus: Corpus, rng: Rng) -> tuple[np.ndarray, str, str]:
        style = rng.random()
        if style < 0.05:
            return odd_sign(rng), "sign", "drawn"
        if style < 0.09 and len(self.written) < len(self.corpora):
            corpus = next(corpus for corpus in self.corpora if corpus.name == "blank")
        image = _writing(corpus)(rng)[0]
        if style < 0.45:
            return innocent_lines(image, rng), "lines", corpus.name
        return (faint(image, rng), "faint", corpus.name) if style < 0.55 else (image, "plain", corpus.name)

    def _struck(self, corpus: Corpus, rng: Rng) -> tuple[np.ndarray, str, str] | None:
        image, characters = _writing(corpus)(rng)
        if rng.random() < 0.2:
            image = innocent_lines(image, rng)
        struck = strike(image, rng, characters=characters)
        return None if struck is None else (struck, "struck", corpus.name)

    def _spoiled(self, corpus: Corpus, rng: Rng) -> tuple[np.ndarray, str, str] | None:
        return _one_of(spoiled.WAYS, corpus, rng)

    def _miscut(self, corpus: Corpus, rng: Rng) -> tuple[np.ndarray, str, str] | None:
        return _one_of(miscut.WAYS, corpus, rng)


def _one_of(
    ways: Mapping[Callable[[spoiled.Draw, Rng], np.ndarray | None], float], corpus: Corpus, rng: Rng
) -> tuple[np.ndarray, str, str] | None:
    way = list(ways)[int(rng.choice(len(ways), p=np.array(list(ways.values()))))]
    image = way(_writing(corpus), rng)
    return None if image is None else (image, way.__name__, corpus.name)


def _writing(corpus: Corpus) -> spoiled.Draw:
    def draw(rng: Rng) -> tuple[np.ndarray, int]:
        sample = corpus.draw(int(rng.integers(corpus.size)), rng)
        return sample.image, len(sample.text.replace(" ", ""))

    return draw


def faint(image: np.ndarray, rng: Rng) -> np.ndarray:
    """The writing of a hard pencil or an empty pen, still readable, with the paper's grain."""
    pale = 255 - (255 - image.astype(np.float32)) * rng.uniform(0.2, 0.5)
    return np.clip(pale - 15 + rng.normal(0, rng.uniform(1, 6), image.shape), 0, 255).astype(np.uint8)


def odd_sign(rng: Rng) -> np.ndarray:
    """A short answer that looks like a strike or a scribble: dashes, a slash, X, +, =, 1, a tick."""
    height = int(rng.integers(40, 80))
    image = np.full((height, int(height * rng.uniform(1.2, 5))), 255, np.uint8)
    pen = max(1, round(float(np.exp(rng.normal(1.0, 0.4))))), int(rng.integers(0, 110))
    strokes = SIGNS[int(rng.integers(len(SIGNS)))]
    size = height * rng.uniform(0.3, 0.7)
    corner = np.array([rng.uniform(4, max(5, image.shape[1] - 2 * size)), (height - size) / 2])
    for number in range(int(rng.choice([1, 1, 1, 2, 3]))):
        for stroke in strokes:
            points = np.array(stroke) + rng.normal(0, 0.04, (len(stroke), 2)) + (1.4 * number, 0)
            path = np.round((corner + points * size) * 16).astype(np.int32)
            cv2.polylines(image, [path], False, pen[1], pen[0], cv2.LINE_AA, 4)
    return image


SIGNS: tuple[list[list[tuple[float, float]]], ...] = (
    [[(0, 0.5), (1, 0.5)]],
    [[(0, 0.5), (2.5, 0.5)]],
    [[(0, 1), (0.8, 0)]],
    [[(0, 0), (1, 1)], [(0, 1), (1, 0)]],
    [[(0, 0.5), (1, 0.5)], [(0.5, 0), (0.5, 1)]],
    [[(0, 0.35), (1, 0.35)], [(0, 0.65), (1, 0.65)]],
    [[(0.5, 0), (0.5, 1)]],
    [[(0.2, 0.3), (0.5, 0), (0.5, 1)]],
    [[(0, 0.6), (0.3, 1), (1, 0)]],
    [[(0, 0), (1, 0), (0.3, 1)], [(0.2, 0.5), (0.9, 0.5)]],
)


def single_characters(folder: Path, split: Split, alphabet: Alphabet) -> list[Corpus]:
    """Single digits, letters and signs of the optional shared data folder, as fields of their own; may be none."""
    paths = sorted((folder / "unipen").glob("unipen_1?.npz"))
    return [stroke_corpus(load_strokes(path), split, alphabet) for path in paths]
