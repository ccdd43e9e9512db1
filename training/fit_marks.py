"""Fit the marks network: minutes on a processor, on drawn boxes and, where they are, on photographed ones."""

from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import torch
from torch import Tensor
from torch.nn import functional

from recognizer.net.marks import MarkNet, MarkNetConfig, stack_frames
from training.corpora.marks import CLEAR_LABELS, MARKED, MarkPhoto, drawn_frame, photo_frame
from training.fit import Observer

BATCH = 96


@dataclass(frozen=True, kw_only=True)
class MarkScore:
    """`accuracy` between empty and marked over `count` photos, and the share called marked of each unclear label."""

    accuracy: float
    count: int
    marked_share: dict[str, float]


def fit_marks(photos: Sequence[MarkPhoto], steps: int, seed: int, observe: Observer) -> MarkNet:
    """Train on drawn boxes and on clearly labelled photos (a third of each batch, where there are any)."""
    rng = np.random.default_rng(seed)
    torch.manual_seed(seed)
    net = MarkNet(MarkNetConfig())
    optimizer = torch.optim.AdamW(net.parameters(), 3e-3, weight_decay=0.01)
    schedule = torch.optim.lr_scheduler.OneCycleLR(optimizer, 3e-3, total_steps=steps)
    clear = [photo for photo in photos if photo.label in CLEAR_LABELS]
    losses = []
    for step in range(1, steps + 1):
        frames, classes = _batch(clear, rng)
        loss = functional.cross_entropy(net.train()(frames), classes, label_smoothing=0.02)
        optimizer.zero_grad()
        loss.backward()
        optimizer.step()
        schedule.step()
        losses.append(float(loss.detach()))
        if step % 100 == 0 or step == steps:
            observe(step, {"marks.loss": float(np.mean(losses[-100:]))})
    return net.eval()


def _batch(clear: Sequence[MarkPhoto], rng: np.random.Generator) -> tuple[Tensor, Tensor]:
    rows = [drawn_frame(rng) for _ in range(BATCH if not clear else 2 * BATCH // 3)]
    if clear:
        empty = [photo for photo in clear if photo.label == "empty"]
        for i in range(BATCH - len(rows)):
            pool = empty if i % 2 and empty else clear
            photo = pool[int(rng.integers(len(pool)))]
            rows.append((photo_frame(photo, rng), CLEAR_LABELS[photo.label]))
    return stack_frames([frame for frame, _ in rows]), torch.tensor([kind for _, kind in rows])


@torch.inference_mode()
def score_marks(net: MarkNet, photos: Sequence[MarkPhoto]) -> MarkScore:
    """Measure on photos that training did not see."""
    probs = net.eval()(stack_frames([photo_frame(photo) for photo in photos])).softmax(1)
    read = probs[:, :2].argmax(1).tolist()
    right, shares = [], defaultdict(list)
    for photo, answer in zip(photos, read, strict=True):
        if photo.label in CLEAR_LABELS:
            right.append(answer == CLEAR_LABELS[photo.label])
        else:
            shares[photo.label].append(answer == MARKED)
    means = {label: float(np.mean(values)) for label, values in shares.items()}
    return MarkScore(accuracy=float(np.mean(right)), count=len(right), marked_share=means)
