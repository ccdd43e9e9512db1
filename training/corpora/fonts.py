"""Text set in handwriting fonts: needs no data, so it is what a machine without any can train and test on."""

from functools import lru_cache

import numpy as np

from training.corpora import grammar
from training.corpora.sample import Corpus, Sample, Split, digest_of
from training.samples.fonts import HANDS
from training.samples.pen import CAPITALS_ONLY, random_hand, write

ONSETS = "b br c ch d dr f fr g gr h j k kl l m n p pr qu r s sch st t tr v w z".split()
VOWELS = "a e i o u ai ea ee ie oo ou y".split()
CODAS = ["", "", "", *"l ll m n nd ng r rk s ss st t x".split()]
ENDINGS = ("Street", "Lane", "Road", "Avenue", "Drive", "Way", "Court")


def word(rng: np.random.Generator) -> str:
    """A word that could be a name: one to three syllables with a capital."""
    syllables = (rng.choice(part) for _ in range(int(rng.integers(1, 4))) for part in (ONSETS, VOWELS, CODAS))
    return "".join(syllables).capitalize()


def answer(rng: np.random.Generator) -> str:
    """What somebody might write into a field: mostly numbers and codes, else names and streets."""
    style = rng.random()
    if style < 0.6:
        return grammar.random_text(rng)
    if style < 0.85:
        return " ".join(word(rng) for _ in range(int(rng.integers(1, 3))))
    return f"{rng.integers(1, 3000)} {word(rng)} {rng.choice(ENDINGS)}"


def font_corpus(split: Split, size: int = 3000) -> Corpus:
    """Answers in handwriting fonts; each sample has a hand of its own, so the split only changes the seed.

    Drawing takes 10 ms, much longer than reading: sample i is drawn once and kept, a few kilobytes each.
    """
    offset = {"train": 0, "tune": 1, "test": 2}[split]

    @lru_cache(maxsize=size)
    def drawn(number: int) -> Sample:
        rng = np.random.default_rng([offset, number])
        hand = random_hand(rng)
        text = answer(rng)
        image = write(text, hand.font, rng, float(rng.uniform(18, 44)), hand=hand)
        text = text.upper() if hand.font in CAPITALS_ONLY else text
        image = np.pad(image, int(rng.integers(3, 12)), constant_values=255)
        return Sample(image=image, text=text, writer=f"{hand.font}-{number}")

    digest = digest_of(np.frombuffer("".join(sorted(HANDS)).encode(), np.uint8))
    return Corpus(name="fonts", size=size, draw=lambda number, rng: drawn(number), digest=digest, writers=size)
