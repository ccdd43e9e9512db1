"""Fit the outcome head: minutes on one thread, on the features of a text network that stays as it is."""

from collections.abc import Sequence
from dataclasses import dataclass

import cv2
import numpy as np
import torch
from torch import Tensor, nn
from torch.nn import functional

from recognizer.line import line_image
from training.augment import Augment
from training.corpora.nonanswers import SHARES, Specimens
from training.corpora.sample import Corpus
from training.fit import Observer
from training.net.outcome import OUTCOME_CLASSES, OutcomeHead, OutcomeHeadConfig
from training.net.text import TextNet, pad_lines

cv2.setNumThreads(1)

PRIOR = (0.94, 0.02, 0.02, 0.02)
"""What fields are like, by class of `OUTCOME_CLASSES`: nearly all are answers. An assumption, not a measurement."""
BATCH_AREA_PX = 48 * 320


@dataclass(frozen=True, kw_only=True)
class Seen:
    """What the head gets to see of n fields: (n, c, 1, w) bfloat16 columns; their classes, corpora and ways."""

    features: Tensor
    outcomes: Tensor
    sources: tuple[str, ...]
    ways: tuple[str, ...]


Row = tuple[np.ndarray, int, str, str]
"""A line image with its class, corpus and way."""


def fit_outcomes(
    net: TextNet,
    train: Sequence[Corpus],
    tune: Sequence[Corpus],
    observe: Observer,
    *,
    count: int = 12_000,
    epochs: int = 6,
    seed: int = 1,
) -> OutcomeHead:
    """Fit a head to `count` specimens of the training writers' hands; its temperature to tune writers'.

    `net` is left as it is. The logits are shifted from the shares of the classes in training to `PRIOR`. `tune` may be
    empty: then the temperature stays 1.
    """
    torch.manual_seed(seed)
    seen = list(look(net, train, count, seed))
    head = OutcomeHead(OutcomeHeadConfig(columns=net.config.context))
    optimizer = torch.optim.AdamW(head.parameters(), 2e-3, weight_decay=0.02)
    schedule = torch.optim.lr_scheduler.OneCycleLR(optimizer, 4e-3, total_steps=epochs * len(seen))
    order, step = np.random.default_rng(seed), 0
    for _ in range(epochs):
        losses = []
        for i in order.permutation(len(seen)):
            losses.append(_learn(head, optimizer, seen[int(i)]))
            schedule.step()
            step += 1
        observe(step, {"outcomes.loss": float(np.mean(losses))})
    head.eval()
    _towards_prior(head, temperature(head, list(look(net, tune, count // 8, seed + 1))) if tune else 1.0)
    return head


def _learn(head: OutcomeHead, optimizer: torch.optim.Optimizer, batch: Seen) -> float:
    loss = functional.cross_entropy(head.train()(batch.features.float()), batch.outcomes, label_smoothing=0.005)
    optimizer.zero_grad()
    loss.backward()
    nn.utils.clip_grad_norm_(head.parameters(), 2.0)
    optimizer.step()
    return float(loss.detach())


def look(net: TextNet, corpora: Sequence[Corpus], count: int, seed: int) -> list[Seen]:
    """Draw specimens, wear them as pens and scanners do, and look at them with the network.

    Each batch has lines of like width, padded by a random amount: what the head says must not depend on the padding.
    """
    rng, specimens, augment = np.random.default_rng([seed, 7]), Specimens(corpora), Augment()
    augment.seed(seed)
    rows: list[Row] = []
    while len(rows) < count:
        specimen = specimens.draw(rng)
        line = line_image(augment(specimen.image, rng, is_drawn=specimen.way != "plain"))
        if line is not None:
            rows.append((line, specimen.outcome, specimen.source, specimen.way))
    return [seen_by(net, group, int(rng.integers(0, 4))) for group in groups(rows)]


def groups(rows: list[Row]) -> list[list[Row]]:
    """Lines of like width, as many as `BATCH_AREA_PX` allows."""
    found: list[list[Row]] = [[]]
    for row in sorted(rows, key=lambda row: row[0].shape[1]):
        if found[-1] and (len(found[-1]) + 1) * (row[0].shape[1] + 64) > BATCH_AREA_PX:
            found.append([])
        found[-1].append(row)
    return found


@torch.no_grad()
def seen_by(net: TextNet, group: list[Row], padding: int) -> Seen:
    """What the head gets to see of these rows through a network; lines are padded by `padding` times 32 px more."""
    lines = functional.pad(pad_lines([row[0] for row in group]), (0, 32 * padding))
    device = next(net.parameters()).device
    with torch.autocast(device.type, torch.bfloat16):
        features = net.eval().columns(lines.to(device))
    return Seen(
        features=features.to("cpu", torch.bfloat16).clone(),
        outcomes=torch.tensor([outcome for _, outcome, _, _ in group]),
        sources=tuple(source for _, _, source, _ in group),
        ways=tuple(way for _, _, _, way in group),
    )


def temperature(head: OutcomeHead, seen: Sequence[Seen]) -> float:
    """What the logits must be divided by so that their probabilities are right (Guo et al., 2017)."""
    with torch.inference_mode():
        logits = torch.cat([head(batch.features.float()) for batch in seen])
        outcomes = torch.cat([batch.outcomes for batch in seen])
    tried = np.exp(np.linspace(np.log(0.5), np.log(4), 40))
    return float(min(tried, key=lambda t: float(functional.cross_entropy(logits / t, outcomes))))


@torch.no_grad()
def _towards_prior(head: OutcomeHead, degrees: float) -> None:
    """Fold temperature and prior into the last layer: log P(class | field) moves by the log of the shares' ratio."""
    last = head.classify[-1]
    assert isinstance(last, nn.Linear)
    shift = torch.tensor(np.log(np.array(PRIOR) / np.array(SHARES)), dtype=torch.float32)
    last.weight.div_(degrees)
    last.bias.div_(degrees).add_(shift)


@dataclass(frozen=True, kw_only=True)
class OutcomeScore:
    """How a head does on fields of each class.

    `confusion[i, j]` counts class i called j. (called a non-answer, all) are counted of the answers by corpus and way
    (`false_alarms`), of the non-answers by way (`found`). `ece` is that of P(text) among fields as `PRIOR` has them.
    """

    confusion: np.ndarray
    false_alarms: dict[str, tuple[int, int]]
    found: dict[str, tuple[int, int]]
    ece: float


@torch.inference_mode()
def score_outcomes(head: OutcomeHead, seen: Sequence[Seen]) -> OutcomeScore:
    """Measure on writers that training did not see."""
    probs = torch.cat([head.eval()(batch.features.float()).softmax(1) for batch in seen]).numpy()
    names = [pair for batch in seen for pair in zip(batch.sources, batch.ways, strict=True)]
    called, true = probs.argmax(1), torch.cat([batch.outcomes for batch in seen]).numpy()
    confusion = np.zeros((len(OUTCOME_CLASSES),) * 2, int)
    np.add.at(confusion, (true, called), 1)
    alarms: dict[str, tuple[int, int]] = {}
    found: dict[str, tuple[int, int]] = {}
    for (source, way), outcome, answer in zip(names, true, called, strict=True):
        kept, names_of = (alarms, (source, f"way {way}")) if outcome == 0 else (found, (way,))
        for name in names_of:
            none, count = kept.get(name, (0, 0))
            kept[name] = (none + int(answer != 0), count + 1)
    return OutcomeScore(
        confusion=confusion,
        false_alarms=dict(sorted(alarms.items())),
        found=dict(sorted(found.items())),
        ece=_ece(probs[:, 0], true),
    )


def _ece(text: np.ndarray, true: np.ndarray, bins: int = 15) -> float:
    """Expected calibration error of P(text), each field weighed so that the classes have the shares of `PRIOR`."""
    counts = np.bincount(true, minlength=len(PRIOR))
    weights = (np.array(PRIOR) / np.maximum(counts, 1))[true]
    which = np.minimum((text * bins).astype(int), bins - 1)
    gaps = [abs(np.sum(weights[which == b] * (text[which == b] - (true[which == b] == 0)))) for b in range(bins)]
    return float(np.sum(gaps) / weights.sum())
