"""Decoding against brute force: every path of small outputs is enumerated."""

import itertools

import numpy as np
import pytest

from recognizer.alphabet import Alphabet
from recognizer.ctc import decode, lattice_of, log_language_mass, log_probability, viterbi
from recognizer.form import Field
from recognizer.language import language_of

ALPHABET = Alphabet(characters="abc1")
LANGUAGES = {
    "free": {"kind": "text"},
    "pattern": {"kind": "text", "pattern": "a?b{1,2}"},
    "double": {"kind": "text", "pattern": "(aa|cc)b?"},
    "loop": {"kind": "text", "pattern": "(ab)*c"},
    "lexicon": {"kind": "text", "lexicon": ("ab", "abc", "ca", "aa")},
}


def language(name):
    return language_of(Field(name="f", box=(0, 0, 9, 9), **LANGUAGES[name]), ALPHABET)


def random_log_probs(seed: int, frames: int, sharpness: float = 2.0) -> np.ndarray:
    logits = np.random.default_rng(seed).normal(0, sharpness, (frames, len(ALPHABET)))
    return logits - np.log(np.exp(logits).sum(1, keepdims=True))


def brute_force(log_probs: np.ndarray) -> dict[tuple[int, ...], float]:
    """P(text) of every text, by summing over all paths."""
    texts: dict[tuple[int, ...], float] = {}
    for path in itertools.product(range(log_probs.shape[1]), repeat=len(log_probs)):
        text = tuple(c for c, before in zip(path, (0, *path), strict=False) if c and c != before)
        texts[text] = texts.get(text, 0.0) + float(np.exp(log_probs[range(len(path)), path].sum()))
    return texts


@pytest.mark.parametrize("name", LANGUAGES)
@pytest.mark.parametrize("seed", range(4))
def test_posterior_and_mass_are_exact(name, seed):
    chosen, log_probs = language(name), random_log_probs(seed, 5)
    truth = {text: p for text, p in brute_force(log_probs).items() if chosen.accepts(text)}
    decoded = decode(log_probs, chosen, lattice_of(chosen), count=3)
    assert np.exp(decoded.log_mass) == pytest.approx(sum(truth.values()), abs=1e-9)
    for text, posterior in zip(decoded.texts, decoded.posteriors, strict=True):
        assert posterior == pytest.approx(truth[text] / sum(truth.values()), abs=1e-9)
    assert list(decoded.posteriors) == sorted(decoded.posteriors, reverse=True)


@pytest.mark.parametrize("name", LANGUAGES)
def test_the_best_text_is_nearly_always_found(name):
    chosen, lattice = language(name), lattice_of(language(name))
    found = 0
    for seed in range(40):
        log_probs = random_log_probs(100 + seed, 5)
        truth = {text: p for text, p in brute_force(log_probs).items() if chosen.accepts(text)}
        found += decode(log_probs, chosen, lattice).texts[0] == max(truth, key=truth.__getitem__)
    assert found >= 39


@pytest.mark.parametrize("name", LANGUAGES)
def test_viterbi_finds_the_best_path(name):
    chosen, lattice = language(name), lattice_of(language(name))
    for seed in range(10):
        log_probs = random_log_probs(seed, 5)
        best, best_text = -np.inf, None
        for path in itertools.product(range(log_probs.shape[1]), repeat=len(log_probs)):
            text = tuple(c for c, before in zip(path, (0, *path), strict=False) if c and c != before)
            score = log_probs[range(len(path)), path].sum()
            if score > best and chosen.accepts(text):
                best, best_text = score, text
        assert viterbi(log_probs, lattice) == best_text


def test_a_text_that_needs_more_frames_than_there_are_is_not_read():
    long = language_of(Field(name="f", kind="text", box=(0, 0, 9, 9), pattern="a{9}"), ALPHABET)
    decoded = decode(random_log_probs(0, 5), long, lattice_of(long))
    assert decoded.texts == ()


def test_long_lines_do_not_underflow():
    chosen = language("free")
    log_probs = random_log_probs(3, 400)
    assert log_language_mass(log_probs, lattice_of(chosen)) == pytest.approx(0.0, abs=1e-9)
    assert -2000 < log_probability(log_probs, viterbi(log_probs, lattice_of(chosen))) < 0
