"""The loop on a shifted input: from verdicts of simulated people to a challenger that is activated by itself.

    python -m benchmarks.loop [--shift slant|squeezed|outline] [--fields 600] [--steps 500] [--out out/bench-loop]

People with another pen come: digits in handwriting fonts, changed as `SHIFTS` says, read by the champions through the
door. Nobody tells the loop what is written: simulated people key in the real office what the machine doubts, audits,
and what the trial asks; `retrain` makes a challenger of it, the trial decides.
"""

import argparse
import csv
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from random import Random
from time import perf_counter

import cv2
import numpy as np
from PIL import Image

from serving.batch.readings import read_fields
from serving.consensus.answer import Entry
from serving.crowds.simulation import Simulation
from serving.door import Door
from serving.ledger import Ledger, open_ledger
from serving.ledger.statement import FieldUse
from serving.models import Champions, Models, Shelf
from serving.office import Office
from serving.promise import Policy
from training.corpora import grammar
from training.loop.order import RetrainOrder
from training.loop.retrain import retrain
from training.loop.round import Round
from training.measure import Silence
from training.rehearsal import EXPERT, QUICK, Cast, new_ledger
from training.samples.pen import random_hand, write

Change = Callable[[np.ndarray, np.random.Generator], np.ndarray]
BUNDLE = Path("data/bundle")


def as_it_is(image: np.ndarray, rng: np.random.Generator) -> np.ndarray:
    """No shift."""
    return image


def slant(image: np.ndarray, rng: np.random.Generator) -> np.ndarray:
    """A hand that leans far forward."""
    lean = float(rng.uniform(0.65, 0.9))
    height, width = image.shape
    wide = int(width + lean * height)
    return cv2.warpAffine(image, np.array([[1, -lean, lean * height], [0, 1, 0]]), (wide, height), borderValue=255)


def squeezed(image: np.ndarray, rng: np.random.Generator) -> np.ndarray:
    """A scanner whose feed is too fast."""
    return cv2.resize(image, None, fx=float(rng.uniform(0.35, 0.5)), fy=1.0, interpolation=cv2.INTER_AREA)


def outline(image: np.ndarray, rng: np.random.Generator) -> np.ndarray:
    """A pen with two tips, whose strokes are hollow."""
    ink = cv2.resize((image < 140).astype(np.uint8) * 255, None, fx=2, fy=2)
    tips = np.ones((3, 3), np.uint8)
    return 255 - cv2.GaussianBlur(cv2.dilate(ink, tips) - cv2.erode(ink, tips), (0, 0), 0.7)


SHIFTS: Mapping[str, Change] = {"slant": slant, "squeezed": squeezed, "outline": outline}


@dataclass(frozen=True, kw_only=True)
class Day:
    """What a day's fields came to: the share that the champions read rightly, and that they were sure of."""

    fields: int
    right: float
    accepted: float
    champion: str


@dataclass(kw_only=True)
class House:
    """A house with a ledger, a shelf and an office, and people who key."""

    ledger: Ledger
    folder: Path
    bundle: Path = BUNDLE
    policy: Policy = field(default_factory=lambda: Policy(audit=0.2))
    people: int = 8
    seed: int = 1
    truth: dict[str, Entry] = field(default_factory=dict)
    days: list[Day] = field(default_factory=list)

    def __post_init__(self) -> None:
        self.models = Models(self.ledger, Shelf(self.folder / "store"))
        self.models.begin(self.bundle)
        self.door = Door(Champions(self.ledger, self.models.shelf, self.policy), self.ledger)
        self.office = Office(self.ledger, self.policy, rules=QUICK, random=Random(self.seed))
        staff = Cast(people=self.people, vanishing=0.0).staff(self.seed)
        self.crowd = Simulation(self.office, self.truth, staff, (EXPERT,), self.seed)

    def day(self, count: int, change: Change) -> Day:
        """So many new fields come in and are read; people key what they are asked."""
        number = len(self.days)
        source, written = draw_fields(self.folder / f"day {number}", count, change, 1000 * self.seed + number)
        facts = read_fields(source, source.parent / "readings.csv", self.door, self.ledger, Silence())
        with self.ledger.truth() as told:
            uses = told.uses_in(facts.batch_id)
        self.truth |= {use.crop_id: Entry(text=written[use.scan]) for use in uses}
        self.crowd.run()
        accepted = sum(use.reading.settles for use in uses)
        done = Day(
            fields=len(uses), right=_right(uses, written), accepted=accepted / max(1, len(uses)),
            champion=self.door.bundle_id,
        )  # fmt: skip
        self.days.append(done)
        return done


def _right(uses: list[FieldUse], written: Mapping[str, str]) -> float:
    return float(np.mean([use.reading.text == written[use.scan] for use in uses]))


def draw_fields(folder: Path, count: int, change: Change, seed: int) -> tuple[Path, dict[str, str]]:
    """Fields of digits in handwriting fonts, as files with their list; and what is written on each."""
    rng, written = np.random.default_rng(seed), dict[str, str]()
    folder.mkdir(parents=True, exist_ok=True)
    for number in range(count):
        hand, text = random_hand(rng), grammar.digits(rng, 3, 6)
        image = np.pad(write(text, hand.font, rng, float(rng.uniform(26, 40)), hand=hand), 10, constant_values=255)
        Image.fromarray(change(image, rng)).save(folder / f"{seed}-{number}.png")
        written[f"{seed}-{number}.png"] = text
    with (folder / "fields.csv").open("w", newline="") as file:
        rows = csv.writer(file)
        rows.writerow(["image", "kind"])
        rows.writerows([name, "digits"] for name in written)
    return folder / "fields.csv", written


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--shift", choices=sorted(SHIFTS), default="slant")
    parser.add_argument("--fields", type=int, default=600, help="a day")
    parser.add_argument("--steps", type=int, default=500)
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--calibrate", type=int, default=200)
    parser.add_argument("--bundle", type=Path, default=BUNDLE)
    parser.add_argument("--out", type=Path, default=Path("out/bench-loop"))
    asked = parser.parse_args()
    change = SHIFTS[asked.shift]
    with open_ledger(new_ledger(asked.out)) as ledger:
        house = House(
            ledger=ledger, folder=asked.out / f"{asked.shift}-{asked.seed}", bundle=asked.bundle, seed=asked.seed
        )
        show("before", house.day(asked.fields, as_it_is))
        show(asked.shift, house.day(asked.fields, change))
        began = perf_counter()
        order = RetrainOrder(
            folder=house.folder / "retrain", store=house.folder / "store", steps=asked.steps, calibrate=asked.calibrate,
            seed=asked.seed, threads=1,
        )  # fmt: skip
        done = retrain(order, ledger, print)
        show_round(done, perf_counter() - began)


def show(name: str, day: Day) -> None:
    """One day in a line."""
    print(
        f"{name}: {day.fields} fields, {day.right:.1%} read rightly, {day.accepted:.1%} accepted, by {day.champion[:8]}"
    )


def show_round(done: Round, seconds: float) -> None:
    """What a round came to."""
    print(f"{seconds:.0f} s: {done.reason or 'challenger ' + done.bundle_id[:8]}; {done}")


if __name__ == "__main__":
    main()
