"""How often is the promised accuracy broken, and what does it cost? On drawn error profiles and on a bundle's labels.

    python -m benchmarks.promise [--bundle data/bundle] [--resamples 400] [--target 0.995] [--certainty 0.95]

First labels are drawn from known populations: how often does the chosen threshold accept more errors than promised, and
what share of the readings is accepted? Then the bundle's own labels are halved by writer again and again: thresholds
are chosen on one half and tried on the other. The other half's risk is an estimate itself, so it exceeds the target
more often than the truth does; what it shows is the order of magnitude.
"""

import argparse
from collections.abc import Callable
from pathlib import Path

import numpy as np
from rich.console import Console
from rich.table import Table

from serving.promise import Labelled, Target, choose, promise_of

COUNTS = (600, 1200, 2500, 5000, 10_000)
POPULATION = 400_000
LEAST = 300
Population = tuple[np.ndarray, np.ndarray]


def sigmoid(x: np.ndarray) -> np.ndarray:
    return 1 / (1 + np.exp(-x))


def honest(rng: np.random.Generator) -> Population:
    sure = sigmoid(rng.normal(5, 2.5, POPULATION))
    return sure, sure


def boastful(rng: np.random.Generator) -> Population:
    sure = sigmoid(rng.normal(6, 2.5, POPULATION))
    return sure, np.maximum(1 - 3 * (1 - sure), 0)


def borderline(rng: np.random.Generator) -> Population:
    return sigmoid(rng.normal(7, 1, POPULATION)), np.full(POPULATION, 0.9945)


PROFILES: dict[str, Callable[[np.random.Generator], Population]] = {
    "confidences are true": honest,
    "errors thrice as frequent": boastful,
    "0.55% wrong everywhere": borderline,
}


def main() -> None:
    arguments = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    arguments.add_argument("--bundle", type=Path, default=Path("data/bundle"))
    arguments.add_argument("--resamples", type=int, default=400)
    arguments.add_argument("--target", type=float, default=0.995)
    arguments.add_argument("--certainty", type=float, default=0.95)
    options = arguments.parse_args()
    target, console = Target(accuracy=options.target, certainty=options.certainty), Console()
    console.print(drawn_profiles(target, options.resamples))
    console.print(halved(options.bundle, target, options.resamples))


def drawn_profiles(target: Target, resamples: int) -> Table:
    table = Table("profile", *(f"{count:,} labels" for count in COUNTS), title="promise broken, share accepted")
    for name, profile in PROFILES.items():
        rng = np.random.default_rng(1)
        population = profile(rng)
        cells = [resampled(population, count, target, resamples, rng) for count in COUNTS]
        table.add_row(name, *(f"{broken:.1%}, {coverage:.0%}" for broken, coverage in cells))
    return table


def resampled(
    population: Population, count: int, target: Target, resamples: int, rng: np.random.Generator
) -> tuple[float, float]:
    """The share of resamples in which the true risk is above the target's, and the mean coverage."""
    sure, chance = population
    order = np.argsort(-sure)
    risk = np.cumsum(1 - chance[order]) / np.arange(1, len(sure) + 1)
    broken, coverage = 0, 0.0
    for _ in range(resamples):
        at = rng.integers(0, len(sure), count)
        labels = Labelled(confidences=sure[at], right=rng.random(count) < chance[at], writers=np.arange(count))
        chosen = choose(labels, target)
        if chosen.value is not None:
            accepted = int(np.searchsorted(-sure[order], -chosen.value, side="right"))
            broken, coverage = broken + (risk[accepted - 1] > target.risk), coverage + chosen.coverage
    return broken / resamples, coverage / resamples


def halved(bundle: Path, target: Target, resamples: int) -> Table:
    title = f"{bundle}: chosen on half of the writers, tried on the other half"
    table = Table("kind", "labels", "writers", "promised", "accepted", "wrong of these", title=title)
    for kind, labels in promise_of(bundle).labels.items():
        rng, writers = np.random.default_rng(2), np.unique(labels.writers)
        if len(labels.right) < LEAST or len(writers) < 4:
            continue
        promised, accepted, wrong, tried = 0, 0, 0, 0
        for _ in range(min(resamples, 200)):
            here = np.isin(labels.writers, rng.permutation(writers)[: len(writers) // 2])
            value = choose(part(labels, here), target).value
            tried += int((~here).sum())
            if value is not None:
                kept = ~here & (labels.confidences >= value)
                promised, accepted, wrong = promised + 1, accepted + kept.sum(), wrong + (kept & ~labels.right).sum()
        table.add_row(kind, f"{len(labels.right):,}", f"{len(writers):,}", f"{promised / min(resamples, 200):.0%}",
                      f"{accepted / tried:.0%}", f"{wrong / max(1, accepted):.2%}")  # fmt: skip
    return table


def part(labels: Labelled, chosen: np.ndarray) -> Labelled:
    return Labelled(
        confidences=labels.confidences[chosen], right=labels.right[chosen], writers=labels.writers[chosen]
    )  # fmt: skip


if __name__ == "__main__":
    main()
