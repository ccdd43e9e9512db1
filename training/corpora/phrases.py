"""Lines of several words, each composed of the single words of one writer: sentences and addresses are rare."""

from collections import defaultdict

import numpy as np

from recognizer.alphabet import Alphabet
from training.corpora.glyphs import PLACES
from training.corpora.sample import Corpus, Sample, Split, split_of
from training.corpora.strokes import Stroke, StrokeSet, draw, is_one_line, transform

LONGEST = 45
LEAST_WORDS = 30


def phrase_corpus(words: StrokeSet, split: Split, alphabet: Alphabet, size: int = 40_000) -> Corpus:
    """Two to six words of one writer of the split side by side; writers with fewer than 30 words do not count."""
    writers: dict[str, list[int]] = defaultdict(list)
    for i, (text, writer) in enumerate(zip(words.labels, words.writers, strict=True)):
        if text and " " not in text and alphabet.covers(text) and split_of(writer) == split:
            writers[writer].append(i)
    people = sorted(writer for writer, samples in writers.items() if len(samples) >= LEAST_WORDS)

    def sample(number: int, rng: np.random.Generator) -> Sample:
        writer = people[int(rng.integers(len(people)))]
        chosen = [int(i) for i in rng.choice(writers[writer], int(rng.integers(2, 7)))]
        while len(chosen) > 1 and sum(len(words.labels[i]) + 1 for i in chosen) > LONGEST:
            chosen.pop()
        chosen = [i for i in chosen if is_one_line(words.strokes(i), words.labels[i])] or chosen[:1]
        strokes = side_by_side([(words.labels[i], words.strokes(i)) for i in chosen], rng)
        text = " ".join(words.labels[i] for i in chosen)
        return Sample(image=draw(transform(strokes, rng), rng), text=text, writer=writer)

    return Corpus(name="phrases", size=size if people else 0, draw=sample, digest=words.digest, writers=len(people))


def side_by_side(words: list[tuple[str, list[Stroke]]], rng: np.random.Generator) -> list[Stroke]:
    """Set words on one base line: which part of a line a word fills follows from its letters. Capitals are 100 high."""
    gap, unevenness = rng.uniform(25, 90), abs(rng.normal(0, 4))
    pen, line = 0.0, []
    for text, strokes in words:
        top = min(PLACES.get(char, (0.0, 1.0))[0] for char in text)
        bottom = max(PLACES.get(char, (0.0, 1.0))[1] for char in text)
        width, height = np.concatenate(strokes).max(axis=0) + 1e-3
        scale = 100 * (bottom - top) / height if bottom - top > 0.3 else 60 / max(width, height)
        scale = min(scale, 130 * max(len(text), 1) / width)  # a word written flat is not blown up
        offset = np.array([pen, 100 * top + rng.normal(0, unevenness)], np.float32)
        line += [(stroke * scale + offset).astype(np.float32) for stroke in strokes]
        pen += width * scale + max(10.0, gap + rng.normal(0, 12))
    return line
