"""Corpora draw what their files hold, split by writer, and say clearly what is wrong with a file."""

import urllib.request
from pathlib import Path

import cv2
import numpy as np
import pytest

from recognizer.alphabet import Alphabet
from recognizer.errors import InputError
from tests.training.specimens import WRITERS, digit_strokes, drawn, rng, save_images, save_strokes
from training.corpora import grammar
from training.corpora.blank import blank_corpus
from training.corpora.fonts import font_corpus
from training.corpora.glyphs import digit_image_corpus, glyph_corpus
from training.corpora.images import image_corpus
from training.corpora.mnist import torchvision_corpus
from training.corpora.sample import digest_of, split_of
from training.corpora.strokes import draw, load_strokes, stroke_corpus
from training.mix import shared_corpora

ALPHABET = Alphabet()
SPLITS = ("train", "tune", "test")


@pytest.fixture(scope="module")
def digits(tmp_path_factory: pytest.TempPathFactory) -> Path:
    rows = [(str(d), writer, digit_strokes(d, i)) for i, writer in enumerate(WRITERS) for d in range(10)]
    return save_strokes(tmp_path_factory.mktemp("unipen") / "unipen_1a.npz", rows)


# -- who belongs to which split


def test_splits_are_decided_by_the_writer_alone_and_have_their_shares() -> None:
    names = [f"u{i}" for i in range(5000)]
    shares = {split: sum(split_of(name) == split for name in names) / 5000 for split in SPLITS}
    assert shares == {
        "train": pytest.approx(0.8, abs=0.03),
        "tune": pytest.approx(0.1, abs=0.02),
        "test": pytest.approx(0.1, abs=0.02),
    }
    assert split_of("u0001") == split_of("u0001")


def test_one_writer_is_in_the_same_split_of_every_stroke_set(tmp_path: Path, digits: Path) -> None:
    words = save_strokes(tmp_path / "unipen_7.npz", [("Wo", w, digit_strokes(3, i)) for i, w in enumerate(WRITERS)])
    seen = {}
    for split in SPLITS:
        whole = stroke_corpus(load_strokes(words), split, ALPHABET)
        single = glyph_corpus([load_strokes(digits)], split)
        seen[split] = {s.writer for s in [*drawn(whole), *drawn(single, 60)]}
    assert all(len(writers) > 1 for writers in seen.values())
    assert not (seen["train"] & seen["tune"] or seen["train"] & seen["test"] or seen["tune"] & seen["test"])


# -- strokes


def test_strokes_are_drawn_with_y_turned_down(tmp_path: Path) -> None:
    seven = [[(100, 900), (500, 900), (200, 100)]]  # the bar is on top: y points up in the file
    strokes = load_strokes(save_strokes(tmp_path / "s.npz", [("1", "w", [[(0, 0), (9, 9)]]), ("7", "w", seven)]))
    points = np.concatenate(strokes.strokes(1))
    assert points.min(axis=0).tolist() == [0, 0]
    image = draw(strokes.strokes(1), rng(), 100)
    ink = image < 128
    rows = np.flatnonzero(ink.any(axis=1))
    top, bottom = ink[rows[0] : rows[0] + 12].sum(), ink[rows[-1] - 12 : rows[-1]].sum()
    assert top > 3 * bottom
    assert 90 < len(rows) < 115


@pytest.mark.parametrize("points", [[[(5, 5)]], [[(5, 5), (5, 5)]], [[(0, 7), (900, 7)]], [[(7, 0), (7, 900)]]])
def test_dots_and_dashes_can_be_drawn(points: list) -> None:
    image = draw([np.array(stroke, np.float32) for stroke in points], rng())
    assert (image < 128).any() and max(image.shape) < 1700


def test_a_text_over_several_lines_is_left_out(tmp_path: Path) -> None:
    tall = [[(0, 0), (100, 4000), (50, 2000)]]
    wide = [[(0, 0), (900, 100), (1800, 50)]]
    rows = [("Hauptstrasse 12", "u0001", tall), ("Hauptstrasse 12", "u0001", wide)]
    strokes = load_strokes(save_strokes(tmp_path / "s.npz", rows))
    assert stroke_corpus(strokes, split_of("u0001"), ALPHABET).size == 1


# -- composed and joined digits


def test_a_composed_text_holds_one_writers_own_glyphs_alone(digits: Path) -> None:
    strokes = load_strokes(digits)
    shapes = {}
    for i, (label, writer) in enumerate(zip(strokes.labels, strokes.writers, strict=True)):
        shapes[writer, label] = strokes.strokes(i)
    corpus = glyph_corpus([strokes], "train")
    assert {s.writer for s in drawn(corpus)} <= {w for w in WRITERS if split_of(w) == "train"}
    for sample in drawn(corpus):
        assert all((sample.writer, char) in shapes for char in sample.text if char != " ")
        assert (sample.image < 128).any()
        assert 12 <= sample.image.shape[0] < 200


def test_without_anyone_who_wrote_every_digit_there_is_nothing(tmp_path: Path) -> None:
    strokes = load_strokes(save_strokes(tmp_path / "s.npz", [("1", "u0001", digit_strokes(1, 0))]))
    assert all(glyph_corpus([strokes], split).size == 0 for split in SPLITS)


def test_joined_digits_are_of_one_writer_and_say_their_labels() -> None:
    images = np.zeros((60, 28, 28), np.uint8)
    writers = np.repeat([1, 2, 3], 20)
    labels = np.tile(np.arange(10), 6)
    for i, image in enumerate(images):  # a writer's pen is as dark as the writer
        cv2.putText(image, str(labels[i]), (5, 24), cv2.FONT_HERSHEY_SIMPLEX, 0.9, 85 * int(writers[i]), 2)
    corpus = digit_image_corpus(images, labels, writers, "joined", 30)
    for sample in drawn(corpus, 30):
        darkest = 255 - int(sample.image.min())
        assert round(darkest / 85) == int(sample.writer)
        assert 1 <= len(sample.text) <= 10 and sample.text.isdigit()
    assert digit_image_corpus(images[:5], labels[:5], writers[:5], "joined", 30).size == 0


@pytest.mark.parametrize("seed", range(5))
def test_grammars_write_what_the_alphabet_knows(seed: int) -> None:
    texts = [grammar.random_text(rng(seed * 1000 + i)) for i in range(200)]
    assert all(ALPHABET.covers(text) and text == " ".join(text.split()) for text in texts)
    assert len(set(texts)) > 150


# -- images


def test_images_are_read_and_struck_out_or_unknown_texts_left_out(tmp_path: Path) -> None:
    rows = [("Elm", "1"), ("a >b< c", "1"), ("", "1"), ("Ω", "1"), ("x" * 200, "1"), ("Oak", "1")]
    path = save_images(tmp_path / "set.npz", rows)
    corpora = [image_corpus(path, split, ALPHABET) for split in SPLITS]
    (corpus,) = [corpus for corpus in corpora if corpus.size]
    assert sorted(s.text for s in drawn(corpus, 2)) == ["Elm", "Oak"]
    assert all(s.image.shape == (40, 160) and s.image.min() < 60 for s in drawn(corpus, 2))


def test_a_digest_covers_pixels_labels_and_writers(tmp_path: Path) -> None:
    rows = [("Elm", "1"), ("Oak", "2")]
    digests = {
        image_corpus(save_images(tmp_path / f"{i}/set.npz", changed), "train", ALPHABET).digest
        for i, changed in enumerate([rows, rows, [("Elm", "1"), ("Ash", "2")], [("Elm", "1"), ("Oak", "3")]])
    }
    assert len(digests) == 3
    assert digest_of(np.arange(3)) != digest_of(np.arange(3, dtype=np.int32)) != digest_of(np.zeros((3, 1)))


@pytest.mark.parametrize("corpus", [font_corpus, blank_corpus])
def test_drawn_corpora_are_reproducible_and_differ_between_splits(corpus) -> None:
    first, again, other = corpus("train", 20), corpus("train", 20), corpus("test", 20)
    for i in range(3):
        one, two = first.draw(i, rng(i)), again.draw(i, rng(i))
        assert one.text == two.text and np.array_equal(one.image, two.image)
        assert not np.array_equal(one.image, other.draw(i, rng(i)).image)
        assert ALPHABET.covers(one.text)


# -- the shared folder's format


def test_folders_and_files_that_are_wrong_are_explained(tmp_path: Path) -> None:
    with pytest.raises(InputError, match="not a folder with training data"):
        shared_corpora(tmp_path / "nowhere", "train", ALPHABET)
    with pytest.raises(InputError, match="not a folder with training data"):
        shared_corpora(tmp_path, "train", ALPHABET)
    (tmp_path / "dhsd").mkdir()
    (tmp_path / "dhsd/dhsd.npz").write_bytes(b"PK\3\4 cut off")
    with pytest.raises(InputError, match=r"dhsd\.npz is damaged"):
        shared_corpora(tmp_path, "train", ALPHABET)
    np.savez(tmp_path / "strokes.npz", points=np.zeros((2, 2), np.uint16))
    with pytest.raises(InputError, match="no array"):
        load_strokes(tmp_path / "strokes.npz")


def test_mnist_from_torchvisions_files(tmp_path: Path) -> None:
    raw = tmp_path / "MNIST/raw"
    raw.mkdir(parents=True)
    count = 2400
    for part, size in (("train", count), ("t10k", 400)):
        images, labels = np.zeros((size, 28, 28), np.uint8), np.arange(size, dtype=np.uint8) % 10
        images[:, 4:24, 10:18] = 255
        header = np.array([0x0803, size, 28, 28], ">i4").tobytes()
        (raw / f"{part}-images-idx3-ubyte").write_bytes(header + images.tobytes())
        (raw / f"{part}-labels-idx1-ubyte").write_bytes(np.array([0x0801, size], ">i4").tobytes() + labels.tobytes())
    corpora = {split: torchvision_corpus("mnist", tmp_path, split, 100) for split in SPLITS}
    assert corpora["test"].writers == 2
    assert corpora["train"].writers + corpora["tune"].writers <= count // 200
    sample = corpora["train"].draw(0, rng(1))
    assert sample.text.isdigit() and (sample.image < 60).any()


def test_mnist_that_cannot_be_fetched_is_explained(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(urllib.request, "_opener", None)  # made once per process, and keeps the proxies of that moment
    for name in ("http_proxy", "https_proxy", "HTTP_PROXY", "HTTPS_PROXY"):
        monkeypatch.setenv(name, "http://127.0.0.1:9")
    with pytest.raises(InputError, match="train without --mnist"):
        torchvision_corpus("mnist", tmp_path, "train")
