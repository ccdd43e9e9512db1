"""Databases for tests that must hold in SQLite and in PostgreSQL alike."""

import os
import tempfile
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


@pytest.fixture
def memory_folder(tmp_path: Path) -> Iterator[Path]:
    """A folder in memory, where there is one: tests that write ten thousand times must not wait for the disk."""
    if not os.access("/dev/shm", os.W_OK):
        yield tmp_path
        return
    with tempfile.TemporaryDirectory(dir="/dev/shm") as name:
        yield Path(name)


@pytest.fixture(params=["sqlite", "postgresql"])
def empty_database(request: pytest.FixtureRequest, memory_folder: Path) -> str:
    """The address of a new, empty database; the test runs once in SQLite and once in PostgreSQL."""
    if request.param == "sqlite":
        return f"sqlite:///{memory_folder}/ledger.db"
    fresh: Callable[[], str] = request.getfixturevalue("postgres_database")
    return fresh()
