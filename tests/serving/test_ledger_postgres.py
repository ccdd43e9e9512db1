"""The same ledger in PostgreSQL; skipped where no server can be started or no driver is installed."""

import os
import pwd
import shutil
import subprocess
import tempfile
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from pathlib import Path

import pytest
from sqlalchemy import create_engine, text
from sqlalchemy.exc import DBAPIError

from serving.batch.run import run_batch
from serving.door import Door
from serving.ledger import Ledger, open_ledger
from tests.serving import specimens as sample
from tests.serving.killed_batch import Quiet

DIGESTS = ("s1", "s2")


def _tool(name: str) -> str | None:
    found = [str(path) for path in Path("/usr/lib/postgresql").glob(f"*/bin/{name}")]
    return shutil.which(name) or next(iter(sorted(found)), None)


def _run(user: str | None, *words: str) -> None:
    """PostgreSQL refuses to run as root: then as somebody else."""
    identity = {"user": user, "group": pwd.getpwnam(user).pw_gid, "extra_groups": []} if user else {}
    subprocess.run(words, check=True, capture_output=True, cwd="/", timeout=60, **identity)  # type: ignore[call-overload]


@contextmanager
def _server(folder: Path, user: str | None) -> Iterator[str]:
    initdb, control = _tool("initdb"), _tool("pg_ctl")
    assert initdb and control
    data = str(folder / "data")
    _run(user, initdb, "-D", data, "-U", "penfield", "-A", "trust", "-E", "UTF8", "--no-sync")
    options = f"-c listen_addresses='' -c unix_socket_directories={folder}"
    _run(user, control, "-D", data, "-w", "-l", str(folder / "log"), "-o", options, "start")
    try:
        yield f"postgresql+psycopg://penfield@/postgres?host={folder}"
    finally:
        _run(user, control, "-D", data, "-m", "immediate", "stop")


@pytest.fixture(scope="module")
def url() -> Iterator[str]:
    pytest.importorskip("psycopg", reason="PostgreSQL's driver is not installed (psycopg)")
    if not _tool("initdb"):
        pytest.skip("PostgreSQL is not installed (Debian: postgresql)")
    user = "nobody" if os.getuid() == 0 else None
    with tempfile.TemporaryDirectory(prefix="pg") as name:  # short: a socket's path has 107 characters at most
        folder = Path(name)
        if user:
            os.chown(folder, pwd.getpwnam(user).pw_uid, -1)
        with _server(folder, user) as address:
            yield address


def test_several_may_create_the_ledger_at_once(url: str) -> None:
    with ThreadPoolExecutor(4) as pool:
        for ledger in pool.map(lambda _: open_ledger(url), range(4)):
            ledger.close()


def test_a_batch_is_the_same_as_in_sqlite(url: str, tmp_path: Path) -> None:
    with open_ledger(url) as one, open_ledger(f"sqlite:///{tmp_path}/ledger.db") as other:
        answers = [_read(ledger) for ledger in (one, other)]
        assert answers[0] == answers[1] and len(answers[0]) == 12
        assert one.batch("batch").pages_by_status == {"read": 4}
        assert len(one.pages_frame("batch")) == 4 and one.latest_batch() == "batch"
        keys = [parcel.key for parcel in one.pending()]
        assert keys == [parcel.key for parcel in other.pending()] and len(keys) == 6
        one.mark_delivered(keys)
        one.mark_delivered(keys)
        assert one.pending() == []


def _read(ledger: Ledger) -> list[tuple[object, ...]]:
    door = Door(sample.InkReader(), ledger)
    run_batch(sample.start("batch", DIGESTS), sample.two_pages, door, ledger, Quiet())
    frame = ledger.predictions_frame("batch")
    columns = ["prediction_id", "field", "outcome", "text", "confidence", "decision", "alternatives", "threshold"]
    rows = frame[columns].astype(object).where(frame[columns].notna(), None)  # NaN differs from itself
    return list(rows.itertuples(index=False, name=None))


@pytest.mark.parametrize("statement", ["update predictions set text = ''", "delete from decisions", "truncate outbox"])
def test_no_row_can_be_changed_or_removed(url: str, statement: str) -> None:
    open_ledger(url).close()
    engine = create_engine(url)
    suffix = " cascade" if statement.startswith("truncate") else ""
    with pytest.raises(DBAPIError, match="append-only"), engine.begin() as connection:
        connection.execute(text(statement + suffix))
    engine.dispose()
