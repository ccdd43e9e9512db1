"""Databases for tests that must hold in SQLite and in PostgreSQL alike."""

from collections.abc import Callable, Iterator
from itertools import count
from pathlib import Path

import pytest
from sqlalchemy import create_engine, make_url, text

from tests.serving import postgres


@pytest.fixture(scope="session")
def postgres_database() -> Iterator[Callable[[], str]]:
    """Gives the address of a new, empty database in PostgreSQL each time that it is called."""
    numbers = count()
    with postgres.server() as address:

        def fresh() -> str:
            name = f"fresh_{next(numbers)}"
            engine = create_engine(address, isolation_level="AUTOCOMMIT")
            with engine.connect() as connection:
                connection.execute(text(f"CREATE DATABASE {name}"))
            engine.dispose()
            return make_url(address).set(database=name).render_as_string(hide_password=False)

        yield fresh


@pytest.fixture(params=["sqlite", "postgresql"])
def empty_database(request: pytest.FixtureRequest, tmp_path: Path) -> str:
    """The address of a new, empty database; the test runs once in SQLite and once in PostgreSQL."""
    if request.param == "sqlite":
        return f"sqlite:///{tmp_path}/ledger.db"
    fresh: Callable[[], str] = request.getfixturevalue("postgres_database")
    return fresh()
