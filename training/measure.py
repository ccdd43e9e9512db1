"""Measure a bundle on writers it never saw, through serving's own door: every reading is a prediction on record."""

import csv
from collections.abc import Iterable
from pathlib import Path

import numpy as np
from PIL import Image
from rapidfuzz.distance import Levenshtein

from recognizer.form import Field, Kind
from serving.batch.readings import read_fields
from serving.batch.run import Watcher
from serving.delivery import deliver
from serving.door import open_door
from serving.ledger import Answer, PageEntry, open_ledger
from serving.store import Places
from training.corpora.sample import Corpus
from training.evaluate import Score

KINDS: dict[str, Kind] = {"mnist_strings": "digits", "mnist": "digits", "emnist": "digits"}
"""The kind of field that a corpus stands for; the others are free text."""


def field_of(corpus: Corpus) -> Field:
    """The field that samples of a corpus are read as."""
    return Field(name="held_out", kind=KINDS.get(corpus.name, "text"), box=(0, 0, 100, 20), printed_box=False)


class Silence(Watcher):
    """Watches a batch and says nothing."""

    def begins(self, scans: int, done: int) -> None:
        """See Watcher."""

    def page(self, entry: PageEntry, answers: tuple[Answer, ...]) -> None:
        """See Watcher."""

    def scan_ends(self) -> None:
        """See Watcher."""


def measure(bundle: Path, corpora: Iterable[Corpus], count: int, folder: Path, places: Places) -> dict[str, Score]:
    """Read `count` fields of each corpus as pre-cut fields of its kind and score them; `folder` keeps the images.

    The batch has the purpose `evaluation` and goes to MLflow like any other.
    """
    source, texts = write_fields(corpora, count, folder)
    with open_ledger(places.ledger_url) as ledger:
        door = open_door(bundle, ledger, purpose="evaluation")
        read_fields(source, folder / "readings.csv", door, ledger, Silence())
        deliver(ledger, places.store)
    return score(folder / "readings.csv", texts)


def write_fields(corpora: Iterable[Corpus], count: int, folder: Path, seed: int = 4) -> tuple[Path, dict[str, str]]:
    """Write samples as PNG files with the list that `penfield read` takes; returns the list and the true texts."""
    images = folder / "images"
    images.mkdir(parents=True, exist_ok=True)
    rows, texts = [], {}
    for corpus in corpora:
        rng = np.random.default_rng(seed)
        for i in rng.permutation(corpus.size)[:count]:
            sample = corpus.draw(int(i), rng)
            name = f"{corpus.name}-{i}.png"
            Image.fromarray(sample.image).save(images / name)
            rows.append({"image": f"images/{name}", "kind": field_of(corpus).kind, "source": corpus.name})
            texts[f"images/{name}"] = sample.text
    path = folder / "fields.csv"
    with path.open("w", encoding="utf-8", newline="") as file:
        writer = csv.DictWriter(file, ["image", "kind", "source"])
        writer.writeheader()
        writer.writerows(rows)
    return path, texts


def score(readings: Path, texts: dict[str, str]) -> dict[str, Score]:
    """Exact match and CER per source of a list of readings."""
    edits: dict[str, list[tuple[int, int]]] = {}
    with readings.open(encoding="utf-8", newline="") as file:
        for row in csv.DictReader(file):
            truth = texts[row["image"]]
            read = row["text"].removeprefix("'") if not truth.startswith("'") else row["text"]
            edits.setdefault(row["source"], []).append((Levenshtein.distance(read, truth), len(truth)))
    return {
        source: Score(
            exact=float(np.mean([distance == 0 for distance, _ in pairs])),
            cer=sum(distance for distance, _ in pairs) / max(1, sum(length for _, length in pairs)),
            count=len(pairs),
        )
        for source, pairs in edits.items()
    }
