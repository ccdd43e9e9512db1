"""Is the interval from audits valid however often one looks, how wide is it, and what does it cost?

    python -m benchmarks.audits [--streams 200] [--days 50]

Streams of accepted fields are drawn whose chance of an error grows with the model's doubt. A part of the fields is
audited, evenly (lean 0) or leaning to the doubtful ones; every day somebody looks. The first percentages are shares of
streams in which the interval is right on every day: `covered` about the share of wrong values so far, `constant` (what
all intervals so far have in common) about the chance of an error, and Wilson's usual interval, around the weighted
share of errors with Kish's number of effective audits. Then come the widths in the end, `unweighted` that of the same
bets on as many audits that were drawn evenly and are all there is; the accuracy that is certain in the end; and the
share of wrong values among the audits, which is not that among the accepted.
"""

import argparse
import math
from dataclasses import dataclass

import numpy as np
from rich.console import Console
from rich.table import Table

from serving.audit import AuditPlan, ConfidenceSequence, typical_doubt

POOL = 4_000
Z = 1.959964


@dataclass(frozen=True, kw_only=True)
class Case:
    """A population and how it is audited: share of wrong values, fields in the stream, rate and lean of the audits."""

    risk: float
    fields: int
    rate: float
    lean: float

    @property
    def name(self) -> str:
        return f"{self.fields:,}, {self.risk:.2%}, {self.lean:.1f}"


CASES = (
    Case(risk=0.005, fields=100_000, rate=0.01, lean=0.0),
    Case(risk=0.005, fields=100_000, rate=0.01, lean=0.5),
    Case(risk=0.005, fields=100_000, rate=0.01, lean=0.9),
    Case(risk=0.005, fields=1_000_000, rate=0.01, lean=0.0),
    Case(risk=0.005, fields=1_000_000, rate=0.01, lean=0.5),
    Case(risk=0.0277, fields=20_000, rate=0.05, lean=0.0),
    Case(risk=0.0277, fields=20_000, rate=0.05, lean=0.5),
)


@dataclass(frozen=True, kw_only=True)
class Population:
    """Kinds of fields, (POOL,) each: the chance of an error and the probability of an audit; `floor` of the latter."""

    risks: np.ndarray
    probabilities: np.ndarray
    floor: float


@dataclass(frozen=True, kw_only=True)
class Outcome:
    """One stream: was the truth inside on every day, and the widths at its end."""

    covered: bool
    wilson_covered: bool
    steady_covered: bool
    width: float
    steady_width: float
    unweighted_width: float
    wilson_width: float
    least: float
    audits: int
    plain_risk: float


def main() -> None:
    arguments = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    arguments.add_argument("--streams", type=int, default=200)
    arguments.add_argument("--days", type=int, default=50)
    options = arguments.parse_args()
    table = Table(
        "fields, wrong, lean", "audits", "covered", "constant", "Wilson", "width", "constant", "unweighted", "Wilson",
        "at least", "mean of audits", title=f"{options.streams} streams, {options.days} looks at each, 95% certainty",
    )  # fmt: skip
    for case in CASES:
        streams = options.streams if case.fields <= 200_000 else max(20, options.streams // 10)
        table.add_row(case.name, *row(case, streams, options.days))
    Console(width=160).print(table)


def row(case: Case, streams: int, days: int) -> list[str]:
    rng = np.random.default_rng(4)
    people = population(case, rng)
    found = [outcome(case, people, days, rng) for _ in range(streams)]

    def mean(name: str) -> float:
        return float(np.mean([getattr(each, name) for each in found]))

    covers = [f"{mean(name):.1%}" for name in ("covered", "steady_covered", "wilson_covered")]
    widths = [f"{mean(name):.2%}" for name in ("width", "steady_width", "unweighted_width", "wilson_width")]
    return [f"{mean('audits'):,.0f}", *covers, *widths, f"{mean('least'):.2%}", f"{mean('plain_risk'):.2%}"]


def population(case: Case, rng: np.random.Generator) -> Population:
    doubts = np.minimum(10 ** rng.normal(-3.3, 0.8, POOL), 0.2)
    scale = case.risk / doubts.mean()
    plan = AuditPlan(rate=case.rate, lean=case.lean, typical_doubt=typical_doubt(1 - doubts), floor=case.rate / 20)
    drawn = np.array([plan.probability("digits", 1 - doubt) for doubt in doubts])
    return Population(risks=np.minimum(doubts * scale, 1), probabilities=drawn, floor=plan.least())


def outcome(case: Case, people: Population, days: int, rng: np.random.Generator) -> Outcome:
    at = rng.integers(0, POOL, case.fields)
    p = people.probabilities[at]
    wrong, drawn = rng.random(case.fields) < people.risks[at], rng.random(case.fields) < p
    sequence, weighted, unweighted = ConfidenceSequence(floor=people.floor), Weighted(), ConfidenceSequence(floor=1)
    covered = wilson_covered = True
    for day in np.array_split(np.arange(case.fields), days):
        sequence.extend(p[day], drawn[day], wrong[day])
        weighted.extend(p[day][drawn[day]], wrong[day][drawn[day]])
        truth = 1 - wrong[: day[-1] + 1].mean()
        covered &= holds(sequence.interval, truth)
        wilson_covered &= holds(weighted.interval, truth)
    even = rng.random(int(drawn.sum())) < people.risks.mean()
    unweighted.extend(np.ones(len(even)), np.ones(len(even), bool), even)
    low, high = sequence.interval
    steady = sequence.steady_interval
    return Outcome(
        covered=covered, wilson_covered=wilson_covered, audits=sequence.audits, least=sequence.at_least,
        steady_covered=steady is not None and holds(steady, 1 - people.risks.mean()), width=high - low,
        steady_width=steady[1] - steady[0] if steady else 0.0, plain_risk=float(wrong[drawn].mean()),
        unweighted_width=-np.subtract(*unweighted.interval), wilson_width=-np.subtract(*weighted.interval),
    )  # fmt: skip


class Weighted:
    """Wilson's interval for accuracy from audits with weights; (0, 1) until there are any."""

    def __init__(self) -> None:
        self.weight = self.squares = self.wrong = 0.0

    def extend(self, p: np.ndarray, wrong: np.ndarray) -> None:
        self.weight += (1 / p).sum()
        self.squares += (1 / p**2).sum()
        self.wrong += (wrong / p).sum()

    @property
    def interval(self) -> tuple[float, float]:
        if not self.weight:
            return 0.0, 1.0
        right, n = 1 - self.wrong / self.weight, self.weight**2 / self.squares
        centre = (right + Z**2 / (2 * n)) / (1 + Z**2 / n)
        half = Z / (1 + Z**2 / n) * math.sqrt(right * (1 - right) / n + Z**2 / (4 * n**2))
        return centre - half, centre + half


def holds(interval: tuple[float, float], truth: float) -> bool:
    return interval[0] - 1e-12 <= truth <= interval[1] + 1e-12


if __name__ == "__main__":
    main()
