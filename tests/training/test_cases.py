"""Fields that confidences are fitted to: drawn marks with their answer, and one writer's digits with signs between."""

import re
from pathlib import Path

import numpy as np
import pytest

from recognizer.form.kinds import PATTERNS
from recognizer.frame import ink_level
from training.case_marks import mark_crop
from training.cases import Pool
from training.corpora.sample import Corpus, Sample, Split, split_of
from training.corpora.typed import typed_corpus


def darkness(image: np.ndarray, box: tuple[int, int, int, int]) -> float:
    """Mean ink in the inner half of a box, paper 0."""
    x, y, w, h = box
    inner = image[y + h // 4 : y + h - h // 4, x + w // 4 : x + w - w // 4]
    return float(np.median(image) - inner.mean())


def test_the_marked_box_is_mostly_the_darkest() -> None:
    rng, darkest = np.random.default_rng(1), []
    for _ in range(150):
        crop, answer = mark_crop("choice_group", rng)
        assert len(crop.marks) == len(crop.field.options) and answer != "no"
        if answer:
            inks = [darkness(crop.image, box) for box in crop.marks]
            darkest.append(answer == f"option {int(np.argmax(inks))}")
    assert len(darkest) > 100 and np.mean(darkest) > 0.55  # a quarter by chance; circles leave their box light


def test_a_marked_checkbox_is_darker_than_an_empty_one() -> None:
    rng = np.random.default_rng(2)
    inks: dict[str | None, list[float]] = {"yes": [], "no": [], None: []}
    for _ in range(200):
        crop, answer = mark_crop("checkbox", rng)
        inks[answer].append(darkness(crop.image, crop.marks[0]))
    assert np.median(inks["yes"]) > np.median(inks["no"]) + 20
    assert 0 < len(inks[None]) < 30  # a mark that was taken back is for a person to decide


def test_a_case_knows_how_dark_the_ink_of_its_page_is() -> None:
    rng = np.random.default_rng(3)
    darker = []
    for _ in range(60):
        crop, _ = mark_crop("checkbox", rng)
        own = ink_level([crop.image])
        assert crop.ink_level is not None and crop.ink_level >= own
        darker.append(crop.ink_level > own)
    assert 15 < sum(darker) < 45  # other fields of some pages have darker ink


@pytest.fixture(scope="module")
def digits(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A file like the shared data's, where digit d of every writer is d bars wide."""
    path = tmp_path_factory.mktemp("mnist") / "mnist_writers.npz"
    labels = np.tile(np.arange(10, dtype=np.uint8), 40)
    images = np.zeros((400, 28, 28), np.uint8)
    for image, label in zip(images, labels, strict=True):
        image[6:22, 4 : 6 + 2 * label] = 250
    writers = np.repeat(np.arange(40), 10)
    arrays = {f"{part}_{name}": a for part in ("train", "test") for name, a in
              (("x", images), ("y", labels), ("writer", writers))}  # fmt: skip
    np.savez(path, **arrays)
    return path


def test_typed_texts_are_of_their_kinds_and_writers_of_their_split(digits: Path) -> None:
    kinds = [re.compile(PATTERNS[kind]) for kind in ("amount", "phone", "ssn")]
    kinds.append(re.compile(r"[0-9]+([/.-])[0-9]+\1[0-9]+"))
    writers: dict[Split, set[str]] = {}
    splits: tuple[Split, ...] = ("train", "tune")
    for split in splits:
        corpus, rng = typed_corpus(digits, split), np.random.default_rng(0)
        samples = [corpus.draw(i, rng) for i in range(60)]
        writers[split] = {sample.writer for sample in samples}
        assert all(any(kind.fullmatch(sample.text) for kind in kinds) for sample in samples)
        assert all(sample.image.min() < 60 and np.median(sample.image) > 240 for sample in samples)
        widths = [sample.image.shape[1] for sample in samples if len(sample.text) <= 5]
        assert not widths or max(widths) < max(sample.image.shape[1] for sample in samples)
    assert not writers["train"] & writers["tune"]
    assert {split_of(f"mnist/{writer}") for writer in writers["tune"]} == {"tune"}


def test_the_same_seed_types_the_same(digits: Path) -> None:
    corpus = typed_corpus(digits, "test")
    one, other = (corpus.draw(3, np.random.default_rng(5)) for _ in range(2))
    assert one.text == other.text and np.array_equal(one.image, other.image)


def test_fields_of_text_hold_what_all_corpora_hold() -> None:
    def corpus(name: str, text: str) -> Corpus:
        sample = Sample(image=np.full((40, 90), 255, np.uint8), text=text, writer=name)
        return Corpus(name=name, size=9, draw=lambda i, rng: sample, digest="", writers=1)

    pool = Pool([corpus("numbers", "1234"), corpus("names", "Anna"), corpus("lines", "one & two")], 30,
                np.random.default_rng(0))  # fmt: skip
    drawn = [(kind, sample.text) for kind, sample, _ in pool.drawn()]
    texts = [text for kind, text in drawn if kind == "text"]
    assert {text: texts.count(text) for text in texts} == {"1234": 10, "Anna": 10, "one & two": 10}
    assert sum(kind == "digits" for kind, _ in drawn) == 30 and ("name", "Anna") in drawn
