"""Small real data in the shared folder's formats, made for the tests, and corpora that need no files."""

import io
from pathlib import Path

import cv2
import numpy as np
from PIL import Image

from training.corpora.sample import Corpus, Sample, digest_of

WRITERS = tuple(f"u{i:04}" for i in range(120))


def save_strokes(path: Path, samples: list[tuple[str, str, list[list[tuple[int, int]]]]]) -> Path:
    """(label, writer, strokes with y up) in the format of the shared data's stroke sets."""
    strokes = [np.array(stroke, np.uint16) for _, _, parts in samples for stroke in parts]
    counts = [len(parts) for _, _, parts in samples]
    path.parent.mkdir(parents=True, exist_ok=True)
    np.savez(
        path,
        points=np.concatenate(strokes),
        stroke_len=np.array([len(stroke) for stroke in strokes], np.int32),
        sample_stroke_offset=np.concatenate([[0], np.cumsum(counts)]),
        label=np.array([label for label, _, _ in samples]),
        writer=np.array([writer for _, writer, _ in samples]),
    )
    return path


def digit_strokes(digit: int, writer: int) -> list[list[tuple[int, int]]]:
    """A zigzag that tells digit and writer: its points have the coordinates 100 + 10 * digit and 500 + writer."""
    return [[(100 + 10 * digit, 900), (300, 500 + writer), (100 + 10 * digit, 100)], [(150, 400), (250, 420)]]


def save_images(path: Path, rows: list[tuple[str, str]], size: tuple[int, int] = (40, 160)) -> Path:
    """(label, writer) as printed PNGs in the format of the shared data's image sets."""
    blobs = []
    for label, _ in rows:
        image = np.full(size, 240, np.uint8)
        cv2.putText(image, label[:8], (8, 30), cv2.FONT_HERSHEY_SIMPLEX, 0.9, 30, 2)
        buffer = io.BytesIO()
        Image.fromarray(image).save(buffer, "png")
        blobs.append(buffer.getvalue())
    path.parent.mkdir(parents=True, exist_ok=True)
    np.savez(
        path,
        blob=np.frombuffer(b"".join(blobs), np.uint8),
        offset=np.concatenate([[0], np.cumsum([len(blob) for blob in blobs])]),
        label=np.array([label for label, _ in rows]),
        writer=np.array([writer for _, writer in rows]),
    )
    return path


def printed_corpus(name: str = "printed", size: int = 50) -> Corpus:
    """Printed numbers: sample i says 100 + i."""

    def sample(number: int, rng: np.random.Generator) -> Sample:
        image = np.full((44, 110), 250, np.uint8)
        cv2.putText(image, str(100 + number), (14, 34), cv2.FONT_HERSHEY_SIMPLEX, 1.0, 20, 2)
        return Sample(image=image, text=str(100 + number), writer=f"w{number}")

    return Corpus(name=name, size=size, draw=sample, digest=digest_of(np.arange(size)), writers=size)


def rng(seed: int = 0) -> np.random.Generator:
    return np.random.default_rng(seed)


def drawn(corpus: Corpus, count: int = 40) -> list[Sample]:
    """Samples of a corpus, each from a generator of its own."""
    return [corpus.draw(i % corpus.size, rng(i)) for i in range(count)]
