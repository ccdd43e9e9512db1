"""Fit the text network: one loop, resumable, seeded, observed while it runs.

An interrupted training goes on from its last checkpoint: weights, optimizer, random state, time used, and how much of a
chunk of samples it had learned. With at most one data worker and a number of steps it ends in the very weights that it
would have had. With more workers the chunk is begun again, so that a few batches are seen twice, and the ends of the
other workers' chunks are skipped: samples are drawn without end, so neither is a loss.
"""

import math
import pickle
import time
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import asdict, dataclass
from itertools import islice
from pathlib import Path

import numpy as np
import torch
from torch import Tensor, nn
from torch.nn import functional
from torch.utils.data import DataLoader

from recognizer.alphabet import Alphabet
from recognizer.errors import UsageError
from training.batches import Batch, Batches
from training.corpora.sample import Corpus
from training.evaluate import Score, evaluate
from training.net.text import TextNet, TextNetConfig

Observer = Callable[[int, Mapping[str, float]], None]
"""Is told (step, metrics) while training runs."""

LONGEST_STEP_S = 5.0
"""A step is not counted for longer: a machine that slept did not train."""


@dataclass(frozen=True, kw_only=True)
class FitSettings:
    """How to train. `minutes` is training time without interruptions; the learning rate falls with it.

    With `steps` so many steps are trained instead, however long that takes: the same result on every run of a machine.
    """

    minutes: float = 60.0
    steps: int | None = None
    learning_rate: float = 2e-3
    weight_decay: float = 0.01
    shortcut_weight: float = 0.2
    ema_decay: float = 0.999
    warmup_steps: int = 300
    seed: int = 1
    workers: int = 1
    report_steps: int = 100
    checkpoint_seconds: float = 120.0
    evaluate_seconds: float = 600.0


class Training:
    """Everything that changes while a network learns, so that it can be saved and taken up again."""

    def __init__(self, config: TextNetConfig, settings: FitSettings, folder: Path) -> None:
        torch.manual_seed(settings.seed)
        self.settings, self.folder = settings, folder
        self.device = torch.device("cuda" if torch.cuda.is_available() else "cpu")
        self.net = TextNet(config).to(device=self.device).to(memory_format=torch.channels_last)  # type: ignore[call-overload]
        self.average = TextNet(config).to(self.device)
        self.average.load_state_dict(self.net.state_dict())
        self.optimizer = torch.optim.AdamW(self.net.parameters(), 1e-6, weight_decay=settings.weight_decay)
        self.step, self.seconds, self.samples = 0, 0.0, 0
        self.chunk, self.of_chunk = 0, 0  # where it stands: so many batches of that chunk are learned
        folder.mkdir(parents=True, exist_ok=True)

    @property
    def checkpoint(self) -> Path:
        """Where the state is kept."""
        return self.folder / "checkpoint.pt"

    @property
    def progress(self) -> float:
        """How much of the training is done, in [0, 1]: of its steps where these are set, else of its time."""
        done = self.seconds / (60 * self.settings.minutes)
        return min(1.0, done if self.settings.steps is None else self.step / max(1, self.settings.steps))

    @property
    def is_over(self) -> bool:
        """Whether the time is used up, or the steps are done."""
        return self.progress >= 1.0

    def resume(self) -> bool:
        """Go on from the folder's checkpoint, if there is one.

        Raises:
            UsageError: the checkpoint is damaged or of another network.
        """
        if not self.checkpoint.exists():
            return False
        try:
            self._take_up(torch.load(self.checkpoint, map_location=self.device, weights_only=True))
        except (RuntimeError, ValueError, KeyError, EOFError, pickle.UnpicklingError) as error:
            raise UsageError(
                f"{self.checkpoint} is damaged or of another network - mend: delete it, or choose another --folder"
            ) from error
        return True

    def begin_with(self, trained: TextNet) -> None:
        """Begin with the weights of a trained network, whose optimizer's state is gone, instead of random ones.

        Raises:
            UsageError: the network is of another design.
        """
        if trained.config != self.net.config:
            raise UsageError(f"the network to start from is of another design: {trained.config}, not {self.net.config}")
        self.net.load_state_dict(trained.state_dict())
        self.average.load_state_dict(trained.state_dict())

    def _take_up(self, state: dict) -> None:
        self.net.load_state_dict(state["net"])
        self.average.load_state_dict(state["average"])
        self.optimizer.load_state_dict(state["optimizer"])
        for name in ("step", "seconds", "chunk", "samples"):
            setattr(self, name, state[name])
        self.of_chunk = state.get("of_chunk", 0)
        if "random" in state:  # without it dropout would repeat itself after each interruption
            torch.set_rng_state(state["random"].cpu())

    def save(self) -> None:
        """Write the checkpoint; an interruption leaves the one before."""
        state = {name: getattr(self, name) for name in ("step", "seconds", "chunk", "of_chunk", "samples")}
        state |= {"net": self.net.state_dict(), "average": self.average.state_dict()}
        state |= {"optimizer": self.optimizer.state_dict(), "random": torch.get_rng_state()}
        partial = self.checkpoint.with_suffix(".partial")
        torch.save(state, partial)
        partial.replace(self.checkpoint)

    def learning_rate(self) -> float:
        """Linear warm-up over steps, then a cosine over the training down to one percent."""
        warmth = min(1.0, (self.step + 1) / self.settings.warmup_steps)
        return self.settings.learning_rate * warmth * (0.01 + 0.99 * 0.5 * (1 + math.cos(math.pi * self.progress)))

    def learn(self, batch: Batch) -> float:
        """One step of the optimizer, left out where the gradient is not finite; returns the loss per character."""
        for group in self.optimizer.param_groups:
            group["lr"] = self.learning_rate()
        self.net.train()
        lines = batch.lines.to(self.device, memory_format=torch.channels_last)
        with torch.autocast(self.device.type, torch.bfloat16):
            logits, shortcut = self.net.training_logits(lines)
        main = ctc_loss(logits, batch)
        loss = main + self.settings.shortcut_weight * ctc_loss(shortcut, batch)
        self.optimizer.zero_grad(set_to_none=True)
        loss.backward()
        if torch.isfinite(nn.utils.clip_grad_norm_(self.net.parameters(), 2.0)):
            self.optimizer.step()
        self.step += 1
        self._follow()
        return float(main.detach())

    def count(self, batch: Batch) -> None:
        """Note where the training stands after a batch."""
        self.of_chunk = 1 if batch.chunk > self.chunk else self.of_chunk + 1
        self.chunk, self.samples = max(self.chunk, batch.chunk), self.samples + len(batch.texts)

    @torch.no_grad()
    def _follow(self) -> None:
        decay = min(self.settings.ema_decay, (1 + self.step) / (10 + self.step))
        for mean, now in zip(self.average.state_dict().values(), self.net.state_dict().values(), strict=True):
            if mean.dtype.is_floating_point:
                mean.lerp_(now, 1 - decay)
            else:
                mean.copy_(now)


def ctc_loss(logits: Tensor, batch: Batch) -> Tensor:
    """CTC loss per character (the end of a line counts as one) of (n, frames, classes) logits, in single precision."""
    log_probs = logits.float().log_softmax(2).transpose(0, 1)
    losses = functional.ctc_loss(
        log_probs, batch.targets.to(logits.device), batch.frames, batch.lengths, reduction="none", zero_infinity=True
    )
    return losses.sum() / (batch.lengths.sum() + len(batch.lengths))  # a batch may hold nothing but empty fields


def fit(
    training: Training,
    mix: Sequence[tuple[Corpus, float, bool]],
    alphabet: Alphabet,
    held_out_lines: dict[str, list[tuple[np.ndarray, str]]],
    observe: Observer,
) -> dict[str, Score]:
    """Train until it is over; returns the scores of the averaged weights on held-out writers.

    A training whose time was used up before is only scored.
    """
    settings = training.settings
    saved = evaluated = training.seconds
    losses: list[float] = []
    batches = () if training.is_over else loader_of(training, mix, alphabet)
    clock = time.monotonic()
    for batch in batches:
        losses.append(training.learn(batch))
        training.count(batch)
        now = time.monotonic()
        training.seconds += min(now - clock, LONGEST_STEP_S)
        clock = now
        if training.step % settings.report_steps == 0:
            observe(training.step, progress(training, losses[-settings.report_steps :]))
        if training.seconds - saved > settings.checkpoint_seconds:
            training.save()
            saved = training.seconds
        if training.seconds - evaluated > settings.evaluate_seconds:
            observe(training.step, flat(evaluate(training.average, alphabet, held_out_lines)[0]))
            evaluated, clock = training.seconds, time.monotonic()
        if training.is_over:
            break
    if losses:
        training.save()
        observe(training.step, progress(training, losses[-settings.report_steps :]))
    scores, _ = evaluate(training.average, alphabet, held_out_lines)
    observe(training.step, flat(scores))
    return scores


def loader_of(training: Training, mix: Sequence[tuple[Corpus, float, bool]], alphabet: Alphabet) -> Iterable[Batch]:
    """Batches from where the training stands, made in its data workers."""
    workers = training.settings.workers
    loader = DataLoader(
        Batches(mix, alphabet, training.settings.seed, training.chunk), batch_size=None, num_workers=workers,
        prefetch_factor=16 if workers else None, generator=torch.Generator(),  # else it would move the random state
    )  # fmt: skip
    return loader if workers > 1 else islice(loader, training.of_chunk, None)


def progress(training: Training, losses: Sequence[float]) -> dict[str, float]:
    """How training stands: mean loss of the last steps, learning rate, samples and minutes so far."""
    return {"loss": float(np.mean(losses)), "learning_rate": training.learning_rate(), "samples": training.samples,
            "minutes": training.seconds / 60}  # fmt: skip


def flat(scores: dict[str, Score]) -> dict[str, float]:
    """Scores as metrics: `exact.SOURCE` and `cer.SOURCE`."""
    return {f"{what}.{source}": value for source, score in scores.items()
            for what, value in asdict(score).items() if what != "count"}  # fmt: skip
