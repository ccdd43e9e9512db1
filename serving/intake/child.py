"""The child process of the workshop: decodes files from strangers and works on their pages.

It runs as `python -c`, not through multiprocessing, so that the parent's main module (a command line that imports
torch, a test runner) is not imported again: it is ready in half a second. Hostile bytes are decoded here and nowhere
else; should that kill this process, the workshop starts another.
"""

import hashlib
import os
import signal
import sys
import threading
import time
import traceback
from collections.abc import Callable
from dataclasses import dataclass
from multiprocessing.connection import Connection
from pathlib import Path
from typing import Any

import psutil

from recognizer.errors import ScanRejected
from recognizer.page import Page
from recognizer.scan import Limits, PageRejected, decode_page, open_book, rejected

PR_SET_PDEATHSIG = 1
WATCH_S = 0.02


@dataclass(frozen=True, kw_only=True)
class Job:
    """One file to work on, without the pages in `skip`."""

    path: Path
    skip: frozenset[int]


@dataclass(frozen=True, kw_only=True)
class Begun:
    """What the bench is busy with, so that the workshop knows whom to blame if it dies."""

    page_no: int
    page_count: int


@dataclass(frozen=True, kw_only=True)
class Done:
    """The result of one page and the seconds that its decoding and the work on it took."""

    page_no: int
    result: Any
    decode_s: float
    work_s: float


def main(fd: int, parent_pid: int) -> None:
    """Serve jobs from the connection on `fd` until it is closed."""
    signal.signal(signal.SIGINT, signal.SIG_IGN)  # Ctrl-C is for the parent, which then closes the connection
    _die_with_parent(parent_pid)
    with Connection(fd) as link:
        make_worker, limits = link.recv()
        work = _prepare(link, make_worker)
        if work is None:
            return
        _watch_memory(limits.memory_bytes)
        link.send("ready")
        try:
            while True:
                _serve(link, link.recv(), work, limits)
        except (EOFError, ConnectionError):
            return


def _prepare(link: Connection, make_worker: Callable[[], Callable[[Page], Any]]) -> Callable[[Page], Any] | None:
    import cv2

    cv2.setNumThreads(1)
    try:
        return make_worker()
    except Exception as error:
        error.add_note(traceback.format_exc())
        link.send(error)
        return None


def _serve(link: Connection, job: Job, work: Callable[[Page], Any], limits: Limits) -> None:
    """Do one file. After each result the parent asks for the next page, which keeps the bench one page ahead."""
    try:
        data = read_file(job.path, limits.max_bytes)
        book = open_book(data, limits)
    except Exception as error:
        link.send(rejected(error, None))
        return
    digest = hashlib.sha256(data).hexdigest()
    try:
        for page_no in range(1, len(book) + 1):
            if page_no in job.skip:
                continue
            link.send(Begun(page_no=page_no, page_count=len(book)))
            started = time.perf_counter()
            page = decode_page(book, page_no, digest)
            link.send(_worked(page, work, started))
            link.recv()
    finally:
        book.close()
    link.send("end")


def _worked(page: Page | PageRejected, work: Callable[[Page], Any], started: float) -> Done | PageRejected:
    if isinstance(page, PageRejected):
        return page
    decoded = time.perf_counter()
    try:
        result = work(page)
    except Exception as error:
        return _failed(error, page.page_no)
    return Done(page_no=page.page_no, result=result, decode_s=decoded - started, work_s=time.perf_counter() - decoded)


def _failed(error: Exception, page_no: int) -> PageRejected:
    """An error of the page function: its own rejection, a lack of memory, or a fault of ours with its place."""
    rejection = rejected(error, page_no)
    if isinstance(error, ScanRejected) or rejection.code == "out_of_memory":
        return rejection
    place = traceback.extract_tb(error.__traceback__)[-1]
    reason = f"{type(error).__name__} at {Path(place.filename).name}:{place.lineno}: {str(error)[:200]}"
    return PageRejected(page_no=page_no, code="failed", reason=reason)


def read_file(path: Path, max_bytes: int) -> bytes:
    """The bytes of a regular file, at most `max_bytes`. Raises ScanRejected (`unreadable`, `too_large`)."""
    try:
        with open_regular(path) as file:
            size = os.fstat(file.fileno()).st_size  # a reader that is given the limit would reserve it
            if size > max_bytes:
                raise ScanRejected("too_large", f"The file has {size:,} bytes, the limit is {max_bytes:,}.")
            return file.read(size)
    except OSError as error:
        raise ScanRejected("unreadable", f"The file cannot be read: {error.strerror}.") from error


def open_regular(path: Path) -> Any:
    """Open a regular file for reading; a pipe or device would keep the reader waiting forever."""
    if not path.is_file():
        reason = "it is not a regular file" if path.exists() else "there is no such file"
        raise ScanRejected("unreadable", f"The file cannot be read: {reason}.")
    return path.open("rb")


def _watch_memory(memory_bytes: int) -> None:
    """End this process when it has grown by `memory_bytes` from here on.

    A limit that makes allocations fail is not enough: some decoders then leave out an image, and a page that is not
    blank looks blank. So the process is ended before that; the system's limit, twice as wide, stops what grows at once.
    """
    process = psutil.Process()
    most = process.memory_info().rss + memory_bytes

    def watch() -> None:
        while process.memory_info().rss <= most:
            time.sleep(WATCH_S)
        os.kill(os.getpid(), signal.SIGKILL)

    threading.Thread(target=watch, daemon=True).start()
    _limit_memory(2 * memory_bytes)


def _limit_memory(memory_bytes: int) -> None:
    """By RLIMIT_DATA, which counts what is private and writable; RLIMIT_AS counts mere reservations too."""
    try:
        import resource

        status = Path("/proc/self/status").read_text()
        used = next(int(line.split()[1]) * 1024 for line in status.splitlines() if line.startswith("VmData:"))
        resource.setrlimit(resource.RLIMIT_CORE, (0, 0))  # a core file would hold a person's form
        resource.setrlimit(resource.RLIMIT_DATA, (used + memory_bytes,) * 2)
    except (ImportError, OSError, StopIteration, ValueError):  # not Linux
        return


def _die_with_parent(parent_pid: int) -> None:
    """Ask Linux to kill this process when its parent dies; elsewhere it ends when it next reads the connection."""
    if sys.platform == "linux":
        import ctypes

        ctypes.CDLL(None).prctl(PR_SET_PDEATHSIG, signal.SIGKILL)
    if os.getppid() != parent_pid:  # it died before we could ask
        sys.exit(0)
