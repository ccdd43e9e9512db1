from collections.abc import Iterator
from datetime import datetime, timedelta

import pytest

from serving.ledger import Ledger, open_ledger
from serving.ledger.desk import Desk


@pytest.fixture
def ledger(empty_database: str) -> Iterator[Ledger]:
    with open_ledger(empty_database) as opened:
        yield opened


class Clock:
    """The database's clock, set by hand."""

    def __init__(self) -> None:
        self.now = "2026-11-24T08:00:00.000000+00:00"

    def wait(self, seconds: float) -> None:
        moment = datetime.fromisoformat(self.now) + timedelta(seconds=seconds)
        self.now = moment.isoformat(timespec="microseconds")


@pytest.fixture
def clock(monkeypatch: pytest.MonkeyPatch) -> Clock:
    clock = Clock()
    monkeypatch.setattr(Desk, "now", lambda _: clock.now)
    return clock
