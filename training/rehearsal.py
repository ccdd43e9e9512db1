"""A rehearsal: scans whose truth is known are read, people who are simulated key what is doubtful, in a real office.

Nothing of the product knows that it is one: the door reads, the office files, leases and settles, and the people come
as any do. The office has gold from the start: applications of an earlier batch, which a customer has checked.
"""

import json
from collections.abc import Mapping
from dataclasses import dataclass, field
from itertools import count
from pathlib import Path
from random import Random
from typing import Any

import numpy as np

from recognizer.form import load_form
from serving.batch.recognize import Order, recognize
from serving.batch.run import Watcher
from serving.consensus.answer import Entry
from serving.crowds.came_to import CameTo, came_to, written
from serving.crowds.simulated import Manner, Worker, crowd
from serving.crowds.simulation import Ended, Simulation
from serving.door import open_door
from serving.intake.scans import find_scans
from serving.ledger import BatchFacts, Ledger
from serving.metrics import ProductionMetrics, production_metrics
from serving.office import Office, Rules
from serving.office.gold import add_gold
from serving.promise import Policy
from serving.truth.correct import Row, correct
from training.samples.stack import save_stack

DATA = Path(__file__).parents[1] / "data"
FORMS = ("insurance_application", "nist_hsf")
EXPERT = Worker(person="expert", error=0.002)
QUICK = Rules(undo_s=0, lease_s=2.0)
"""Simulated people take no answer back; who vanishes is not waited for as long as a person would be."""
KNOWN_SEED, BEFORE_SEED, DRAWN_SEED = 1, 2, 1000
"""Of the stacks: whose truth is known beforehand, that of the day before, and what is measured (and its own seed)."""


@dataclass(frozen=True, kw_only=True)
class Cast:
    """Who comes: so many `people`, of whom `shares` are not careful; the chance to vanish over a field; and `lying`,
    the share of fields on which those who conspire lie."""

    people: int = 16
    shares: Mapping[Manner, float] = field(default_factory=dict)
    vanishing: float = 0.02
    lying: float = 1.0

    def staff(self, seed: int) -> tuple[Worker, ...]:
        """These people, in a random order."""
        rng = np.random.default_rng(seed)
        return crowd(self.people, self.shares, rng, lying=self.lying, vanishing=self.vanishing)


@dataclass(frozen=True, kw_only=True)
class Rehearsed:
    """What it came to. `numbers` are those of the batch alone, `keyed` holds the gold too that people keyed meanwhile;
    `truth` is what is written on each crop of the batch."""

    batch: BatchFacts
    ended: Ended
    came: CameTo
    numbers: ProductionMetrics
    keyed: ProductionMetrics
    truth: Mapping[str, Entry]

    @property
    def is_complete(self) -> bool:
        """Whether every record of the batch is, and nothing waits."""
        return self.came.complete == self.came.records and not self.ended.waiting


@dataclass(frozen=True, kw_only=True)
class Stage:
    """Where it takes place: an empty ledger, a folder for scans and records, a model, and a policy."""

    ledger: Ledger
    folder: Path
    bundle: Path
    policy: Policy
    watcher: Watcher


@dataclass(frozen=True, kw_only=True)
class Scene:
    """What is read: the sample scans that ship, or so many drawn `pages`. `known` pages of an earlier batch give the
    gold; `before` pages were read and keyed the day before, so that the people are no newcomers."""

    pages: int = 0
    known: int = 10
    before: int = 20


def new_ledger(folder: Path) -> str:
    """The address of a ledger in `folder` that is not there yet: those of earlier rehearsals stay, to be looked at."""
    folder.mkdir(parents=True, exist_ok=True)
    names = (folder / f"ledger-{number}.db" for number in count(1))
    return f"sqlite:///{next(name for name in names if not name.exists()).resolve()}"


def rehearse(stage: Stage, cast: Cast, scene: Scene, seed: int = 1) -> Rehearsed:
    """Read the scans and have the cast key what is doubtful until nothing waits. Raises PenfieldError."""
    truth = _known_before(stage, scene.known) if scene.known else {}
    office = Office(stage.ledger, stage.policy, rules=QUICK, random=Random(seed))
    people = Simulation(office, truth, cast.staff(seed), (EXPERT,), seed)
    if scene.before:
        truth |= _drawn(stage, "before", scene.before, BEFORE_SEED)[1]
        people.run()
    with stage.ledger.desk_to_read() as desk:
        since = desk.now()
    batch, written_there = _drawn(stage, "drawn", scene.pages, DRAWN_SEED + seed) if scene.pages else _samples(stage)
    truth |= written_there
    ended = people.run()
    return Rehearsed(
        batch=batch,
        ended=ended,
        came=came_to(stage.ledger, batch.batch_id, truth),
        numbers=production_metrics(stage.ledger, batch_id=batch.batch_id, policy=stage.policy),
        keyed=production_metrics(stage.ledger, since=since, policy=stage.policy),
        truth=written_there,
    )


def _known_before(stage: Stage, pages_known: int) -> dict[str, Entry]:
    """An earlier batch: a customer has checked all of it, so that nobody is asked, and it is gold."""
    file = save_stack(DATA / "forms", stage.folder / "known", pages_known, KNOWN_SEED)
    batch, truth, pages = _recognized(stage, file, file.parent, audit=0.0)
    rows = [
        Row(line=number, field=f"{page['scan']}:{page['page']}:{name}", value=value)
        for number, (page, name, value) in enumerate(
            ((page, name, value) for page in pages for name, value in page["fields"].items()), start=1
        )
    ]
    correct(stage.ledger, rows, by=f"{file.name} of the rehearsal", batch_id=batch.batch_id, any_value=True)
    add_gold(stage.ledger, rows, by="rehearsal", batch_id=batch.batch_id, policy=stage.policy)
    return truth


def _samples(stage: Stage) -> tuple[BatchFacts, dict[str, Entry]]:
    samples = DATA / "samples"
    return _recognized(stage, samples / "truth.json", samples / "scans", audit=None)[:2]


def _drawn(stage: Stage, name: str, pages: int, seed: int) -> tuple[BatchFacts, dict[str, Entry]]:
    file = save_stack(DATA / "forms", stage.folder / name, pages, seed)
    return _recognized(stage, file, file.parent, audit=None)[:2]


def _recognized(
    stage: Stage, truth: Path, scans: Path, *, audit: float | None
) -> tuple[BatchFacts, dict[str, Entry], list[dict[str, Any]]]:
    """Read scans as any batch is; `audit` as the policy says where it is None."""
    policy = stage.policy if audit is None else stage.policy.model_copy(update={"audit": audit})
    door = open_door(stage.bundle, stage.ledger, policy=policy)
    order = Order(
        forms=tuple(load_form(DATA / "forms" / f"{name}.yaml") for name in FORMS),
        scans=tuple(scan for scan in find_scans([scans]) if scan.path != truth),
        out=stage.folder / "records" / scans.name,
    )
    batch = recognize(order, door, stage.ledger, stage.watcher)
    pages = json.loads(truth.read_text(encoding="utf-8"))["pages"]
    with stage.ledger.truth() as told:
        return batch, written(pages, told.uses_in(batch.batch_id)), pages
