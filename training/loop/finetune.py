"""Fine-tune one reader: from the champion's weights, on examples and on what it knew before, and no further than helps.

Nothing is forgotten silently: part of each batch is what the champion learned from, and the weights that are taken lie
between the champion's and the fine-tuned ones, where held-out lines of both kinds are read best (Wortsman et al.,
Robust fine-tuning of zero-shot models, CVPR 2022).
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import torch

from recognizer.alphabet import Alphabet
from recognizer.line import line_image
from training.corpora.sample import Corpus, Split
from training.course import COURSES
from training.evaluate import Score, evaluate, held_out
from training.examples.pictures import NAME, Lesson
from training.fit import FitSettings, Observer, Training, fit, flat
from training.loop.head import brought_along
from training.loop.order import RetrainOrder
from training.mix import WEIGHTS, Mix, weighted
from training.net.text import TextNet
from training.order import Sources
from training.pack import LineNet
from training.quantize import Pair

BETWEEN = (1.0, 0.75, 0.5, 0.25)
"""How far from the champion's weights to the fine-tuned ones; 0 is the champion, which is tried too."""


@dataclass(frozen=True, kw_only=True, eq=False)
class Tuned:
    """A reader that has learned on: its net, held-out lines, how far it went (0: it stays as it was), its scores on
    held-out lines before and after."""

    net: LineNet
    tune: Mapping[str, list[Pair]]
    between: float
    before: Mapping[str, Score]
    after: Mapping[str, Score]
    steps: int


def fine_tune(
    name: str,
    start: LineNet,
    lessons: Mapping[Split, Sequence[Lesson]],
    corpora: Mapping[str, Corpus],
    sources: Sources,
    order: RetrainOrder,
    folder: Path,
    observe: Observer,
) -> Tuned:
    """Teach the reader `name` its examples: `corpora` are those of the sides `train` and, where there are any, `tune`;
    `lessons` by side too, non-answers among them. The checkpoint lies in `folder`."""
    weights = next((course.weights for course in COURSES if course.name == name), WEIGHTS)
    rate = next((course.learning_rate for course in COURSES if course.name == name), 2e-3)
    settings = FitSettings(
        steps=order.steps, learning_rate=order.going_on * rate, shortcut_weight=0.0, seed=order.seed,
        workers=min(order.workers, 1), warmup_steps=max(1, order.steps // 20), report_steps=max(1, order.steps // 10),
        ema_decay=0.99, checkpoint_seconds=order.checkpoint_s, evaluate_seconds=1e9,
    )  # fmt: skip
    training = Training(start.text.config, settings, folder / name)
    if not training.resume():
        training.begin_with(start.text)
    tune = _held_out(corpora.get("tune"), sources["tune"], weights, start.alphabet, order.held_out)
    fit(training, _mix(corpora["train"], sources["train"], weights, order.share), start.alphabet, tune, observe)
    taught = training.average.cpu().eval()
    text, between, before, after = _between(start.text, taught, start.alphabet, tune)
    observe(training.step, {"between": between, **{f"before.{k}": v for k, v in flat(before).items()}})
    net = start
    if between:
        head = brought_along(start, text, _writing(sources["train"], weights), lessons["train"], order, observe)
        net = LineNet(start.alphabet, text, head).eval()
    return Tuned(net=net, tune=tune, between=between, before=before, after=after, steps=training.step)


def _mix(examples: Corpus, before: Sequence[Corpus], weights: Mapping[str, float], share: float) -> Mix:
    kept = weighted(before, weights)
    total = sum(weight for _, weight, _ in kept)
    return [(examples, share, False), *((corpus, (1 - share) * w / total, drawn) for corpus, w, drawn in kept)]


def _writing(before: Sequence[Corpus], weights: Mapping[str, float]) -> list[Corpus]:
    return [corpus for corpus, _, _ in weighted(before, weights)]


def _held_out(
    examples: Corpus | None, before: Sequence[Corpus], weights: Mapping[str, float], alphabet: Alphabet, count: int
) -> dict[str, list[Pair]]:
    kept = held_out(_writing(before, weights), count)
    kept = {name: [(line, text) for line, text in pairs if alphabet.covers(text)] for name, pairs in kept.items()}
    if examples is not None:
        rng = np.random.default_rng(0)
        drawn = [examples.draw(i, rng) for i in range(min(examples.size, 4 * count))]
        kept[NAME] = [(line, s.text) for s in drawn if (line := line_image(s.image)) is not None]
    return {name: pairs for name, pairs in kept.items() if pairs}


def _between(
    old: TextNet, new: TextNet, alphabet: Alphabet, tune: Mapping[str, list[Pair]]
) -> tuple[TextNet, float, dict[str, Score], dict[str, Score]]:
    """The net between two that reads held-out lines best, examples and all others counting one half each."""
    before, _ = evaluate(old, alphabet, dict(tune))
    best, share, scores, least = old, 0.0, before, _errors(before)
    for between in BETWEEN:
        net = mixed(old, new, between)
        tried, _ = evaluate(net, alphabet, dict(tune))
        if _errors(tried) < least - 1e-9:
            best, share, scores, least = net, between, tried, _errors(tried)
    return best, share, before, scores


def _errors(scores: Mapping[str, Score]) -> float:
    """Character error rate: the mean of that of the examples and of the mean one of all else."""
    others = [score.cer for name, score in scores.items() if name != NAME]
    halves = [scores[NAME].cer] if NAME in scores else []
    return float(np.mean([*halves, *([np.mean(others)] if others else [])]))


def mixed(old: TextNet, new: TextNet, share: float) -> TextNet:
    """The network whose weights lie between those of two: `share` of the way from the old to the new one."""
    net = TextNet(old.config)
    first, second = old.state_dict(), new.state_dict()
    net.load_state_dict({
        name: torch.lerp(first[name], second[name], share) if first[name].dtype.is_floating_point else second[name]
        for name in first
    })  # fmt: skip
    return net.eval()
