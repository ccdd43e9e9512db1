"""Where MLflow keeps what we show it, and whether it can be reached right now.

Nothing here imports mlflow: asking whether the store answers must cost milliseconds, not mlflow's three seconds.
"""

import os
import socket
import sqlite3
import urllib.error
import urllib.request
from collections.abc import Iterator
from contextlib import closing, contextmanager
from dataclasses import dataclass
from pathlib import Path
from urllib.parse import urlsplit

from recognizer.errors import PenfieldError

PROBE_TIMEOUT_S = 2
CALL_TIMEOUT_S = 20
"""A store that answered the probe may take longer than the probe to swallow a large file."""

MLFLOW_SETTINGS = {
    "MLFLOW_DISABLE_TELEMETRY": "true",
    "MLFLOW_ENABLE_ASYNC_TRACE_LOGGING": "false",  # asynchronous logging loses traces when it is busy
    "MLFLOW_HTTP_REQUEST_MAX_RETRIES": "0",  # the outbox is what tries again; mlflow's retries block for minutes
    "MLFLOW_HTTP_REQUEST_TIMEOUT": str(CALL_TIMEOUT_S),
    "MLFLOW_ASYNC_TRACE_LOGGING_RETRY_TIMEOUT": str(CALL_TIMEOUT_S),
    "MLFLOW_ENABLE_ARTIFACTS_PROGRESS_BAR": "false",
    "MLFLOW_SERVER_ENABLE_JOB_EXECUTION": "false",
    "MLFLOW_LOGGING_LEVEL": "WARNING",
    "GIT_PYTHON_REFRESH": "quiet",
}


class StoreUnreachable(PenfieldError):
    """The MLflow store does not answer or cannot be written. The message says which and why, in one line."""


@dataclass(frozen=True, kw_only=True)
class Store:
    """One MLflow store: `uri` of its tracking data; `artifacts` is where an embedded store keeps files."""

    folder: Path
    uri: str
    artifacts: Path | None

    @property
    def is_embedded(self) -> bool:
        """Whether the store is our own SQLite file in the store folder."""
        return self.artifacts is not None

    def prepare_environment(self) -> None:
        """Set what mlflow reads from the environment; must come before mlflow is imported."""
        os.environ.update(MLFLOW_SETTINGS)

    def probe(self) -> None:
        """Raise `StoreUnreachable` unless the store answers within `PROBE_TIMEOUT_S` seconds."""
        scheme = urlsplit(self.uri).scheme.split("+")[0]
        try:
            if scheme == "sqlite":
                _probe_sqlite(_sqlite_path(self.uri), self.uri)
            elif scheme in ("http", "https"):
                _probe_http(self.shown_uri)  # an answer of any kind will do, so no password is needed
            elif urlsplit(self.uri).hostname:
                _probe_port(self.uri)
        except (OSError, sqlite3.Error, urllib.error.URLError, ValueError) as error:
            raise StoreUnreachable(f"the MLflow store {self.shown_uri} cannot be used: {_in_a_word(error)}") from error

    def sweep(self) -> None:
        """Leave no copy of what was deleted in an embedded store's file. Others are their owners' to sweep."""
        if self.is_embedded and urlsplit(self.uri).scheme == "sqlite":
            with closing(sqlite3.connect(_sqlite_path(self.uri), timeout=CALL_TIMEOUT_S, isolation_level=None)) as file:
                file.execute("PRAGMA secure_delete=ON")
                file.execute("VACUUM")

    @property
    def shown_uri(self) -> str:
        """`uri` without user name and password."""
        parts = urlsplit(self.uri)
        return parts._replace(netloc=parts.netloc.rpartition("@")[2]).geturl() if "@" in parts.netloc else self.uri

    @contextmanager
    def locked(self, name: str, *, wait: bool = True) -> Iterator[bool]:
        """Hold the lock `name` of the store folder; yields whether it was got. A dead process holds none."""
        import fcntl

        self.folder.mkdir(parents=True, exist_ok=True)
        with (self.folder / f"{name}.lock").open("a") as lock:
            try:
                fcntl.flock(lock, fcntl.LOCK_EX if wait else fcntl.LOCK_EX | fcntl.LOCK_NB)
            except BlockingIOError:
                yield False
            else:
                yield True


def open_store(folder: Path) -> Store:
    """The embedded store of `folder`, or the one that MLFLOW_TRACKING_URI names where that is set."""
    folder = folder.resolve()
    if uri := os.environ.get("MLFLOW_TRACKING_URI"):
        return Store(folder=folder, uri=uri, artifacts=None)
    return Store(folder=folder, uri=f"sqlite:///{folder / 'mlflow.db'}", artifacts=folder / "artifacts")


def _sqlite_path(uri: str) -> str:
    return uri.split(":///", 1)[1] if ":///" in uri else ""


def _probe_sqlite(path: str, uri: str) -> None:
    """Begin to write and take it back; mlflow itself would try a file it cannot open for minutes."""
    if not path.startswith("file:"):
        Path(path).parent.mkdir(parents=True, exist_ok=True)
    with closing(sqlite3.connect(path, timeout=PROBE_TIMEOUT_S, uri="uri=true" in uri)) as database:
        database.execute("BEGIN IMMEDIATE")
        (version,) = database.execute("PRAGMA user_version").fetchone()
        database.execute(f"PRAGMA user_version = {version}")  # only a write finds out that a file is read-only
        database.execute("ROLLBACK")


def _probe_http(uri: str) -> None:
    request = urllib.request.Request(uri.rstrip("/") + "/health")
    try:
        with urllib.request.urlopen(request, timeout=PROBE_TIMEOUT_S):
            pass
    except urllib.error.HTTPError as error:
        if error.code >= 500:
            raise


def _probe_port(uri: str) -> None:
    parts = urlsplit(uri)
    port = parts.port or {"postgresql": 5432, "mysql": 3306, "mssql": 1433}.get(parts.scheme.split("+")[0], 0)
    with socket.create_connection((parts.hostname or "", port), timeout=PROBE_TIMEOUT_S):
        pass


def _in_a_word(error: Exception) -> str:
    reason = getattr(error, "reason", None)
    if isinstance(error, TimeoutError) or isinstance(reason, TimeoutError):
        return f"no answer within {PROBE_TIMEOUT_S} s"
    cause = reason if isinstance(reason, OSError) else error
    text = (cause.strerror if isinstance(cause, OSError) and cause.strerror else str(cause)).strip()
    return text.splitlines()[0].lower() if text else type(error).__name__
