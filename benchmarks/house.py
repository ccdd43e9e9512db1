"""A house with a ledger, a shelf, an office and simulated people who key: fields of digits come in a day at a time."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from random import Random

import numpy as np

from benchmarks.pens import Change, draw_fields
from serving.batch.readings import read_fields
from serving.consensus.answer import Entry
from serving.crowds.simulation import Simulation
from serving.door import Door
from serving.ledger import Ledger
from serving.ledger.statement import FieldUse
from serving.models import Champions, Models, Shelf
from serving.office import Office
from serving.promise import Policy
from training.measure import Silence
from training.rehearsal import EXPERT, QUICK, Cast

BUNDLE = Path("data/bundle")


@dataclass(frozen=True, kw_only=True)
class Day:
    """What a day's fields came to: the share that the champions read rightly, that they were sure of, and how much of
    the latter is right (None of none)."""

    fields: int
    right: float
    accepted: float
    accepted_right: float | None
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
        accepted = [use for use in uses if use.reading.settles]
        done = Day(
            fields=len(uses), right=_right(uses, written), accepted=len(accepted) / max(1, len(uses)),
            accepted_right=_right(accepted, written) if accepted else None, champion=self.door.bundle_id,
        )  # fmt: skip
        self.days.append(done)
        return done


def _right(uses: list[FieldUse], written: Mapping[str, str]) -> float:
    return float(np.mean([use.reading.text == written[use.scan] for use in uses]))
