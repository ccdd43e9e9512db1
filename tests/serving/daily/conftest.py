"""A week of production, drawn once for all tests of its reports."""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date
from pathlib import Path

import pytest

from benchmarks.drawn_ledger import draw
from serving.columns import Asking, columns_of, sync
from serving.daily import Day, day_of
from serving.ledger import Ledger, open_ledger
from serving.promise import Policy

DAY = date(2026, 1, 7)
POLICY = Policy(wage_per_hour=18, piece_rate=0.02)


@dataclass(frozen=True, kw_only=True)
class Drawn:
    ledger: Ledger
    store: Path
    day: Day


@pytest.fixture(scope="package")
def drawn(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Drawn]:
    store = tmp_path_factory.mktemp("drawn")
    with open_ledger(f"sqlite:///{store}/ledger.db") as ledger:
        draw(ledger, 3600, audit=0.2)  # a page a minute: from Monday 8:00 to Wednesday evening
        keep = columns_of(store)
        sync(ledger, keep)
        with Asking(keep) as asking:
            yield Drawn(ledger=ledger, store=store, day=day_of(ledger, asking, DAY, POLICY))
