from collections.abc import Iterator
from pathlib import Path

import pytest

from serving.commands.review_server import whole_app
from serving.ledger import Ledger, open_ledger
from serving.office import Office
from tests.serving.live import house
from tests.serving.review import desk


@pytest.fixture
def ledger(empty_database: str) -> Iterator[Ledger]:
    with open_ledger(empty_database) as opened:
        yield opened


@pytest.fixture
def office(ledger: Ledger) -> Office:
    return house.read_today(ledger, 24)


@pytest.fixture
def base(office: Office, tmp_path: Path) -> Iterator[str]:
    """The server that ships, with a day's work in it."""
    house.key_some(office, 20)
    with desk.serving(whole_app(office, tmp_path / "store")) as address:
        yield address
