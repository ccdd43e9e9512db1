"""Non-answers are drawn as they are meant, and the head learns to tell them from answers on a frozen network."""

from collections import Counter

import cv2
import numpy as np
import pytest
import torch

from recognizer.alphabet import Alphabet
from recognizer.line import line_image
from tests.recognizer.small_model import text_net
from training.corpora import miscut, spoiled
from training.corpora.blank import blank_corpus
from training.corpora.nonanswers import ILLEGIBLE, STRUCK_OUT, TEXT, WRONG_CROP, Specimens, odd_sign
from training.corpora.sample import Corpus, Sample
from training.corpora.struck import extent_of, ink_mask, innocent_lines, pen_of, strike
from training.fit_outcomes import PRIOR, fit_outcomes, look, score_outcomes
from training.net.outcome import OutcomeHead, OutcomeHeadConfig

WORDS = ("Berlin 42", "Hauptstr. 7", "1949-05-23", "Mayer", "4711")


def writing(text: str = "Berlin 42", thick: int = 2) -> np.ndarray:
    image = np.full((70, 40 + 22 * len(text)), 250, np.uint8)
    cv2.putText(image, text, (15, 48), cv2.FONT_HERSHEY_SCRIPT_SIMPLEX, 1.2, 30, thick, cv2.LINE_AA)
    return image


def corpus(name: str = "words") -> Corpus:
    def draw(number: int, rng: np.random.Generator) -> Sample:
        text = WORDS[number % len(WORDS)]
        return Sample(image=writing(text, int(rng.integers(1, 4))), text=text, writer=str(number))

    return Corpus(name=name, size=40, draw=draw, digest="0", writers=40)


@pytest.mark.parametrize("seed", range(8))
def test_a_strike_goes_through_the_writing_along_its_whole_width(seed: int) -> None:
    image = writing()
    struck = strike(image, np.random.default_rng(seed), characters=8)
    assert struck is not None
    pad = (struck.shape[0] - image.shape[0]) // 2
    inside = struck[pad : pad + image.shape[0], pad : pad + image.shape[1]]
    left, top, right, bottom = (int(v) for v in extent_of(image))  # type: ignore[union-attr]
    middle = inside[top + (bottom - top) // 5 : bottom - (bottom - top) // 5, left : right + 1]
    added = ink_mask(middle) & ~ink_mask(
        image[top + (bottom - top) // 5 : bottom - (bottom - top) // 5, left : right + 1]
    )
    reached = np.flatnonzero(added.any(0))
    assert reached[0] < 0.25 * (right - left) and reached[-1] > 0.75 * (right - left)


@pytest.mark.parametrize("seed", range(8))
def test_innocent_lines_leave_the_middle_of_the_writing_alone(seed: int) -> None:
    image, rng = writing("Mayer"), np.random.default_rng(seed)
    lined = innocent_lines(image, rng)
    pad = (lined.shape[0] - image.shape[0]) // 2
    left, top, right, bottom = (int(v) for v in extent_of(image))  # type: ignore[union-attr]
    third = (bottom - top) // 3
    rows = slice(top + third, bottom - third)
    before, after = image[rows, left:right], lined[pad:-pad][rows, pad + left : pad + right]
    changed = ((before.astype(int) - after) > 60).any(0).mean()  # columns; separators of a comb change a few
    assert changed < 0.5


def test_a_strikes_pen_is_like_the_pen_that_wrote() -> None:
    rng = np.random.default_rng(0)
    thin, thick = (np.median([pen_of(writing(thick=t), rng)[1] for _ in range(20)]) for t in (1, 4))
    assert thin < 2.6 < 3.2 < thick


@pytest.mark.parametrize("ways", [spoiled.WAYS, miscut.WAYS], ids=["spoiled", "miscut"])
def test_every_way_to_spoil_a_field_gives_an_image(ways: dict) -> None:
    assert sum(ways.values()) == pytest.approx(1)
    words = corpus()
    for way in ways:
        rng = np.random.default_rng(1)
        made = [way(lambda r: (words.draw(int(r.integers(40)), r).image, 8), rng) for _ in range(12)]
        images = [image for image in made if image is not None]
        assert len(images) >= 3, way.__name__
        assert all(image.ndim == 2 and image.dtype == np.uint8 and min(image.shape) > 8 for image in images)


def test_specimens_are_reproducible_and_of_every_class() -> None:
    one, other = (
        [Specimens([corpus(), blank_corpus("train")]).draw(rng) for _ in range(150)]
        for rng in (np.random.default_rng(3), np.random.default_rng(3))
    )
    assert all(np.array_equal(a.image, b.image) and a.outcome == b.outcome for a, b in zip(one, other, strict=True))
    counts = Counter(specimen.outcome for specimen in one)
    assert set(counts) == {TEXT, STRUCK_OUT, ILLEGIBLE, WRONG_CROP}
    assert {specimen.source for specimen in one} >= {"words", "blank"}


def test_odd_signs_are_lines_with_ink() -> None:
    lines = [line_image(odd_sign(np.random.default_rng(seed))) for seed in range(60)]
    assert all(line is not None and line.max() > 200 for line in lines)


def test_the_head_learns_on_a_network_that_stays_as_it_is() -> None:
    torch.set_num_threads(1)
    net, told = text_net(), []
    before = {name: value.clone() for name, value in net.state_dict().items()}
    words = [corpus()]
    head = fit_outcomes(net, words, words, lambda step, metrics: told.append(dict(metrics)), count=500, epochs=20)
    assert all(torch.equal(value, before[name]) for name, value in net.state_dict().items())
    assert told[-1]["outcomes.loss"] < 0.8 * told[0]["outcomes.loss"]
    seen = look(net, words, 240, 5)
    with torch.no_grad():
        sure = np.concatenate([head(batch.features.float()).softmax(1)[:, TEXT].numpy() for batch in seen])
    is_text = np.concatenate([batch.outcomes.numpy() for batch in seen]) == TEXT
    above = (sure[is_text][:, None] > sure[~is_text][None]).mean()  # the area under the ROC curve
    assert above > 0.75
    score = score_outcomes(head, seen)
    assert score.confusion.sum() == 240 and score.confusion[TEXT, TEXT] > 0.9 * score.confusion[TEXT].sum()
    alarms = [pair for name, pair in score.false_alarms.items() if not name.startswith("way ")]
    assert sum(count for _, count in alarms) == is_text.sum()
    assert sum(wrong for wrong, _ in alarms) == is_text.sum() - score.confusion[TEXT, TEXT]
    assert score.ece < 0.15


def test_the_served_graph_shows_the_head_the_columns_that_it_learned_on() -> None:
    """Fitted on columns and served on context features, which have the same shape, it would be silently wrong."""
    pack, onnxruntime = pytest.importorskip("training.pack"), pytest.importorskip("onnxruntime")
    net = text_net().eval()
    torch.manual_seed(0)
    head = OutcomeHead(OutcomeHeadConfig(columns=net.config.context)).eval()
    graph = pack.graph_of(pack.LineNet(Alphabet(), net, head))
    session = onnxruntime.InferenceSession(graph, providers=["CPUExecutionProvider"])
    lines = torch.rand(2, 1, 32, 128)
    _, served = session.run(None, {"lines": lines.numpy()})
    with torch.no_grad():
        learned = head(net.columns(lines)).numpy()
    np.testing.assert_allclose(served, learned, atol=1e-4)


def test_without_evidence_it_believes_the_prior() -> None:
    assert sum(PRIOR) == pytest.approx(1)
    assert PRIOR[TEXT] > 0.9
