"""Batches: what CTC can learn from, the same whenever and wherever they are made."""

import numpy as np
import pytest
import torch
from torch.utils.data import DataLoader

from recognizer.alphabet import Alphabet
from tests.training.specimens import printed_corpus
from training.augment import Augment
from training.batches import BATCH_AREA_PX, CHUNK, Batch, Batches, collate, least_frames
from training.corpora.blank import blank_corpus
from training.corpora.sample import Corpus, Sample
from training.net.text import FRAME_PX

ALPHABET = Alphabet()
MIX = [
    (printed_corpus("scanned"), 0.5, False),
    (printed_corpus("drawn"), 0.4, True),
    (blank_corpus("train"), 0.1, True),
]


@pytest.fixture(scope="module")
def source() -> Batches:
    return Batches(MIX, ALPHABET, seed=7, first_chunk=0)


@pytest.fixture(scope="module")
def made(source: Batches) -> list[Batch]:
    """Chunks 0 and 1, one after the other."""
    augment = Augment()
    return [batch for number in (0, 1) for batch in source.chunk(number, augment)]


def same(one: Batch, other: Batch) -> bool:
    return one.texts == other.texts and torch.equal(one.lines, other.lines) and torch.equal(one.targets, other.targets)


def test_a_chunk_made_alone_is_the_same_as_after_others(source: Batches, made: list[Batch]) -> None:
    alone = list(source.chunk(1, Augment()))
    after = [batch for batch in made if batch.chunk == 1]
    assert len(alone) == len(after) > 1
    assert all(same(*pair) for pair in zip(alone, after, strict=True))


def test_a_data_worker_makes_the_same_batches(made: list[Batch]) -> None:
    loader = iter(DataLoader(Batches(MIX, ALPHABET, 7, 1), batch_size=None, num_workers=1, prefetch_factor=2))
    second = [batch for batch in made if batch.chunk == 1]
    assert all(same(next(loader), batch) for batch in second[:2])
    del loader


def test_chunks_and_seeds_differ(source: Batches, made: list[Batch]) -> None:
    first = {text for batch in made if batch.chunk == 0 for text in batch.texts}
    assert first
    chunks = [[t for b in made if b.chunk == n for t in b.texts] for n in (0, 1)]
    assert sorted(chunks[0]) != sorted(chunks[1])
    other = next(Batches(MIX, ALPHABET, 8, 0).chunk(0, Augment()))
    assert not any(same(other, batch) for batch in made)


def test_ctc_has_frames_enough_and_targets_are_the_texts(made: list[Batch]) -> None:
    for batch in made:
        assert batch.lines.shape[0] == len(batch.texts) == len(batch.frames) == len(batch.lengths)
        assert int(batch.frames[0]) * FRAME_PX == batch.lines.shape[3]
        assert int(batch.lengths.sum()) == len(batch.targets)
        start = 0
        for text, length in zip(batch.texts, batch.lengths.tolist(), strict=True):
            numbers = batch.targets[start : start + length].numpy()
            assert "".join(ALPHABET.characters[n - 1] for n in numbers) == text
            assert least_frames(text) <= int(batch.frames[0])
            start += length


def test_sources_come_in_their_proportions_and_batches_in_their_size(made: list[Batch]) -> None:
    sources = [source for batch in made for source in batch.sources]
    assert len(sources) > 0.9 * 2 * CHUNK
    assert sources.count("scanned") / len(sources) == pytest.approx(0.5, abs=0.06)
    assert sources.count("blank") / len(sources) == pytest.approx(0.1, abs=0.04)
    for batch in made:
        assert len(batch.texts) == 1 or len(batch.texts) * batch.lines.shape[3] <= BATCH_AREA_PX + 32 * len(batch.texts)
        assert batch.lines.min() >= 0 and batch.lines.max() <= 1


def test_a_text_longer_than_its_line_is_left_out() -> None:
    def draw(number: int, rng: np.random.Generator) -> Sample:
        image = np.full((40, 60), 255, np.uint8)
        image[10:30, 28:32] = 0
        return Sample(image=image, text="7" * (1 if number % 2 else 60), writer="w")

    corpus = Corpus(name="bars", size=100, draw=draw, digest="", writers=1)
    texts = {
        text for batch in Batches([(corpus, 1.0, True)], ALPHABET, 1, 0).chunk(0, Augment()) for text in batch.texts
    }
    assert texts == {"7"}


@pytest.mark.parametrize(("text", "frames"), [("", 0), ("a", 1), ("ab", 2), ("aa", 3), ("aab", 4), ("1111", 7)])
def test_least_frames(text: str, frames: int) -> None:
    assert least_frames(text) == frames


def test_augmentation_leaves_the_text_readable_and_the_image_a_crop() -> None:
    augment, rng = Augment(), np.random.default_rng(0)
    sample = printed_corpus().draw(5, rng)
    ink = (sample.image < 128).mean()
    shares = []
    for _ in range(60):
        image = augment(sample.image, rng, is_drawn=False)
        assert image.dtype == np.uint8 and image.ndim == 2
        paper, dark = np.percentile(image, (60, 1))
        shares.append((image < (paper + dark) / 2).mean() / ink)
    assert 0.6 < float(np.median(shares)) < 1.7


def test_collate_refuses_what_the_alphabet_does_not_know() -> None:
    with pytest.raises(KeyError):
        collate([(np.zeros((32, 40), np.uint8), "Ω", "x")], ALPHABET)
