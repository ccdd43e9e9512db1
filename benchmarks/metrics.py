"""How long do the numbers of production take on a large ledger?

    python -m benchmarks.metrics [--fields 1000000] [--ledger URL]

A ledger is drawn (`benchmarks/drawn_ledger.py`), in a temporary folder unless an empty database is named.
"""

import argparse
import tempfile
import time
from collections.abc import Callable

from benchmarks.drawn_ledger import FORM, draw, times
from serving.ledger import open_ledger
from serving.ledger.numbers import Numbers, Scope
from serving.metrics import production_metrics


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--fields", type=int, default=1_000_000)
    parser.add_argument("--ledger", default="")
    asked = parser.parse_args()
    pages = asked.fields // len(FORM.fields)
    with tempfile.TemporaryDirectory() as folder, open_ledger(asked.ledger or f"sqlite:///{folder}/l.db") as ledger:
        print(f"{_timed(lambda: draw(ledger, pages, audit=0.02)):8.1f} s to draw {pages:,} pages")
        early, late, _ = times(pages)
        for name, scope in {
            "all": {},
            "one batch": {"batch_id": "batch-3"},
            "a period": {"since": early, "until": late},
        }.items():
            print(f"{_timed(lambda scope=scope: production_metrics(ledger, **scope)):8.1f} s for {name}")  # type: ignore[misc]
        with ledger.numbers(Scope()) as numbers:
            for part in ("decided", "pages", "work", "votes", "gold", "verdicts", "settled", "records"):
                print(f"{_timed(getattr(numbers, part)):8.1f} s of it: {part}")
        assert isinstance(numbers, Numbers)


def _timed(what: Callable[[], object]) -> float:
    began = time.perf_counter()
    what()
    return time.perf_counter() - began


if __name__ == "__main__":
    main()
