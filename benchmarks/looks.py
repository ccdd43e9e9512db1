"""A look of the monitors: how long it takes for a day of 100,000 fields; how often quiet families sound; delays."""

import argparse
import tempfile
import time
from pathlib import Path

import numpy as np

from benchmarks.drawn_ledger import draw
from serving.columns import columns_of, sync
from serving.ledger import open_ledger
from serving.monitors import Settings, look
from serving.monitors.bets import BETS, due, evidence, log_gains, play
from serving.monitors.ranks import Reference, gaps, p_values

SHIFTS = (0.5, 1.0, 1.5, 2.0, 4.0)
"""In standard deviations of the pages of a slice."""
DAY_S = 15.5 * 3600


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--pages", type=int, default=15_400, help="of eight fields each, a seventh no production")
    parser.add_argument("--families", type=int, default=200, help="of 100 streams and 10,000 pages each")
    chosen = parser.parse_args()
    time_a_day(chosen.pages)
    false_alarms(chosen.families)
    delays()


def time_a_day(pages: int) -> None:
    with tempfile.TemporaryDirectory() as folder:
        store = Path(folder)
        with open_ledger(f"sqlite:///{store}/ledger.db") as ledger:
            draw(ledger, pages, every_s=DAY_S / pages)
            started = time.perf_counter()
            sync(ledger, columns_of(store))
            synced = time.perf_counter()
            first = look(ledger, columns_of(store), Settings(queue_hours=None))
            looked = time.perf_counter()
            look(ledger, columns_of(store), Settings(queue_hours=None))
            again = time.perf_counter()
            with ledger.monitoring_to_read() as rows:
                streams = len(rows.last_look()[1]["streams"])
        came = first.units or {}
        print(
            f"{came['read']:,} pages, {came['vote']:,} answers, {streams:,} streams: {looked - started:.1f} s, "
            f"of which {synced - started:.1f} s bring the columns up to the ledger; "
            f"nothing new: {again - looked:.2f} s; {len(first.sounded)} alarms sounded"
        )  # fmt: skip


def false_alarms(families: int, streams: int = 100, pages: int = 10_000, n: int = 127) -> None:
    """Streams of a family resemble each other, as measures of one page do; each is looked at after every page."""
    limits, sounded = due(0.05, np.arange(1, streams + 1)), 0
    for seed in range(families):
        rng = np.random.default_rng([seed, 2])
        page, found = rng.normal(size=n + pages), False
        for stream in range(streams):
            values = 0.6 * page + 0.8 * rng.normal(size=n + pages)
            found |= bool((strongest(values, n, rng) >= limits[stream]).any())
        sounded += found
    print(f"{sounded} of {families} quiet families of {streams} streams ever sound in {pages:,} pages (stated: 5%)")


def delays(repeats: int = 200, n: int = 127, rank: int = 300) -> None:
    """So many pages until a change is told, by the three hundredth stream: median, and in nine of ten cases."""
    for quiet in (20, 200, 2_000):
        told = []
        for shift in SHIFTS:
            rng = np.random.default_rng(int(10 * shift) + quiet)
            found = []
            for _ in range(repeats):
                values = rng.normal(size=n + quiet + 2_000)
                values[n + quiet :] += shift
                over = np.flatnonzero(strongest(values, n, rng) >= due(0.05, rank))
                found.append(over[0] - quiet + 1 if len(over) else np.inf)
            middle, most = np.quantile(found, [0.5, 0.9], method="inverted_cdf")
            told.append(f"{shift:g} sd: {_pages(middle)} ({_pages(most)})")
        print(f"change {quiet:,} pages after the reference, told after pages: " + ", ".join(told))


def _pages(count: float) -> str:
    return f"{count:.0f}" if np.isfinite(count) else "not in 2,000"


def strongest(values: np.ndarray, n: int, rng: np.random.Generator) -> np.ndarray:
    t = len(values) - n
    reference = Reference.of(values[:n], rng.random(n))
    lies = reference.bins(values[n:], rng.random(t))
    ranks, _ = p_values(lies, rng.random(t), gaps(n), np.zeros(len(gaps(n))))
    return evidence(play(log_gains(ranks), np.full(len(BETS), -np.inf), 0))


if __name__ == "__main__":
    main()
