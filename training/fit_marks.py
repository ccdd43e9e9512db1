"""Fit the marks network: minutes on a processor, on drawn boxes and, where they are, on photographed ones."""

from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass, field

import numpy as np
import torch
from torch import Tensor
from torch.nn import functional

from training.corpora.marks import CLEAR_LABELS, MarkPhoto, drawn_frame, photo_frame
from training.fit import Observer
from training.net.marks import MarkNet, MarkNetConfig, frames_tensor

BATCH = 96
DRAWN = 30_000
"""Boxes that are drawn; each is seen a few times, turned another way."""
THRESHOLD = 0.9
"""The least confidence with which a mark is accepted without a person, where no form says otherwise."""


@dataclass(frozen=True, kw_only=True)
class MarkScore:
    """How a network does on `count` photos with clear labels, and on those that the set's makers call unclear.

    `accuracy` is the share of clear ones whose answer is right; `accepted` the share that is accepted at `THRESHOLD`,
    and `accepted_wrong` the share that is accepted and wrong. `marked_share` is the share called marked of each unclear
    label, `accepted_share` its shares that are accepted as marked and as empty.
    """

    accuracy: float
    count: int
    marked_share: dict[str, float]
    accepted: float = 0.0
    accepted_wrong: float = 0.0
    accepted_share: dict[str, tuple[float, float]] = field(default_factory=dict)


Frames = Sequence[tuple[np.ndarray, int]]
"""Frames with their classes."""


def fit_marks(
    photos: Sequence[MarkPhoto], steps: int, seed: int, observe: Observer, drawn: Frames | None = None
) -> MarkNet:
    """Train on drawn boxes and on clearly labelled photos (a third of each batch, where there are any).

    Photos with unclear labels are left out: a quarter of these pictures carry a clear label as well (docs/MARKS.md).
    `drawn` are boxes that were drawn before, for several trainings to share.
    """
    rng = np.random.default_rng(seed)
    torch.manual_seed(seed)
    net = MarkNet(MarkNetConfig())
    optimizer = torch.optim.AdamW(net.parameters(), 3e-3, weight_decay=0.01)
    schedule = torch.optim.lr_scheduler.OneCycleLR(optimizer, 3e-3, total_steps=steps)
    clear = [photo for photo in photos if photo.label in CLEAR_LABELS]
    drawn = drawn or draw_frames(min(DRAWN, BATCH * steps), seed)
    losses = []
    for step in range(1, steps + 1):
        frames, classes = _batch(drawn, clear, rng)
        loss = functional.cross_entropy(net.train()(frames), classes, label_smoothing=0.004)
        optimizer.zero_grad()
        loss.backward()
        optimizer.step()
        schedule.step()
        losses.append(float(loss.detach()))
        if step % 100 == 0 or step == steps:
            observe(step, {"marks.loss": float(np.mean(losses[-100:]))})
    return net.eval()


def draw_frames(count: int, seed: int) -> Frames:
    """Boxes that are printed and marked here."""
    rng = np.random.default_rng([seed, 3])
    return [drawn_frame(rng) for _ in range(count)]


def _batch(drawn: Frames, clear: Sequence[MarkPhoto], rng: np.random.Generator) -> tuple[Tensor, Tensor]:
    rows = [_turned(*drawn[int(i)], rng) for i in rng.integers(len(drawn), size=2 * BATCH // 3 if clear else BATCH)]
    if clear:
        empty = [photo for photo in clear if photo.label == "empty"]
        for i in range(BATCH - len(rows)):
            pool = empty if i % 2 and empty else clear
            photo = pool[int(rng.integers(len(pool)))]
            rows.append((photo_frame(photo, rng), CLEAR_LABELS[photo.label]))
    return frames_tensor([frame for frame, _ in rows]), torch.tensor([kind for _, kind in rows])


def _turned(frame: np.ndarray, kind: int, rng: np.random.Generator) -> tuple[np.ndarray, int]:
    """The frame as it is or upside down, mirrored or not: a box is as empty, and a mark a mark."""
    down, across = (int(v) for v in rng.choice([1, -1], 2))
    return np.ascontiguousarray(frame[::down, ::across]), kind


@torch.inference_mode()
def score_marks(net: MarkNet, photos: Sequence[MarkPhoto]) -> MarkScore:
    """Measure on photos that training did not see."""
    probs = net.eval()(frames_tensor([photo_frame(photo) for photo in photos])).softmax(1).numpy()
    rows: dict[str, list[np.ndarray]] = defaultdict(list)
    for photo, row in zip(photos, probs, strict=True):
        rows[photo.label].append(row)
    clear = [(row, CLEAR_LABELS[label]) for label, found in rows.items() if label in CLEAR_LABELS for row in found]
    unclear = {label: np.array(found) for label, found in rows.items() if label not in CLEAR_LABELS}
    sure = [row[:2].max() >= THRESHOLD for row, _ in clear]
    right = [row[:2].argmax() == answer for row, answer in clear]
    return MarkScore(
        accuracy=float(np.mean(right)),
        count=len(right),
        marked_share={label: float(np.mean(found[:, 1] > found[:, 0])) for label, found in unclear.items()},
        accepted=float(np.mean(sure)),
        accepted_wrong=float(np.mean([s and not r for s, r in zip(sure, right, strict=True)])),
        accepted_share={
            label: (float(np.mean(found[:, 1] >= THRESHOLD)), float(np.mean(found[:, 0] >= THRESHOLD)))
            for label, found in unclear.items()
        },
    )
