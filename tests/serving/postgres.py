"""A PostgreSQL of the tests' own: started once, a fresh database for each test that asks."""

import os
import pwd
import shutil
import subprocess
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

ROOM_BYTES = 2**30


@contextmanager
def server() -> Iterator[str]:
    """The address of a server that runs while the block does; skips where there is no server or no driver."""
    pytest.importorskip("psycopg", reason="PostgreSQL's driver is not installed (psycopg)")
    if not _tool("initdb"):
        pytest.skip("PostgreSQL is not installed (Debian: postgresql)")
    user = "nobody" if os.getuid() == 0 else None
    with tempfile.TemporaryDirectory(prefix="pg", dir=_memory()) as name:  # short: a socket's path has 107 characters
        folder = Path(name)
        if user:
            os.chown(folder, pwd.getpwnam(user).pw_uid, -1)
        with _started(folder, user) as address:
            yield address


def _memory() -> str | None:
    """A folder in memory, where there is one that is large enough: tests must not wait for the disk."""
    memory = Path("/dev/shm")
    roomy = os.access(memory, os.W_OK) and shutil.disk_usage(memory).free > ROOM_BYTES
    return str(memory) if roomy else None


@contextmanager
def _started(folder: Path, user: str | None) -> Iterator[str]:
    initdb, control = _tool("initdb"), _tool("pg_ctl")
    assert initdb and control
    data = str(folder / "data")
    _run(user, initdb, "-D", data, "-U", "penfield", "-A", "trust", "-E", "UTF8", "--no-sync")
    options = f"-c listen_addresses='' -c unix_socket_directories={folder} -c fsync=off -c wal_recycle=off"
    _run(user, control, "-D", data, "-w", "-l", str(folder / "log"), "-o", options, "start")
    try:
        yield f"postgresql+psycopg://penfield@/postgres?host={folder}"
    finally:
        _run(user, control, "-D", data, "-m", "immediate", "stop")


def _tool(name: str) -> str | None:
    found = [str(path) for path in Path("/usr/lib/postgresql").glob(f"*/bin/{name}")]
    return shutil.which(name) or next(iter(sorted(found)), None)


def _run(user: str | None, *words: str) -> None:
    """PostgreSQL refuses to run as root: then as somebody else."""
    identity = {"user": user, "group": pwd.getpwnam(user).pw_gid, "extra_groups": []} if user else {}
    subprocess.run(words, check=True, capture_output=True, cwd="/", timeout=60, **identity)  # type: ignore[call-overload]
