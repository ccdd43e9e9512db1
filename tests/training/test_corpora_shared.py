"""The corpora of the optional shared data folder: their counts, and that no writer is on two sides."""

from pathlib import Path

import numpy as np
import pytest

from recognizer.alphabet import Alphabet
from tests.training.specimens import drawn
from training.corpora.glyphs import glyph_corpus
from training.corpora.marks import load_mark_photos
from training.corpora.mnist import mnist_writers_corpus
from training.corpora.sample import split_of
from training.corpora.strokes import load_strokes
from training.mix import shared_corpora, weighted

ALPHABET = Alphabet()
SPLITS = ("train", "tune", "test")
SHARED = Path(__file__).parents[3] / "shared/data"
pytestmark = pytest.mark.skipif(not SHARED.is_dir(), reason="the optional shared data folder is not there")


def test_the_shared_stroke_sets_have_their_counts_and_writers_apart() -> None:
    strokes = load_strokes(SHARED / "unipen/unipen_1a.npz")
    assert len(strokes.labels) == 13_362
    words = load_strokes(SHARED / "unipen/unipen_8.npz")
    assert len(words.labels) == 10_232
    train, test = ({s.writer for s in drawn(glyph_corpus([strokes], split), 60)} for split in ("train", "test"))
    assert not train & test and all(split_of(writer) == "test" for writer in test)


def test_the_shared_mnist_keeps_its_test_writers_for_the_test() -> None:
    path = SHARED / "mnist_writers/mnist_writers.npz"
    with np.load(path) as file:
        assert not set(file["train_writer"]) & set(file["test_writer"])
    sizes = {split: mnist_writers_corpus(path, split).writers for split in SPLITS}
    assert sizes["train"] > 5 * sizes["tune"] > 0 and sizes["test"] > 100


def test_the_shared_marks_are_split_by_photo() -> None:
    photos = {split: load_mark_photos(SHARED / "odk_marks/odk_marks.npz", split) for split in SPLITS}
    names = {split: {photo.photo for photo in rows} for split, rows in photos.items()}
    assert not (names["train"] & names["tune"] or names["train"] & names["test"] or names["tune"] & names["test"])
    assert sum(len(rows) for rows in photos.values()) > 400
    assert len(photos["tune"]) + len(photos["test"]) > 50


def test_every_shared_corpus_is_weighted_and_draws_what_the_alphabet_knows() -> None:
    corpora = shared_corpora(SHARED, "tune", ALPHABET)
    assert {corpus.name for corpus in corpora} == {
        "glyphs", "phrases", "unipen_7", "unipen_8", "mnist_strings", "dhsd", "copiste", "tables_dec",
    }  # fmt: skip
    assert all(weight >= 0.03 for _, weight, _ in weighted(corpora))
    for corpus in corpora:
        assert corpus.size > 50 and len(corpus.digest) == 16
        for sample in drawn(corpus, 5):
            assert sample.text and ALPHABET.covers(sample.text)
            assert sample.image.ndim == 2 and sample.image.dtype == np.uint8
