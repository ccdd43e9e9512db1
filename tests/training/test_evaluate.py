"""Scores by hand, and the same held-out lines every time."""

import numpy as np
import pytest
import torch

from recognizer.alphabet import Alphabet
from recognizer.line import line_image
from tests.recognizer.small_model import ALPHABET, TEXTS, crop, text_net
from tests.training.specimens import printed_corpus
from training.evaluate import evaluate, greedy, held_out


def lines(texts: tuple[str, ...]) -> list[tuple[np.ndarray, str]]:
    """Lines that the small network knows, with the given truths."""
    return [(line, truth) for text, truth in zip(TEXTS, texts, strict=True)
            if (line := line_image(crop(text).image)) is not None]  # fmt: skip


def test_greedy_drops_repeats_and_then_blanks() -> None:
    paths = [[1, 1, 0, 1, 2, 2, 0], [0, 0, 0, 0, 0, 0, 0], [3, 0, 3, 3, 0, 0, 3]]
    logits = torch.nn.functional.one_hot(torch.tensor(paths), 4).float()
    assert greedy(logits, Alphabet(characters="abc")) == ["aab", "", "ccc"]


def test_a_network_that_knows_the_texts_scores_full() -> None:
    scores, misses = evaluate(text_net(), ALPHABET, {"known": lines(TEXTS)})
    assert scores["known"].count == len(TEXTS)
    assert scores["known"].exact >= 5 / 6 and scores["known"].cer < 0.1
    assert len(misses) <= 1


def test_misses_come_worst_first_and_say_what_was_read() -> None:
    read = {}
    scores, misses = evaluate(
        text_net(), ALPHABET, {"wrong": lines(tuple(text + "9" * i for i, text in enumerate(TEXTS)))}
    )
    edits = [len(miss.text) - len(miss.read) for miss in misses]
    assert len(misses) >= 5 and edits == sorted(edits, reverse=True)
    read = {miss.text: miss.read for miss in misses}
    assert read["66" + "99999"] == "66"
    expected = sum(range(len(TEXTS))) / (sum(map(len, TEXTS)) + sum(range(len(TEXTS))))
    assert scores["wrong"].cer == pytest.approx(expected, abs=0.06)
    assert scores["wrong"].exact <= 1 / 6


def test_a_source_without_lines_has_no_score() -> None:
    assert evaluate(text_net(), ALPHABET, {"empty": []}) == ({}, [])


def test_held_out_lines_are_the_same_every_time() -> None:
    one, other = (held_out([printed_corpus("a"), printed_corpus("b", 3)], 8) for _ in range(2))
    assert {name: len(rows) for name, rows in one.items()} == {"a": 8, "b": 3}
    assert len({text for _, text in one["a"]}) == 8
    for name in one:
        for (line, text), (again, same) in zip(one[name], other[name], strict=True):
            assert text == same and np.array_equal(line, again)
