from collections.abc import Iterator
from pathlib import Path

import pytest

from serving.ledger import Ledger, open_ledger
from serving.office import Office
from tests.serving.review import desk


@pytest.fixture
def ledger(memory_folder: Path) -> Iterator[Ledger]:
    with open_ledger(f"sqlite:///{memory_folder}/ledger.db") as opened:
        yield opened


@pytest.fixture
def office(ledger: Ledger) -> Office:
    desk.read_batch(ledger, 12)
    return desk.office_on(ledger)


@pytest.fixture
def base(office: Office) -> Iterator[str]:
    with desk.serving(office) as address:
        yield address
