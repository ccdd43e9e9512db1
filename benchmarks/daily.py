"""The report of a day: how long it takes when the day had 100,000 fields, and a challenger read a fifth of them."""

import argparse
import tempfile
import time
from datetime import date
from pathlib import Path

from benchmarks.drawn_ledger import START, draw
from benchmarks.drawn_trial import draw_trial
from serving.columns import columns_of, sync
from serving.daily import report_of
from serving.ledger import open_ledger
from serving.promise import Policy
from serving.trial.settings import Settings

DAY_S = 15.5 * 3600
"""From the first page of the drawn ledger to midnight, and a little less."""


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument(
        "--pages", type=int, default=15_400, help="of eight fields each, a seventh of them no production"
    )
    parser.add_argument("--out", type=Path, help="keep the page there")
    chosen = parser.parse_args()
    with tempfile.TemporaryDirectory() as folder:
        store = Path(folder)
        with open_ledger(f"sqlite:///{store}/ledger.db") as ledger:
            draw(ledger, chosen.pages, every_s=DAY_S / chosen.pages)
            pairs = draw_trial(ledger, Settings())
            day = date(START.year, START.month, START.day)
            started = time.perf_counter()
            sync(ledger, columns_of(store))
            synced = time.perf_counter()
            made = report_of(ledger, store, day, Policy(wage_per_hour=18), pictured=False)
            page = made.page(kept=True)
            done = time.perf_counter()
        row = made.day.on("days", day)
        assert row is not None
        print(f"{row['fields']:,} fields on {row['pages']:,} pages, {pairs:,} pairs of a trial: {done - started:.1f} s")
        print(f"of which {synced - started:.1f} s bring the columns up to the ledger")
        if chosen.out:
            chosen.out.write_text(page, encoding="utf-8")


if __name__ == "__main__":
    main()
