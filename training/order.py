"""TrainOrder: what to train on, how long, and where the results go; and the corpora that it names."""

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path

from recognizer.alphabet import Alphabet
from training.corpora.images import own_corpus
from training.corpora.mnist import torchvision_corpus
from training.corpora.nonanswers import single_characters
from training.corpora.sample import Corpus, Split
from training.fit import FitSettings
from training.mix import drawn_corpora, number_corpora, shared_corpora

Sources = dict[Split, list[Corpus]]


@dataclass(frozen=True, kw_only=True)
class TrainOrder:
    """What to train on, how long, and where the results go.

    `shared` is a folder in the format of the optional shared data folder, `own` a user's labelled crops,
    `torchvision` names of torchvision's sets, found in or fetched into `downloads`. `start` is a bundle whose weights
    training begins with. `settings` are those of the general reader; the reader of numbers has `number_minutes`.
    `calibrate` counts the fields of every kind that the confidence is fitted to, as many that thresholds are chosen on,
    and as many that both are tried on.
    """

    folder: Path
    bundle: Path
    store: Path
    shared: Path | None = None
    own: tuple[Path, ...] = ()
    torchvision: tuple[str, ...] = ()
    start: Path | None = None
    downloads: Path = Path("downloads")
    settings: FitSettings = field(default_factory=FitSettings)
    number_minutes: float = 40.0
    mark_steps: int = 3000
    outcomes: int = 12_000
    held_out: int = 120
    calibrate: int = 2000
    measure: int = 60
    threads: int = 0
    alias: str = "candidate"


def sources_of(order: TrainOrder) -> Sources:
    """Every corpus of every split. Raises InputError for data that cannot be read."""
    return {split: corpora_of(order, split, Alphabet()) for split in ("train", "tune", "test")}


def corpora_of(order: TrainOrder, split: Split, alphabet: Alphabet) -> list[Corpus]:
    """Every corpus that the order names, and the drawn ones, which need no data; empty ones are left out."""
    corpora = drawn_corpora(split)
    if order.shared is not None:
        corpora += [*shared_corpora(order.shared, split, alphabet), *number_corpora(order.shared, split)]
    corpora += _named_apart([own_corpus(source, split, alphabet) for source in order.own])
    corpora += [torchvision_corpus(name, order.downloads, split) for name in order.torchvision]
    return [corpus for corpus in corpora if corpus.size]


def single(order: TrainOrder, split: Split) -> list[Corpus]:
    """Single characters as fields of their own: dashes and ticks are the hardest to tell from dirt."""
    return single_characters(order.shared, split, Alphabet()) if order.shared is not None else []


def _named_apart(corpora: Sequence[Corpus]) -> list[Corpus]:
    """Two lists of the same name are two corpora."""
    seen: Counter[str] = Counter()
    apart = []
    for corpus in corpora:
        seen[corpus.name] += 1
        number = seen[corpus.name]
        apart.append(corpus if number == 1 else replace(corpus, name=f"{corpus.name}_{number}"))
    return apart
