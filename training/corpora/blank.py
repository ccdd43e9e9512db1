"""Fields in which nothing is written, but dirt and what is left of the box: they teach the network to say nothing."""

import cv2
import numpy as np

from training.augment import box_remains
from training.corpora.sample import Corpus, Sample, Split, digest_of


def blank_corpus(split: Split, size: int = 20_000) -> Corpus:
    """Empty fields with specks, pieces of printed lines and shadows; their text is empty."""
    offset = {"train": 0, "tune": 1, "test": 2}[split]

    def sample(number: int, rng: np.random.Generator) -> Sample:
        rng = np.random.default_rng([offset, number, int(rng.integers(2**31))])
        image = np.full((int(rng.integers(36, 80)), int(rng.integers(60, 420))), 255, np.uint8)
        for _ in range(int(rng.integers(0, 3))):
            image = box_remains(image, rng)
        for _ in range(int(rng.integers(1, 6))):
            center = tuple(int(v) for v in rng.integers(0, image.shape[::-1]))
            cv2.circle(image, center, int(rng.integers(0, 3)), int(rng.integers(0, 200)), -1, cv2.LINE_AA)
        return Sample(image=image, text="", writer=f"blank-{number}")

    return Corpus(name="blank", size=size, draw=sample, digest=digest_of(np.array([size])), writers=1)
