"""Endless, reproducible batches: chunk k is a function of the seed and k alone, so that training can resume."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from itertools import pairwise

import cv2
import numpy as np
import torch
from torch.utils.data import IterableDataset, get_worker_info

from recognizer.alphabet import Alphabet
from recognizer.line import line_image
from training.augment import Augment
from training.corpora.sample import Corpus
from training.net.text import FRAME_PX, pad_lines

# Before OpenCV starts threads of its own: a forked data worker would wait for them forever.
cv2.setNumThreads(1)

CHUNK = 512
BATCH_AREA_PX = 80 * 192


@dataclass(frozen=True, kw_only=True)
class Batch:
    """(n, 1, 32, w) float lines and the class numbers of their texts, one after the other."""

    chunk: int
    lines: torch.Tensor
    frames: torch.Tensor
    targets: torch.Tensor
    lengths: torch.Tensor
    texts: tuple[str, ...]
    sources: tuple[str, ...]


def least_frames(text: str) -> int:
    """CTC needs a frame per character and one more between two that are equal."""
    return len(text) + sum(a == b for a, b in pairwise(text))


class Batches(IterableDataset):
    """Samples of several corpora, mixed by weight, augmented, normalized, grouped by width."""

    def __init__(
        self, mix: Sequence[tuple[Corpus, float, bool]], alphabet: Alphabet, seed: int, first_chunk: int
    ) -> None:
        self.mix, self.alphabet, self.seed, self.first_chunk = mix, alphabet, seed, first_chunk

    def __iter__(self) -> Iterator[Batch]:
        worker = get_worker_info()
        start, step = (worker.id, worker.num_workers) if worker else (0, 1)
        chunk, augment = self.first_chunk + start, Augment()
        while True:
            yield from self.chunk(chunk, augment)
            chunk += step

    def chunk(self, number: int, augment: Augment) -> Iterator[Batch]:
        """The batches of one chunk."""
        rng = np.random.default_rng([self.seed, number])
        augment.seed(int(rng.integers(2**31)))
        weights = np.array([weight for _, weight, _ in self.mix])
        rows = []
        for which in rng.choice(len(self.mix), CHUNK, p=weights / weights.sum()):
            corpus, _, is_drawn = self.mix[which]
            sample = corpus.draw(int(rng.integers(corpus.size)), rng)
            line = line_image(augment(sample.image, rng, is_drawn=is_drawn))
            if line is not None and least_frames(sample.text) <= line.shape[1] // FRAME_PX:
                rows.append((line, sample.text, corpus.name))
        rows.sort(key=lambda row: row[0].shape[1])
        groups = list(_by_area(rows))
        for i in rng.permutation(len(groups)):
            yield collate(groups[i], self.alphabet, number)


def _by_area(rows: list) -> Iterator[list]:
    group: list = []
    for row in rows:
        if group and (len(group) + 1) * (row[0].shape[1] + 32) > BATCH_AREA_PX:
            yield group
            group = []
        group.append(row)
    if group:
        yield group


def collate(rows: list[tuple[np.ndarray, str, str]], alphabet: Alphabet, chunk: int = -1) -> Batch:
    """Put (line, text, source) rows into one batch."""
    lines = pad_lines([line for line, _, _ in rows])
    targets = [torch.from_numpy(alphabet.encode(text)) for _, text, _ in rows]
    return Batch(
        chunk=chunk,
        lines=lines,
        frames=torch.full((len(rows),), lines.shape[3] // FRAME_PX),
        targets=torch.cat(targets),
        lengths=torch.tensor([len(target) for target in targets]),
        texts=tuple(text for _, text, _ in rows),
        sources=tuple(source for _, _, source in rows),
    )
