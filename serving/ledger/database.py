"""Opens the database of the ledger and creates its tables, once, however many processes start at the same time."""

import fcntl
import sqlite3
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from sqlalchemy import Connection, Engine, create_engine, event, func, inspect, make_url, select, text
from sqlalchemy.engine import URL
from sqlalchemy.exc import ArgumentError, NoSuchModuleError, SQLAlchemyError

from recognizer.errors import LedgerError
from serving.ledger.clock import utc_now
from serving.ledger.schema import SCHEMA_VERSION, metadata, schema_versions
from serving.ledger.schema.migrate import OLDEST, migrate

BUSY_TIMEOUT_MS = 60_000
POOL: dict[str, Any] = {"max_overflow": 35, "pool_timeout": 2 * BUSY_TIMEOUT_MS / 1000}
"""A server's forty threads each find a connection; whoever must wait for one waits longer than for any lock."""
_ADVISORY_LOCK = 0x50454E46  # "PENF"


def open_database(url: str) -> Engine:
    """An engine on the ledger at `url` (SQLAlchemy; SQLite or PostgreSQL), its tables created where they are missing.

    Raises LedgerError where the address is wrong, the database cannot be reached or belongs to another version.
    """
    target = _parsed(url)
    try:
        engine = (
            _sqlite(target)
            if target.get_backend_name() == "sqlite"
            else create_engine(target, pool_pre_ping=True, **POOL)
        )
        with _alone(engine) as connection:
            _ensure_schema(connection)
    except ImportError as error:
        raise LedgerError(f"the ledger {shown(target)} needs a driver that is not installed: {error}") from error
    except (SQLAlchemyError, sqlite3.Error, OSError) as error:
        raise LedgerError(f"cannot open the ledger {shown(target)}: {in_one_line(error)}") from error
    return engine


def shown(url: URL | str) -> str:
    """The address as it may be printed: without its password."""
    return make_url(url).render_as_string(hide_password=True)


def in_one_line(error: Exception) -> str:
    """What the database says, without the statement and its values, which may be those of fields."""
    cause = getattr(error, "orig", None) if isinstance(error, SQLAlchemyError) else error
    return str(cause).strip().partition("\n")[0] if cause is not None else type(error).__name__


def _parsed(url: str) -> URL:
    try:
        target = make_url(url)
        backend = target.get_backend_name()
    except (ArgumentError, NoSuchModuleError) as error:
        raise LedgerError(
            "the ledger's address is not a database URL; write sqlite:///PATH or postgresql+psycopg://USER@HOST/NAME"
        ) from error
    if backend not in ("sqlite", "postgresql"):
        raise LedgerError(f"the ledger lives in SQLite or PostgreSQL, not in {backend}")
    if backend == "sqlite" and target.database in (None, "", ":memory:"):
        raise LedgerError("the ledger must be a file that survives: write sqlite:///PATH")
    return target


def _sqlite(target: URL) -> Engine:
    assert target.database is not None
    if not target.database.startswith("file:"):  # SQLite's own kind of address names no path that we could make
        Path(target.database).parent.mkdir(parents=True, exist_ok=True)
    engine = create_engine(target, connect_args={"timeout": BUSY_TIMEOUT_MS / 1000}, **POOL)
    event.listen(engine, "connect", _configure_sqlite)
    event.listen(engine, "begin", _begin_sqlite)
    return engine


def _configure_sqlite(connection: Any, _record: object) -> None:
    connection.isolation_level = None  # BEGIN is ours: the driver's own comes too late for DDL and for reads
    for pragma in ("foreign_keys=ON", "recursive_triggers=ON", "synchronous=FULL"):
        connection.execute(f"PRAGMA {pragma}")


def _begin_sqlite(connection: Connection) -> None:
    """A writer takes the write lock at once: one that reads first and writes later may be refused in between."""
    writes = connection.get_execution_options().get("writes", False)
    connection.exec_driver_sql("BEGIN IMMEDIATE" if writes else "BEGIN")


@contextmanager
def _alone(engine: Engine) -> Iterator[Connection]:
    """A transaction that no other process opening the same ledger shares."""
    if engine.dialect.name == "postgresql":
        with engine.begin() as connection:
            connection.execute(text("SELECT pg_advisory_xact_lock(:key)"), {"key": _ADVISORY_LOCK})
            yield connection
        return
    with Path(f"{engine.url.database}.lock").open("a") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        _enter_wal(engine)
        with engine.execution_options(writes=True).begin() as connection:
            yield connection


def _enter_wal(engine: Engine) -> None:
    """Write-ahead logging is a property of the file; it can only be set outside a transaction."""
    raw = engine.raw_connection()
    try:
        raw.cursor().execute("PRAGMA journal_mode=WAL")
    finally:
        raw.close()


def _ensure_schema(connection: Connection) -> None:
    """Tables of this version: created where there are none, migrated where they are older."""
    if not inspect(connection).has_table(schema_versions.name):
        metadata.create_all(connection)
        _note_version(connection)
        return
    version = connection.scalar(select(func.max(schema_versions.c.version)))
    if version is None or not OLDEST <= version <= SCHEMA_VERSION:
        raise LedgerError(
            f"this ledger has schema version {version}, this program writes version {SCHEMA_VERSION}: "
            "use the program that wrote it, or name another ledger"
        )
    if version < SCHEMA_VERSION:
        migrate(connection, version)
        _note_version(connection)
    elif set(metadata.tables) - set(inspect(connection).get_table_names()):
        metadata.create_all(connection)  # made by a program of this version that did not know them all yet


def _note_version(connection: Connection) -> None:
    connection.execute(schema_versions.insert().values(version=SCHEMA_VERSION, created_at=utc_now()))
