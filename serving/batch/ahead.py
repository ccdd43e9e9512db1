"""Works ahead: several threads begin the next jobs while what the first ones made is being used, in the jobs' order."""

import queue
import threading
from collections.abc import Callable, Generator, Iterator, Sequence
from contextlib import closing
from types import TracebackType
from typing import Generic, Self, TypeVar

J = TypeVar("J")
T = TypeVar("T")

DEPTH = 2
"""How many things of a job may lie ready. Together with the number of jobs begun it bounds the memory."""

POLL_S = 0.1


class Ahead(Generic[J, T]):
    """Iterates over (job, thing) for all that `make(job)` yields, job after job, and (job, None) when one has ended.

    `workers` threads make things. No more than one job beyond theirs is begun before the first of them is used up, and
    of each `DEPTH` things lie ready. What `make` raises is raised here, in its job's turn. A job is made by one thread
    from its first thing to its last: a child process that is started there lives as long.
    """

    def __init__(self, make: Callable[[J], Generator[T, None, None]], jobs: Sequence[J], workers: int = 1) -> None:
        self._make = make
        self._jobs, self._count = iter(jobs), len(jobs)
        self._begun: queue.Queue[tuple[J, queue.Queue[T | _End]]] = queue.Queue()
        self._room = threading.Semaphore(workers + 1)
        self._taking = threading.Lock()
        self._stopped = threading.Event()
        self._threads = [threading.Thread(target=self._run, name=f"ahead {n}", daemon=True) for n in range(workers)]

    def __enter__(self) -> Self:
        for thread in self._threads:
            thread.start()
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, at: TracebackType | None) -> None:
        """Stop making. What is being made at this moment is waited for, so that nothing is used after its end."""
        self._stopped.set()
        for thread in self._threads:
            thread.join()

    def __iter__(self) -> Iterator[tuple[J, T | None]]:
        for _ in range(self._count):
            job, ready = self._begun.get()
            while not isinstance(item := ready.get(), _End):
                yield job, item
            if item.error is not None:
                raise item.error
            self._room.release()
            yield job, None

    def _run(self) -> None:
        while (taken := self._take()) is not None:
            job, ready = taken
            try:
                with closing(self._make(job)) as items:
                    for item in items:
                        if not self._put(ready, item):
                            return
            except BaseException as error:
                self._put(ready, _End(error))
            else:
                self._put(ready, _End(None))

    def _take(self) -> "tuple[J, queue.Queue[T | _End]] | None":
        """The next job, as soon as there is room for it; None when there is none or all is over."""
        with self._taking:
            while not self._stopped.is_set() and not self._room.acquire(timeout=POLL_S):
                pass
            if self._stopped.is_set():
                return None
            for job in self._jobs:
                ready: queue.Queue[T | _End] = queue.Queue(maxsize=DEPTH)
                self._begun.put((job, ready))
                return job, ready
            return None

    def _put(self, ready: "queue.Queue[T | _End]", item: "T | _End") -> bool:
        while not self._stopped.is_set():
            try:
                ready.put(item, timeout=POLL_S)
            except queue.Full:
                continue
            return True
        return False


class _End:
    def __init__(self, error: BaseException | None) -> None:
        self.error = error
