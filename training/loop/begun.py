"""What a round begins with: the champion, and the examples on their sides."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path

from serving.ledger import Ledger, digest
from training.corpora.sample import Split
from training.examples import Examples
from training.examples.dataset import digest_of
from training.examples.pictures import Lesson, lessons
from training.loop.lines import Lines, lines_of
from training.loop.order import RetrainOrder
from training.pack import Networks

SPLITS: tuple[Split, ...] = ("train", "tune", "test")


@dataclass(frozen=True, kw_only=True, eq=False)
class Begun:
    """The champion in its folder, its networks, and the examples with their pictures, by side."""

    bundle_id: str
    folder: Path
    networks: Networks
    found: Examples
    sides: Mapping[Split, Sequence[Lesson]]

    @cached_property
    def set_digest(self) -> str:
        """The version of the examples."""
        return digest_of(self.found.items)

    @cached_property
    def lines(self) -> Mapping[Split, Lines]:
        """The lines of each side, by the reader that learns from them."""
        alphabets = {name: net.alphabet for name, net in self.networks.readers.items()}
        return {split: lines_of(self.sides[split], alphabets) for split in SPLITS}

    def concerned(self, least: int) -> list[str]:
        """The readers that have at least so many lines to learn from."""
        return [name for name, rows in self.lines["train"].items() if len(rows) >= least]

    def key(self, order: RetrainOrder) -> str:
        """Names the round: the same champion, examples and settings make the same bundle."""
        return digest("retrain", self.bundle_id, self.set_digest, order.settings)[:16]


def begin(ledger: Ledger, bundle_id: str, folder: Path, networks: Networks, found: Examples) -> Begun:
    """Fetch the pictures of the examples."""
    sides = {split: lessons(ledger, found.of(split)) for split in SPLITS}
    return Begun(bundle_id=bundle_id, folder=folder, networks=networks, found=found, sides=sides)
