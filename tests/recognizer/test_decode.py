"""Decoding against brute force: every path of small outputs is enumerated."""

import itertools
import time
from functools import cache

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from recognizer.alphabet import Alphabet
from recognizer.automaton import Automaton
from recognizer.decode import NEVER, Decoded, decode, log_mass
from recognizer.decode.kernel import kernel
from recognizer.decode.search import LEAST
from recognizer.form import Field, Rules
from recognizer.form.language import automaton_of

ALPHABET = Alphabet(characters="abc1")
LANGUAGES: dict[str, dict[str, object]] = {
    "free": {},
    "pattern": {"pattern": "a?b{1,2}"},
    "double": {"pattern": "(aa|cc)b?"},
    "empty too": {"pattern": "(aab)?"},
    "loop": {"pattern": "(ab)*c"},
    "ambiguous": {"pattern": "(a|b|c|1)*[abc]*1{1,2}"},
    "product": {"pattern": "[ab1]*c[ab1]*", "rules": Rules(min_length=2, max_length=3)},
    "lexicon": {"lexicon": ("ab", "abc", "ca", "aa", "aab")},
    "lexicon and pattern": {"lexicon": ("ab", "abc", "ca", "aa", "b11"), "pattern": "[ab].*"},
}
Truth = dict[tuple[int, ...], float]


def language(name: str) -> Automaton:
    return automaton_of(Field(name="f", kind="text", box=(0, 0, 9, 9), **LANGUAGES[name]), ALPHABET)  # type: ignore[arg-type]


def random_log_probs(seed: int, frames: int, sharpness: float = 2.0, impossible: float = 0.0) -> np.ndarray:
    rng = np.random.default_rng(seed)
    logits = rng.normal(0, sharpness, (frames, len(ALPHABET)))
    logits[rng.random(logits.shape) < impossible] = -np.inf
    logits[np.isinf(logits).all(1), 0] = 0.0
    return logits - np.log(np.exp(logits).sum(1, keepdims=True))


@cache
def paths(frames: int) -> tuple[np.ndarray, np.ndarray, list[tuple[int, ...]]]:
    """All paths, (paths, frames), the number of the text of each, and the texts."""
    every = np.array(list(itertools.product(range(len(ALPHABET)), repeat=frames)), np.int64).reshape(
        -1 if frames else 1, frames
    )
    texts: dict[tuple[int, ...], int] = {}
    numbers = [
        texts.setdefault(tuple(c for c, before in zip(path, (0, *path), strict=False) if c and c != before), len(texts))
        for path in every.tolist()
    ]
    return every, np.array(numbers), list(texts)


def brute_force(log_probs: np.ndarray, automaton: Automaton) -> Truth:
    """P(text) of every text of the language that is possible, by summing over all paths."""
    every, numbers, texts = paths(len(log_probs))
    sums = np.bincount(numbers, np.exp(log_probs)[np.arange(len(log_probs)), every].prod(axis=1), len(texts))
    pairs = zip(texts, sums.tolist(), strict=True)
    return {text: p for text, p in pairs if p > 0 and automaton.accepts(automaton.text(text))}


def check(decoded: Decoded, truth: Truth, count: int) -> None:
    """All that a decoding says is as brute force says."""
    if not truth:
        assert decoded == Decoded(texts=(), posteriors=(), log_mass=NEVER, is_exact=True)
        return
    mass = sum(truth.values())
    assert np.exp(decoded.log_mass) == pytest.approx(mass, abs=1e-9, rel=1e-9)
    assert decoded.is_exact
    assert [truth[text] / mass for text in decoded.texts] == pytest.approx(decoded.posteriors, abs=1e-9)
    best = [p / mass for p in sorted(truth.values(), reverse=True)[:count] if p / mass > np.exp(LEAST)]
    assert decoded.posteriors[: len(best)] == pytest.approx(best, abs=1e-9)
    assert len(set(decoded.texts)) == len(decoded.texts)


@pytest.mark.parametrize("name", LANGUAGES)
@pytest.mark.parametrize("frames", range(6))
def test_posteriors_mass_and_the_best_texts_are_exact(name: str, frames: int) -> None:
    for seed in range(4):
        for impossible in (0.0, 0.3):
            log_probs = random_log_probs(seed, frames, 3.0, impossible)
            check(decode(log_probs, language(name), 4), brute_force(log_probs, language(name)), 4)


@pytest.mark.parametrize("name", [name for name in LANGUAGES if "lexicon" not in name])
def test_log_space_says_the_same(name: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("recognizer.decode.best.LEAST_LOG_MASS", np.inf)
    for seed in range(4):
        log_probs = random_log_probs(seed, 5, 3.0, 0.3 * (seed % 2))
        check(decode(log_probs, language(name), 4), brute_force(log_probs, language(name)), 4)


def test_log_space_says_the_same_of_a_lexicon(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("recognizer.decode.lexicon.FLOORS", ())
    monkeypatch.setattr("recognizer.decode.lexicon._linear", lambda probs, automaton, lattice: (None, None, -np.inf))
    for seed in range(8):
        log_probs = random_log_probs(seed, 5, 3.0, 0.3 * (seed % 2))
        check(decode(log_probs, language("lexicon"), 4), brute_force(log_probs, language("lexicon")), 4)


@settings(max_examples=80, deadline=None)
@given(
    st.integers(0, 2**32), st.integers(1, 5), st.sampled_from(sorted(LANGUAGES)), st.floats(0.1, 30), st.integers(1, 6)
)
def test_any_output_is_decoded_as_by_brute_force(
    seed: int, frames: int, name: str, sharpness: float, count: int
) -> None:
    log_probs = random_log_probs(seed, frames, sharpness)
    check(decode(log_probs, language(name), count), brute_force(log_probs, language(name)), count)


@settings(max_examples=25, deadline=None)
@given(st.text("abc1", max_size=3).flatmap(lambda s: st.tuples(st.just(s), st.integers(0, 999))))
def test_random_patterns_are_decoded_as_by_brute_force(drawn: tuple[str, int]) -> None:
    text, seed = drawn
    pattern = f"({text}|[ab]+1?|c{{1,2}}a*){'*' if seed % 2 else ''}b?"
    field = Field(name="f", kind="text", box=(0, 0, 9, 9), pattern=pattern)
    chosen, log_probs = automaton_of(field, ALPHABET), random_log_probs(seed, 5, 2.0)
    check(decode(log_probs, chosen, 3), brute_force(log_probs, chosen), 3)


def test_the_sum_over_all_texts_is_one_of_free_text() -> None:
    log_probs = random_log_probs(3, 400)
    decoded = decode(log_probs, language("free"))
    assert decoded.log_mass == pytest.approx(0.0, abs=1e-9)


@pytest.mark.parametrize("name", LANGUAGES)
def test_the_mass_alone_is_the_same(name: str) -> None:
    for seed in range(6):
        log_probs = random_log_probs(seed, 5, 3.0, 0.3 * (seed % 2))
        assert log_mass(log_probs, language(name)) == decode(log_probs, language(name)).log_mass


def test_texts_of_equal_mass_come_in_the_order_of_the_alphabet() -> None:
    """All frames alike, and all texts: the last of the wanted is the one that the alphabet names last."""
    chosen = automaton_of(Field(name="f", kind="text", box=(0, 0, 9, 9), pattern="[abc][abc]"), ALPHABET)
    decoded = decode(np.log(np.array([[1e-9, *[0.25] * 4], [1e-9, *[0.25] * 4]])), chosen, 6)
    assert decoded.texts == ((1, 2), (1, 3), (2, 1), (2, 3), (3, 1), (3, 2))


def test_the_backward_pass_does_not_cancel() -> None:
    """Frames that all say `a`: only what is left after the step over the same class counts, 1e-30 of the whole."""
    probs = np.full((4, 5), 1e-30)
    probs[:, 1] = 1.0
    chosen = automaton_of(Field(name="f", kind="text", box=(0, 0, 9, 9), pattern="ab|aa"), ALPHABET)
    truth = brute_force(np.log(probs), chosen)
    decoded = decode(np.log(probs), chosen)
    assert decoded.texts[0] == max(truth, key=truth.__getitem__)
    assert np.exp(decoded.log_mass) == pytest.approx(sum(truth.values()), rel=1e-9)


@pytest.mark.parametrize("shift", [-50.0, -300.0, -1000.0, -1e5])
@pytest.mark.parametrize("settings", [{"pattern": "[ab]1{2,3}"}, {"lexicon": ("a11", "b11", "b111")}])
def test_masses_beyond_the_range_of_numbers_are_exact(shift: float, settings: dict[str, object]) -> None:
    """A character that every text needs is far below the blank: brute force in log space."""
    chosen = automaton_of(Field(name="f", kind="text", box=(0, 0, 9, 9), **settings), ALPHABET)  # type: ignore[arg-type]
    log_probs = random_log_probs(5, 6)
    log_probs[:, 4] += shift
    every, numbers, texts = paths(6)
    of_paths = log_probs[np.arange(6), every].sum(axis=1)
    logs = {
        text: float(np.logaddexp.reduce(of_paths[numbers == number]))
        for number, text in enumerate(texts)
        if chosen.accepts(chosen.text(text))
    }
    mass = np.logaddexp.reduce(list(logs.values()))
    decoded = decode(log_probs, chosen)
    assert decoded.log_mass == pytest.approx(mass, rel=1e-12)
    assert decoded.texts[0] == max(logs, key=logs.__getitem__)
    assert [np.exp(logs[text] - mass) for text in decoded.texts] == pytest.approx(decoded.posteriors, abs=1e-9)


def test_a_text_that_needs_more_frames_than_there_are_is_not_read() -> None:
    chosen = automaton_of(Field(name="f", kind="text", box=(0, 0, 9, 9), pattern="a{9}"), ALPHABET)
    assert decode(random_log_probs(0, 5), chosen).texts == ()
    assert decode(random_log_probs(0, 16), chosen).texts == ()  # between two equal characters CTC demands a blank
    assert decode(random_log_probs(0, 17), chosen).texts == ((1,) * 9,)


@pytest.mark.parametrize("bad", [np.zeros((3, 9)), np.full((3, 5), np.nan), np.zeros(5)])
def test_what_is_no_output_is_refused(bad: np.ndarray) -> None:
    with pytest.raises(ValueError, match="log_probs must be"):
        decode(bad, language("free"))


@pytest.mark.parametrize("name", ["free", "ambiguous", "product"])
def test_what_is_said_to_be_proved_is_true(name: str, monkeypatch: pytest.MonkeyPatch) -> None:
    """With hardly any time to search, the best text is not always found, but then nothing is claimed."""
    monkeypatch.setattr("recognizer.decode.search.EXPANSIONS", 3)
    claims = 0
    for seed in range(60):
        log_probs = random_log_probs(seed, 5, 2.0 * (seed % 2) + 0.5)
        decoded, truth = decode(log_probs, language(name)), brute_force(log_probs, language(name))
        if decoded.is_exact:
            claims += 1
            assert truth[decoded.texts[0]] == pytest.approx(max(truth.values()), rel=1e-9)
        mass = sum(truth.values())
        assert [truth[text] / mass for text in decoded.texts] == pytest.approx(decoded.posteriors, abs=1e-9)
    assert 0 < claims < 60


def flat(kind: str, frames: int = 256) -> np.ndarray:
    """Frames that say nothing, over the whole alphabet."""
    rng = np.random.default_rng(0)
    logits = rng.normal(0, 5, (frames, len(Alphabet()))) * (kind in ("noise", "holes"))
    logits[:, 0] += 30.0 * (kind == "blank")
    logits[:, 1:] -= 1e4 * (kind == "far")
    if kind == "holes":
        logits[rng.random(logits.shape) < 0.5] = -np.inf
    top = logits.max(1, keepdims=True)
    return logits - top - np.log(np.exp(logits - top).sum(1, keepdims=True))


@pytest.mark.parametrize("kind", ["uniform", "noise", "holes", "blank", "far"])
@pytest.mark.parametrize(
    "settings",
    [
        {"kind": "digits"},
        {"kind": "date"},
        {"kind": "name"},
        {"kind": "text"},
        {"kind": "text", "pattern": "[a-z]{26}"},
        {"kind": "text", "lexicon": tuple(f"{first}{second} street" for first in "abcdefghij" for second in "klmnop")},
    ],
)
def test_no_output_takes_long(kind: str, settings: dict[str, object]) -> None:
    chosen = automaton_of(Field(name="f", box=(0, 0, 9, 9), **settings), Alphabet())  # type: ignore[arg-type]
    decode(flat(kind, 40), chosen)
    started = time.process_time()
    decoded = decode(flat(kind), chosen)
    assert time.process_time() - started < 2.0
    assert decoded == decode(flat(kind), chosen)
    assert kind == "holes" or decoded.texts
    assert np.isfinite(decoded.log_mass) and np.isfinite(decoded.posteriors).all()
    assert all(chosen.accepts(chosen.text(text)) for text in decoded.texts)


def test_without_a_place_for_its_cache_a_kernel_is_compiled_in_memory() -> None:
    space: dict[str, object] = {"kernel": kernel}
    exec(compile("@kernel\ndef twice(x):\n    return 2 * x\n", "<nowhere>", "exec"), space)
    assert space["twice"](3) == 6  # type: ignore[operator]
