"""Workshop: decodes files and works on their pages in child processes that may crash, hang or starve."""

import hashlib
import os
import signal
import socket
import subprocess
import sys
import tempfile
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import suppress
from dataclasses import dataclass
from multiprocessing.connection import Connection
from pathlib import Path
from types import TracebackType
from typing import IO, Any, Generic, Self, TypeVar

from recognizer.errors import PenfieldError, ScanRejected
from recognizer.page import Page
from recognizer.scan import CODES, Limits, PageRejected
from serving.intake.child import Begun, Done, Job, open_regular

T = TypeVar("T")

START_S = 120.0  # loading forms and finding their features on a busy machine
GRACE_S = 1.0  # when caller and child were both suspended, the child is not to blame
MAX_DEATHS = 5  # of one file, before its remaining pages are given up
ONE_THREAD = dict.fromkeys(("OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS", "MKL_NUM_THREADS"), "1")
CHILD = "import sys; sys.path[:] = {path!r}; from serving.intake.child import main; main({fd}, {pid})"


@dataclass(frozen=True, kw_only=True)
class PageDone(Generic[T]):
    """What the page function made of one page; how many pages the file has; what decoding and work took."""

    page_no: int
    result: T
    page_count: int
    decode_s: float
    work_s: float


class Death(Exception):
    """The bench died or was killed: `code` is that of the rejection, `begun` what it was busy with, if anything."""

    def __init__(self, code: str, reason: str, begun: Begun | None) -> None:
        super().__init__(reason)
        self.code, self.reason, self.begun = code, reason, begun


class Workshop(Generic[T]):
    """Runs `make_worker()` once in a child process, and what it returns on every page of the files given to `pages`.

    `make_worker` is picklable and importable without its caller's main module: a function of a module, or a partial
    of one. Each thread that asks for pages has a child of its own, with limits of its own. It is started when it is
    first needed and used from file to file; on Linux it dies with its thread. Both ends of the pipe are ours: this
    guards against files that break decoders, not against ones that take the child over.
    """

    def __init__(self, make_worker: Callable[[], Callable[[Page], T]], limits: Limits | None = None) -> None:
        self._make_worker = make_worker
        self._limits = limits or Limits()
        self._own = threading.local()
        self._benches: list[_Bench] = []

    @property
    def _bench(self) -> "_Bench | None":
        """The child of the thread that asks, None where it has none at the moment."""
        return getattr(self._own, "bench", None)

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()

    def close(self) -> None:
        """End all children, whatever they are doing. Other threads no longer ask for pages then."""
        for bench in self._benches:
            bench.kill()
        self._benches.clear()
        self._own = threading.local()

    def _begin(self) -> "_Bench":
        self._own.bench = _Bench(self._make_worker, self._limits)
        self._benches.append(self._own.bench)
        return self._own.bench

    def _end(self) -> None:
        """End the child of this thread."""
        if self._bench is not None:
            self._bench.kill()
            self._benches.remove(self._bench)
            self._own.bench = None

    def pages(self, path: Path, skip: frozenset[int] = frozenset()) -> Iterator[PageDone[T] | PageRejected]:
        """The pages of a file in order, without those in `skip`; the child works one page ahead of the caller.

        A page that crashes the child, exceeds the time or the memory is a PageRejected, and the others go on in a new
        child. A PageRejected with `page_no` None stands for the whole file. Raises what `make_worker` raised.
        """
        done = set(skip)
        for _ in range(MAX_DEATHS):
            try:
                for event in self._attempt(Job(path=path, skip=frozenset(done))):
                    if event.page_no is not None:
                        done.add(event.page_no)
                    yield event
                return
            except Death as death:
                last = death
            begun = last.begun
            yield PageRejected(page_no=begun.page_no if begun else None, code=last.code, reason=last.reason)
            if begun is None:
                return
            done.add(begun.page_no)
        yield from _given_up(last, done)

    def _attempt(self, job: Job) -> Iterator[PageDone[T] | PageRejected]:
        """Events of one job until it ends. Raises Death; a caller that stops listening costs the child its life."""
        bench = self._bench or self._begin()
        finished, begun = False, None
        try:
            bench.ask(job)
            while (event := bench.answer(begun)) != "end":
                if isinstance(event, Begun):
                    begun = event
                    continue
                if event.page_no is not None:
                    bench.ask("next")
                yield _page_done(event, begun) if isinstance(event, Done) else event
                if event.page_no is None:
                    break
                begun = None
            finished = True
        finally:
            if not finished:
                self._end()


class _Bench:
    """The child process as its parent sees it."""

    def __init__(self, make_worker: Callable[[], Callable[[Page], Any]], limits: Limits) -> None:
        self._limits = limits
        self._asked = time.monotonic()
        self._noise: IO[bytes] = tempfile.TemporaryFile()  # noqa: SIM115 - what decoders print
        ours, theirs = socket.socketpair()
        code = CHILD.format(path=[str(Path(p).resolve()) for p in sys.path], fd=theirs.fileno(), pid=os.getpid())
        self._process = subprocess.Popen(
            [sys.executable, "-c", code],
            stdin=subprocess.DEVNULL,
            stdout=self._noise,
            stderr=self._noise,
            pass_fds=[theirs.fileno()],
            env={**os.environ, **ONE_THREAD},
        )
        theirs.close()
        self._link = Connection(ours.detach())
        try:
            self._start((make_worker, limits))
        except BaseException:
            self.kill()
            raise

    def _start(self, first: object) -> None:
        try:
            self._link.send(first)
            answer = self._link.recv() if self._link.poll(START_S) else None
        except (EOFError, ConnectionError):
            answer = None
        if isinstance(answer, Exception):
            raise answer
        if answer != "ready":
            raise PenfieldError(f"The process that decodes scans does not start: {self._last_words()}")

    def ask(self, message: object) -> None:
        """Send a job, or the request for the next page; the clock of the page starts."""
        self._asked = time.monotonic()
        with suppress(ConnectionError):  # it is dead then; the next answer says so
            self._link.send(message)

    def answer(self, begun: Begun | None) -> Any:
        """The next message. Raises Death where it does not come."""
        left_s = self._asked + self._limits.seconds_per_page - time.monotonic()
        try:
            if self._link.poll(max(left_s, GRACE_S)):
                return self._link.recv()
        except (EOFError, ConnectionError):
            raise self._died(begun) from None
        self.kill()
        limit = f"{self._limits.seconds_per_page:g} seconds"
        raise Death("timeout", f"The page was not done after {limit}, which is the limit.", begun)

    def kill(self) -> None:
        """End the process and free what it held."""
        self._process.kill()
        self._process.wait()
        self._link.close()
        self._noise.close()

    def _died(self, begun: Begun | None) -> Death:
        code = self._process.wait()
        if code == -signal.SIGKILL:  # not by us: by its own watch, or by the kernel for want of memory
            limit = f"{self._limits.memory_bytes / 2**20:.0f} MiB"
            return Death("out_of_memory", f"{CODES['out_of_memory']} (the limit is {limit})", begun)
        how = f"signal {signal.Signals(-code).name}" if code < 0 else f"exit code {code}"
        return Death("crashed", f"{CODES['crashed']} ({how})", begun)

    def _last_words(self) -> str:
        with suppress(subprocess.TimeoutExpired):  # it may still be printing why it ends
            self._process.wait(timeout=GRACE_S)
        self._process.kill()
        self._process.wait()
        self._noise.seek(0)
        lines = self._noise.read().decode(errors="replace").split("\n")
        return next((line for line in reversed(lines) if line.strip()), "it said nothing")


def _page_done(done: Done, begun: Begun | None) -> PageDone[Any]:
    return PageDone(
        page_no=done.page_no,
        result=done.result,
        page_count=begun.page_count if begun else done.page_no,
        decode_s=done.decode_s,
        work_s=done.work_s,
    )


def _given_up(death: Death, done: set[int]) -> Iterator[PageRejected]:
    """The pages that nobody tried because the file had already killed too many benches."""
    reason = f"Not tried: {MAX_DEATHS} pages of this file before it ended like this: {death.reason}"
    for page_no in range(1, death.begun.page_count + 1 if death.begun else 1):
        if page_no not in done:
            yield PageRejected(page_no=page_no, code=death.code, reason=reason)


def digest_file(path: Path, max_bytes: int) -> str:
    """SHA-256 of a file, read in pieces. Raises ScanRejected (`unreadable`, `too_large`)."""
    digest, size = hashlib.sha256(), 0
    try:
        with open_regular(path) as file:
            while piece := file.read(2**20):
                size += len(piece)
                if size > max_bytes:
                    raise ScanRejected("too_large", f"The file has more than {max_bytes:,} bytes, which is the limit.")
                digest.update(piece)
    except OSError as error:
        raise ScanRejected("unreadable", f"The file cannot be read: {error.strerror}.") from error
    return digest.hexdigest()
