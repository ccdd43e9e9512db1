"""How much wrong truth gets through a crowd of reviewers, and at what cost, against a majority of three?

    python -m benchmarks.crowd [--fields 600] [--people 20] [--repeats 4]

Simulated people (`serving.crowds.simulated`) key drawn fields. The policies are run as the queue runs them: gold mixed
in, people under the bar voided and their fields done again, skills estimated as votes come in, an expert at the end.
Gold and experts' votes are counted as votes. One image in 700 misleads everybody; where the machine errs, an honest
person makes the same error one time in fifty.
"""

import argparse
from collections.abc import Mapping

import numpy as np
from rich.console import Console
from rich.table import Table

from benchmarks.office import Figures, Office, drawn_task, majority
from serving.consensus import Policy
from serving.crowds.simulated import Manner, crowd

CROWDS: Mapping[str, Mapping[Manner, float]] = {
    "all careful": {},
    "10% random": {"random": 0.1},
    "20% lazy": {"lazy": 0.2},
    "10% malicious": {"malicious": 0.1},
    "30% colluding": {"colluding": 0.3},
    "30% colluding, lying half the time": {"colluding": 0.3},
    "30% colluding, lying in one of ten": {"colluding": 0.3},
    "mixed: 10% random, 10% lazy, 10% malicious, 10% colluding": {
        "random": 0.1, "lazy": 0.1, "malicious": 0.1, "colluding": 0.1,
    },
}  # fmt: skip
LYING = {"30% colluding, lying half the time": 0.5, "30% colluding, lying in one of ten": 0.1}


def mean(figures: list[Figures]) -> Figures:
    names = ("wrong", "votes", "gold", "experts")
    return Figures(**{name: float(np.mean([getattr(f, name) for f in figures])) for name in names})


def measured(name: str, way: str, fields: int, people: int, repeats: int) -> Figures:
    """The mean figures of one way to find the truth with one crowd, over seeded repeats."""
    return mean([once(name, way, fields, people, seed) for seed in range(repeats)])


def once(name: str, way: str, fields: int, people: int, seed: int) -> Figures:
    rng = np.random.default_rng([seed, fields])
    staff = crowd(people, CROWDS[name], rng, lying=LYING.get(name, 1.0))
    machine_right = 0.97 if way.endswith("97%") else 0.9
    tasks = [drawn_task(rng, machine_right) for _ in range(fields)]
    if way == "majority of 3":
        return majority(staff, tasks, rng)
    if way == "two agree":
        return Office(people=staff, tasks=tasks, policy=Policy(least_confidence=0), rng=rng, uses_gold=False).run()
    rule = "two_plus_tiebreak" if way == "two_plus_tiebreak" else "one_plus_model"
    return Office(people=staff, tasks=tasks, policy=Policy(rule=rule), rng=rng).run()


WAYS = ("majority of 3", "two agree", "two_plus_tiebreak", "one_plus_model, 90%", "one_plus_model, 97%")


def main() -> None:
    arguments = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    arguments.add_argument("--fields", type=int, default=600)
    arguments.add_argument("--people", type=int, default=20)
    arguments.add_argument("--repeats", type=int, default=4)
    options = arguments.parse_args()
    title = f"wrong truth / keyed per field (experts'); {options.fields} fields, {options.people} people"
    table = Table("crowd", *WAYS, title=title)
    for name in CROWDS:
        row = [measured(name, way, options.fields, options.people, options.repeats) for way in WAYS]
        table.add_row(name, *(f"{f.wrong:.2%} / {f.keyed:.2f} ({f.experts:.1%})" for f in row))
    Console(width=160).print(table)


if __name__ == "__main__":
    main()
