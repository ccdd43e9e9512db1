"""How soon another hand, pen or language is told by embeddings of pages alone, and how often nothing is taken for one.

    python -m benchmarks.styles [--seeds 8]

Pages of four lines of names are drawn in handwriting fonts, each page by a hand of its own (slant, width, spacing, pen,
size). 254 pages are the reference, 64 more come before anything changes. Each seed is one office with one form, at the
default settings; only this monitor looks, so what it tells is its own.
"""

import argparse
from collections.abc import Mapping
from dataclasses import dataclass, replace
from pathlib import Path
from statistics import median

import numpy as np

from recognizer.line import line_image, pad_line
from serving.monitors.bets import share
from serving.monitors.settings import Settings
from serving.monitors.style import GRAPH, LINES, directions, features_of
from serving.monitors.together import BLOCK, BLOCKS, apart, classifier
from training.samples.pen import Hand, random_hand, write

ENGLISH = ("Margaret Johnson William Brown Elizabeth Smith Charles Miller Dorothy Wilson Thomas Anderson Helen Walker "
           "Robert Clark").split()  # fmt: skip
FRENCH = ("Françoise Lefèvre Benoît Girard Hélène Dubois Étienne Moreau Amélie Garnier Gaël Roussel Thérèse Chevalier "
          "Noël Lemaître").split()  # fmt: skip
BEFORE, AFTER = 1, 4
"""Blocks of pages before the change and after it."""


@dataclass(frozen=True, kw_only=True)
class Change:
    """What people do otherwise: their hands lean more, their pens are broader, or their names are others."""

    slant: float = 0.0
    pen: float = 1.0
    names: tuple[str, ...] = tuple(ENGLISH)

    def of(self, hand: Hand) -> Hand:
        """A hand, changed."""
        return replace(hand, slant=hand.slant + self.slant, pen=hand.pen * self.pen)


CHANGES: Mapping[str, Change] = {
    "nothing": Change(),
    "hands lean by 0.1 more": Change(slant=0.1),
    "hands lean by 0.2 more": Change(slant=0.2),
    "pens are half as broad again": Change(pen=1.5),
    "French names": Change(names=tuple(FRENCH)),
    "English and French names": Change(names=(*ENGLISH, *FRENCH)),
}


class Pages:
    """Draws pages and embeds them as the monitor does."""

    def __init__(self, bundle: Path) -> None:
        self._features = features_of(bundle / GRAPH)

    def draw(self, count: int, rng: np.random.Generator, change: Change) -> np.ndarray:
        """(count, dimensions)."""
        return np.array([self._page(rng, change) for _ in range(count)])

    def _page(self, rng: np.random.Generator, change: Change) -> np.ndarray:
        hand, lines = change.of(random_hand(rng)), []
        for _ in range(LINES):
            text, height = " ".join(rng.choice(change.names, 2)), float(rng.uniform(26, 40))
            line = line_image(np.pad(write(text, hand.font, rng, height, hand=hand), 10, constant_values=255))
            assert line is not None
            columns = self._features(pad_line(line))
            lines.append(np.concatenate([columns.mean(axis=1), columns.std(axis=1)]))
        found = np.mean(lines, axis=0)
        return np.asarray(found @ directions(len(found)))


def told_after(reference: np.ndarray, recent: np.ndarray, chance: float) -> int | None:
    """Which block of recent pages, counted from 0, is told apart first; None for none."""
    fit, held = reference[::2], reference[1::2]
    for number in range(1, len(recent) // BLOCK):
        score = classifier(fit, recent[max(0, number - BLOCKS) * BLOCK : number * BLOCK])
        asked = recent[number * BLOCK : (number + 1) * BLOCK]
        if apart(score(held), score(asked))[1] <= chance * share(1) * share(number):
            return number
    return None


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--seeds", type=int, default=8)
    parser.add_argument("--bundle", type=Path, default=Path("data/bundle"))
    asked = parser.parse_args()
    pages, settings = Pages(asked.bundle), Settings()
    for name, change in CHANGES.items():
        found = []
        for seed in range(asked.seeds):
            rng = np.random.default_rng([seed, 11])
            reference = pages.draw(2 * settings.reference_pages, rng, Change())
            recent = [pages.draw(BEFORE * BLOCK, rng, Change()), pages.draw(AFTER * BLOCK, rng, change)]
            found.append(told_after(reference, np.concatenate(recent), settings.chance_together))
        told = [(number - BEFORE + 1) * BLOCK for number in found if number is not None]
        when = f", after {median(told):.0f} pages (median; {min(told)} to {max(told)})" if told else ""
        print(f"{name}: told in {len(told)} of {asked.seeds}{when}", flush=True)


if __name__ == "__main__":
    main()
