from collections.abc import Iterator

import pytest

from serving.ledger import Ledger, open_ledger


@pytest.fixture
def ledger(empty_database: str) -> Iterator[Ledger]:
    with open_ledger(empty_database) as opened:
        yield opened
