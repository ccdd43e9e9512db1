"""Dates, amounts and numbers of people, composed of one NIST writer's digits with signs drawn between them."""

from pathlib import Path

import cv2
import numpy as np

from training.corpora import grammar
from training.corpora.arrays import load_arrays
from training.corpora.glyphs import join, trim
from training.corpora.sample import Corpus, Sample, Split, digest_of, split_of

GRAMMARS = (grammar.date, grammar.amount, grammar.phone, grammar.ssn)
SIGNS: dict[str, tuple[tuple[float, float], ...]] = {
    "/": ((0.75, 0.1), (0.25, 0.95)), "-": ((0.2, 0.55), (0.8, 0.55)), ".": ((0.5, 0.86), (0.55, 0.88)),
    ",": ((0.55, 0.82), (0.4, 1.0)), "(": ((0.7, 0.05), (0.4, 0.5), (0.7, 0.98)),
    ")": ((0.3, 0.05), (0.6, 0.5), (0.3, 0.98)),
}  # fmt: skip
"""Pen strokes in a cell of 1 x 1, y down."""


def typed_corpus(path: Path, split: Split, size: int = 60_000) -> Corpus:
    """Texts of `GRAMMARS` in the hands of MNIST's writers; the splits are those of `mnist_writers_corpus`."""
    part = "test" if split == "test" else "train"
    images, labels, writers = load_arrays(path, f"{part}_x", f"{part}_y", f"{part}_writer")
    people = {}
    for writer in np.unique(writers):
        mine = writers == writer
        glyphs = {str(digit): images[mine & (labels == digit)] for digit in range(10)}
        in_split = split == "test" or (split_of(f"mnist/{writer}") == "tune") == (split == "tune")
        if in_split and all(len(found) for found in glyphs.values()):
            people[str(writer)] = glyphs
    names = sorted(people)

    def sample(number: int, rng: np.random.Generator) -> Sample:
        name = names[int(rng.integers(len(names)))]
        text = _text(rng)
        cells = [trim(_cell(char, people[name], rng), rng) for char in text]
        return Sample(image=join(cells, rng), text=text, writer=name)

    digest = digest_of(images, labels, writers)
    return Corpus(name="typed", size=size if names else 0, draw=sample, digest=digest, writers=len(names))


def _text(rng: np.random.Generator) -> str:
    """A text of digits and drawn signs alone."""
    while True:
        text = GRAMMARS[int(rng.integers(len(GRAMMARS)))](rng).replace(" ", "")
        if set(text) <= set("0123456789") | set(SIGNS):
            return text


def _cell(char: str, glyphs: dict[str, np.ndarray], rng: np.random.Generator) -> np.ndarray:
    """(28, 28) uint8, ink light, as MNIST's images are."""
    if char in glyphs:
        return glyphs[char][int(rng.integers(len(glyphs[char])))]
    cell = np.zeros((28, 28), np.uint8)
    points = (np.array(SIGNS[char]) * 20 + 4 + rng.normal(0, 0.7, (len(SIGNS[char]), 2))) * 8
    cv2.polylines(cell, [np.round(points).astype(np.int32)], False, 255, int(rng.integers(2, 4)), cv2.LINE_AA, 3)
    return cell
