"""False alarms per month: offices in which nothing ever changes, with every monitor as it ships.

    python -m benchmarks.quiet_offices [--offices 40] [--months 6] [--out out/quiet]

An office reads 60 pages of eight fields on each of 20 working days a month, from three folders and two scanners; two
of three people key a field of each page, which is settled; a challenger reads some pages of each week. Measures,
readings and answers are drawn page by page, each page independent of the others, and filed in a real ledger; the
monitors look at it once a week, and every page is weighed by itself all the same. Nobody ends an alarm: as long as it
holds, its monitor does not count what it covers. What was found is kept under `--out`, so the simulation goes on where
it was interrupted.
"""

import argparse
import json
import tempfile
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from scipy.stats import beta, chi2

from serving.columns import columns_of
from serving.ledger import open_ledger
from serving.monitors import Settings, look
from tests.serving.monitors.drawn import keyed, pages, tried

WEEKS, PAGES_A_WEEK, TRIED = 4, 300, 40
SOURCES = ("front desk", "mail room", "branch")
SCANNERS = ("Borealis S300", "Larch Flatbed 1")
CERTAINTY = 0.95


@dataclass(frozen=True, kw_only=True)
class Office:
    """What sounded in each month of an office: the monitors' names; and how many streams were watched at the end."""

    months: list[list[str]]
    streams: int


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--offices", type=int, default=40)
    parser.add_argument("--months", type=int, default=6)
    parser.add_argument("--out", type=Path, default=Path("out/quiet"))
    asked = parser.parse_args()
    print(summary([office(asked.out, seed, asked.months) for seed in range(asked.offices)]))


def office(folder: Path, seed: int, months: int) -> Office:
    """One office, or what is kept of it."""
    kept = folder / f"{seed} {months}.json"
    if not kept.exists():
        found = simulated(seed, months)
        folder.mkdir(parents=True, exist_ok=True)
        kept.write_text(json.dumps(vars(found)))
    return Office(**json.loads(kept.read_text()))


def simulated(seed: int, months: int) -> Office:
    """So many quiet months."""
    sounded = list[list[str]]()
    with tempfile.TemporaryDirectory() as store, open_ledger(f"sqlite:///{store}/ledger.db") as ledger:
        for month in range(months):
            sounded.append([])
            for week in range(WEEKS):
                first = (month * WEEKS + week) * PAGES_A_WEEK
                pages(ledger, PAGES_A_WEEK, first=first, sources=SOURCES, scanners=SCANNERS, seed=seed)
                keyed(ledger, first, PAGES_A_WEEK, diligent, seed=10_000 + seed)
                tried(ledger, first, TRIED, 0.95, seed=20_000 + seed)
                found = look(ledger, columns_of(Path(store)), Settings())
                sounded[-1] += [each.monitor for each in found.sounded]
        with ledger.monitoring_to_read() as rows:
            streams = len(rows.last_look()[1]["streams"])
    return Office(months=sounded, streams=streams)


def diligent(person: str, number: int, rng: np.random.Generator) -> tuple[str, float]:
    """What somebody keys who errs now and then, and the seconds that it takes."""
    return ("right" if rng.random() < 0.97 else "slip"), float(rng.gamma(4, 1.5))


def summary(offices: list[Office]) -> str:
    """Alarms per month with their interval, months without any, and offices that ever sounded."""
    months = [month for each in offices for month in each.months]
    alarms, quiet = sum(map(len, months)), sum(not month for month in months)
    ever = sum(any(each.months) for each in offices)
    few, many = (end / len(months) for end in counted(alarms))
    low, high = shared(ever, len(offices))
    names = ", ".join(sorted({name for month in months for name in month})) or "none"
    return (
        f"{len(months)} quiet months of {len(offices)} offices, {WEEKS * PAGES_A_WEEK:,} pages each, "
        f"{offices[0].streams} streams: {alarms} alarms ({names}), {alarms / len(months):.3f} a month "
        f"({few:.3f} to {many:.3f}); {quiet / len(months):.1%} of the months have none\n"
        f"{ever} of {len(offices)} offices ever sounded ({low:.1%} to {high:.1%}; stated: 5% at most)"
    )


def counted(events: int) -> tuple[float, float]:
    """The interval of a count that is expected (Garwood 1936)."""
    doubt = (1 - CERTAINTY) / 2
    low = float(chi2.ppf(doubt, 2 * events) / 2) if events else 0.0
    return low, float(chi2.ppf(1 - doubt, 2 * events + 2) / 2)


def shared(hits: int, of: int) -> tuple[float, float]:
    """The interval of a share (Clopper and Pearson 1934)."""
    doubt = (1 - CERTAINTY) / 2
    low = float(beta.ppf(doubt, hits, of - hits + 1)) if hits else 0.0
    return low, float(beta.ppf(1 - doubt, hits + 1, of - hits)) if hits < of else 1.0


if __name__ == "__main__":
    main()
