"""RetrainOrder: how a round of the loop is done; and what the champion knew before."""

from collections.abc import Mapping
from dataclasses import asdict, dataclass, replace
from pathlib import Path
from typing import Any

from recognizer.alphabet import Alphabet
from training.corpora.sample import Corpus, Split
from training.mix import drawn_corpora, number_corpora, shared_corpora
from training.order import Sources

RESULT = ("least_lines", "steps", "share", "going_on", "calibrate", "outcomes", "held_out", "seed", "threads")
"""What the weights depend on, and the manifest keeps."""


@dataclass(frozen=True, kw_only=True)
class RetrainOrder:
    """One round. `folder` keeps checkpoints and log: the same round goes on there when it was interrupted.

    `shared` is a folder in the format of the optional shared data folder. With fewer than `least_new` examples that
    were settled since the last round nothing is done. A reader learns `steps` steps if it has at least `least_lines`
    lines to learn from, at `going_on` of the learning rate of its course; `share` of what it sees are examples, the
    rest is what it knew before. `calibrate` counts the fields of every kind from the shared corpora that confidence is
    fitted to beside the held-out examples, and as many that thresholds are chosen on; `outcomes` the lines on which the
    outcome head is brought along; `held_out` those of every corpus that say how far the weights go. Batches are made by
    one data worker or, with 0, by the training itself; more would not give the same weights after an interruption.
    In its trial the challenger reads the share `trial_rate` of what the champion reads.
    """

    folder: Path
    store: Path
    shared: Path | None = None
    least_new: int = 200
    least_lines: int = 40
    steps: int = 500
    share: float = 0.5
    going_on: float = 0.2
    calibrate: int = 700
    outcomes: int = 1500
    held_out: int = 120
    trial_rate: float = 0.2
    seed: int = 1
    threads: int = 1
    workers: int = 1
    checkpoint_s: float = 30.0

    @property
    def settings(self) -> dict[str, Any]:
        """What the weights depend on, as plain data."""
        return {name: value for name, value in asdict(self).items() if name in RESULT} | {
            "shared": self.shared is not None
        }

    def as_before(self, settings: Mapping[str, Any]) -> "RetrainOrder":
        """This order with the settings that a manifest holds."""
        return replace(self, **{name: value for name, value in settings.items() if name in RESULT})


def sources_of(order: RetrainOrder) -> Sources:
    """What the champion knew before: the drawn corpora, which need no data, and those of the shared folder.

    Raises InputError for data that cannot be read.
    """
    return {split: _corpora(order, split) for split in ("train", "tune", "test")}


def _corpora(order: RetrainOrder, split: Split) -> list[Corpus]:
    corpora = drawn_corpora(split)
    if order.shared is not None:
        corpora += [*shared_corpora(order.shared, split, Alphabet()), *number_corpora(order.shared, split)]
    return [corpus for corpus in corpora if corpus.size]
