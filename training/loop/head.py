"""Bring the outcome head along: what tells non-answers looks at columns of the text network, which have changed.

It learns to say of the new columns what the champion's head says of the old ones, on lines made of the corpora at hand
(learning without forgetting: Li and Hoiem, 2016), and of the examples what people said. So what it learned from more
data than is at hand here stays, and so do its prior and temperature.
"""

from collections.abc import Sequence
from copy import deepcopy

import numpy as np
import torch
from torch import Tensor, nn
from torch.nn import functional

from recognizer.line import line_image
from recognizer.outcome import OUTCOME_CLASSES
from training.corpora.sample import Corpus
from training.examples.pictures import NAME, Lesson
from training.fit import Observer
from training.fit_outcomes import Row, Seen, groups, look, seen_by
from training.loop.order import RetrainOrder
from training.net.outcome import OutcomeHead
from training.net.text import TextNet
from training.pack import LineNet

EPOCHS = 4
SURE = 0.98
"""What people said of an example has this probability; the rest is shared."""


def brought_along(
    old: LineNet,
    text: TextNet,
    written: Sequence[Corpus],
    lessons: Sequence[Lesson],
    order: RetrainOrder,
    observe: Observer,
) -> OutcomeHead:
    """The champion's head, fitted to the columns of another text network."""
    torch.manual_seed(order.seed)
    before, now = (look(net, written, order.outcomes, order.seed) for net in (old.text, text))  # the same lines
    with torch.no_grad():
        wanted = [old.outcome.eval()(batch.features.float()).softmax(1).clone() for batch in before]
    told = [seen_by(text, group, 1) for group in groups(_rows(lessons)) if group]
    rows = [*zip(now, wanted, strict=True), *((batch, _said(batch)) for batch in told)]
    head = deepcopy(old.outcome)
    _fit(head, rows, order.seed, observe)
    return head.eval()


def _fit(head: OutcomeHead, rows: Sequence[tuple[Seen, Tensor]], seed: int, observe: Observer) -> None:
    optimizer = torch.optim.AdamW(head.parameters(), 1e-3, weight_decay=0.0)
    rng, step = np.random.default_rng(seed), 0
    for _ in range(EPOCHS):
        losses = []
        for i in rng.permutation(len(rows)):
            batch, wanted = rows[int(i)]
            loss = functional.kl_div(head.train()(batch.features.float()).log_softmax(1), wanted, reduction="batchmean")
            optimizer.zero_grad()
            loss.backward()
            nn.utils.clip_grad_norm_(head.parameters(), 2.0)
            optimizer.step()
            losses.append(float(loss.detach()))
            step += 1
        observe(step, {"outcomes.loss": float(np.mean(losses))})


def _rows(lessons: Sequence[Lesson]) -> list[Row]:
    """Examples as the head learns them: answers, and the non-answers that it tells apart."""
    found = []
    for each in lessons:
        said = each.example.verdict.outcome
        if each.example.field.is_marks or each.example.field.kind == "signature" or said not in OUTCOME_CLASSES:
            continue
        line = line_image(each.crop.image)
        if line is not None:
            found.append((line, OUTCOME_CLASSES.index(said), NAME, "verdict"))
    return found


def _said(batch: Seen) -> Tensor:
    others = (1 - SURE) / (len(OUTCOME_CLASSES) - 1)
    wanted = torch.full((len(batch.outcomes), len(OUTCOME_CLASSES)), others)
    wanted[torch.arange(len(batch.outcomes)), batch.outcomes] = SURE
    return wanted
