"""One process at a time for a piece of work on a ledger, whoever else has it open."""

import fcntl
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from sqlalchemy import Engine, text

_TRY = text("SELECT pg_try_advisory_lock(hashtext('penfield_alone'), hashtext(:work))")
_END = text("SELECT pg_advisory_unlock(hashtext('penfield_alone'), hashtext(:work))")


@contextmanager
def alone(engine: Engine, work: str) -> Iterator[bool]:
    """Whether this process does the `work` (a word) alone while the block runs; False where another does it already.

    The database, or for SQLite the system, lets go when the process dies.
    """
    if engine.dialect.name == "postgresql":
        with engine.connect().execution_options(isolation_level="AUTOCOMMIT") as connection:
            taken = bool(connection.scalar(_TRY, {"work": work}))
            try:
                yield taken
            finally:
                if taken:
                    connection.execute(_END, {"work": work})
        return
    with Path(f"{engine.url.database}.{work}.lock").open("a") as lock:
        try:
            fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            yield False
            return
        yield True
