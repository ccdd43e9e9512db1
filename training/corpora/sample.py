"""Sample and Corpus: what every source of training data looks like, and who belongs to which split."""

import hashlib
from collections.abc import Callable
from dataclasses import dataclass
from typing import Literal

import numpy as np

Split = Literal["train", "tune", "test"]


@dataclass(frozen=True, kw_only=True)
class Sample:
    """One line of writing: (h, w) uint8 image with light paper, its text, who wrote it."""

    image: np.ndarray
    text: str
    writer: str


@dataclass(frozen=True, kw_only=True)
class Corpus:
    """A named source. `draw(i, rng)` gives sample i, at random in its variable parts; 0 <= i < size.

    `digest` identifies the data that it draws from, `writers` the number of people behind it. `prose` are the texts
    that people wrote as language, for the model of prose: not random digits or words drawn by us.
    """

    name: str
    size: int
    draw: Callable[[int, np.random.Generator], Sample]
    digest: str
    writers: int
    prose: tuple[str, ...] = ()


def split_of(writer: str) -> Split:
    """Decide a writer's split from the name alone, so that every corpus and every session agree: 80/10/10."""
    tenth = int(hashlib.sha256(writer.encode()).hexdigest(), 16) % 10
    return "test" if tenth == 0 else "tune" if tenth == 1 else "train"


def digest_of(*arrays: np.ndarray) -> str:
    """Digest of the data that a corpus draws from: 16 hex characters of SHA-256."""
    sha = hashlib.sha256()
    for array in arrays:
        sha.update(f"{array.dtype}{array.shape}".encode())
        sha.update(np.ascontiguousarray(array).view(np.uint8).data)
    return sha.hexdigest()[:16]
