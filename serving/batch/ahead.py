"""Makes the next things while the last one is being used."""

import queue
import threading
from collections.abc import Callable, Generator, Iterator
from contextlib import closing
from types import TracebackType
from typing import Generic, Self, TypeVar

T = TypeVar("T")

DEPTH = 2
POLL_S = 0.1


class Ahead(Generic[T]):
    """Iterates over what `make()` yields; a thread keeps `DEPTH` items ready. What it raises is raised here.

    One thread makes everything from the first item to the last: a child process started there lives as long.
    """

    def __init__(self, make: Callable[[], Generator[T, None, None]]) -> None:
        self._make = make
        self._ready: queue.Queue[T | _End] = queue.Queue(maxsize=DEPTH)
        self._stopped = threading.Event()
        self._thread = threading.Thread(target=self._run, name="ahead", daemon=True)

    def __enter__(self) -> Self:
        self._thread.start()
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, at: TracebackType | None) -> None:
        """Stop making. What is being made at this moment is waited for, so that nothing is used after its end."""
        self._stopped.set()
        self._thread.join()

    def __iter__(self) -> Iterator[T]:
        while not isinstance(item := self._ready.get(), _End):
            yield item
        if item.error is not None:
            raise item.error

    def _run(self) -> None:
        try:
            with closing(self._make()) as items:
                for item in items:
                    if not self._put(item):
                        return
        except BaseException as error:
            self._put(_End(error))
        else:
            self._put(_End(None))

    def _put(self, item: "T | _End") -> bool:
        while not self._stopped.is_set():
            try:
                self._ready.put(item, timeout=POLL_S)
            except queue.Full:
                continue
            return True
        return False


class _End:
    def __init__(self, error: BaseException | None) -> None:
        self.error = error
