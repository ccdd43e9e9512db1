"""Prose: the n-gram model is a probability, and free text is read with it."""

from itertools import product

import numpy as np
import pytest

from recognizer.alphabet import Alphabet
from recognizer.automaton import Automaton
from recognizer.decode import decode
from recognizer.errors import BundleError
from recognizer.form import Field
from recognizer.form.language import automaton_of
from recognizer.prose import Prose, decode_prose, from_bytes, to_bytes
from recognizer.prose.model import STEP, follow
from training.prose import fit_prose

SMALL = Alphabet(characters="abe ht")
TEXTS = ("the", "that", "the bath", "a bat", "hat", "the hat") * 4
UNKNOWN = 255.0


@pytest.fixture(scope="module")
def prose() -> Prose:
    return fit_prose(TEXTS, SMALL, weight=1.0, bonus=0.0)


@pytest.fixture(scope="module")
def free() -> Automaton:
    return automaton_of(Field(name="f", kind="text", box=(0, 0, 9, 9)), SMALL)


def log_p(prose: Prose, text: str, *, ends: bool = True) -> float:
    """ln P(text) by the model."""
    state, total = prose.begin, 0.0
    for number in [*SMALL.encode(text).tolist(), *([len(SMALL)] if ends else [])]:
        spent, state = follow(*prose.arrays, state, number, UNKNOWN)
        total -= spent * STEP
    return total


@pytest.mark.parametrize("before", ["", "t", "th", "the", "the h", "bb", " "])
def test_what_may_follow_sums_to_one(prose: Prose, before: str) -> None:
    alone = log_p(prose, before, ends=False)
    following = [np.exp(log_p(prose, before + c, ends=False) - alone) for c in SMALL.characters]
    ends = np.exp(log_p(prose, before) - alone)
    assert sum(following) + ends == pytest.approx(1.0, abs=0.08)  # kept in steps of 6%


def test_what_people_write_is_likelier(prose: Prose) -> None:
    assert log_p(prose, "the") > log_p(prose, "hte") + 3
    assert log_p(prose, "the hat") > log_p(prose, "the aht") + 3
    assert log_p(prose, "that") > log_p(prose, "thbt") + 3


def noisy(texts: dict[str, float], frames_per_char: int = 3) -> np.ndarray:
    """(frames, classes) log probabilities that mix texts of one length, each character over a frame and two blanks."""
    length = len(next(iter(texts)))
    probs = np.full((length * frames_per_char, len(SMALL)), 1e-4)
    for text, share in texts.items():
        for i, number in enumerate(SMALL.encode(text)):
            probs[i * frames_per_char, number] += share
    probs[probs.max(axis=1) < 0.01, 0] = 1.0
    return np.log(probs / probs.sum(axis=1, keepdims=True))


def test_prose_settles_what_the_image_leaves_open(prose: Prose, free: Automaton) -> None:
    log_probs = noisy({"tbe": 0.55, "the": 0.45})
    assert free.text(decode(log_probs, free).texts[0]) == "tbe"
    assert free.text(decode_prose(log_probs, free, prose).texts[0]) == "the"


def test_a_clear_image_is_read_as_it_is(prose: Prose, free: Automaton) -> None:
    for text in ("hte", "bbb", "e a"):
        decoded = decode_prose(noisy({text: 1.0}), free, prose)
        assert free.text(decoded.texts[0]) == text
        assert decoded.posteriors[0] > 0.5 and not decoded.is_exact


@pytest.mark.parametrize("seed", range(12))
def test_the_search_finds_the_best_text(prose: Prose, free: Automaton, seed: int) -> None:
    """Against all texts of up to four characters, each scored exactly by decoding the language that holds it alone."""
    rng = np.random.default_rng(seed)
    log_probs = np.log(rng.dirichlet(np.full(len(SMALL), 0.25), 5) + 1e-9)
    log_probs -= np.logaddexp.reduce(log_probs, axis=1)[:, None]
    scores = {}
    for length in range(4):
        for chars in product(SMALL.characters.strip(), repeat=length):
            text = "".join(chars)
            scores[text] = exact(log_probs, text) + log_p(prose, text)
    decoded = decode_prose(log_probs, free, prose, 16)
    found = free.text(decoded.texts[0])
    mine = exact(log_probs, found) + log_p(prose, found)
    assert mine >= max(scores.values()) - 1e-9
    assert sum(decoded.posteriors) == pytest.approx(1.0, abs=1e-9)
    assert list(decoded.posteriors) == sorted(decoded.posteriors, reverse=True)


def exact(log_probs: np.ndarray, text: str) -> float:
    """ln P(text | image), by summing over all paths."""
    total = 0.0
    for path in product(range(log_probs.shape[1]), repeat=len(log_probs)):
        kept = [c for c, before in zip(path, (0, *path[:-1]), strict=True) if c and c != before]
        if kept == SMALL.encode(text).tolist():
            total += float(np.exp(sum(log_probs[t, c] for t, c in enumerate(path))))
    return float(np.log(total)) if total > 0 else -np.inf


def test_the_field_s_language_still_counts(prose: Prose) -> None:
    asked = automaton_of(Field(name="f", kind="text", box=(0, 0, 9, 9), pattern="t[ab]e"), SMALL)
    decoded = decode_prose(noisy({"the": 1.0}), asked, prose)  # b and a are too unlikely to be searched for
    assert decoded.texts and all(asked.accepts(asked.text(text)) for text in decoded.texts)
    assert decoded.log_mass == pytest.approx(decode(noisy({"the": 1.0}), asked).log_mass)
    assert decoded.log_mass < np.log(0.01)


def test_no_frames_and_impossible_texts_give_nothing_or_the_empty_text(prose: Prose, free: Automaton) -> None:
    assert decode_prose(np.zeros((0, len(SMALL))), free, prose).texts == ((),)
    asked = automaton_of(Field(name="f", kind="text", box=(0, 0, 9, 9), pattern="t{9}"), SMALL)
    assert decode_prose(noisy({"the": 1.0}), asked, prose).texts == ()


def test_it_comes_back_bit_for_bit_or_not_at_all(prose: Prose) -> None:
    data = to_bytes(prose)
    again = from_bytes(data)
    assert all(np.array_equal(getattr(prose, name), getattr(again, name)) for name in ("char", "children", "cost"))
    assert (again.weight, again.bonus) == (prose.weight, prose.bonus) and to_bytes(again) == data
    for broken in (b"", data[:-20], b"no archive at all"):
        with pytest.raises(BundleError):
            from_bytes(broken)


def test_rare_n_grams_are_left_out() -> None:
    """What one person wrote once is not kept: a long n-gram of it would give it away."""
    once = fit_prose([*TEXTS, "that the bath"], SMALL)
    thrice = fit_prose([*TEXTS, *["that the bath"] * 9], SMALL)
    assert len(once) < len(thrice)
