"""Guessing passwords becomes slow: for one name, and for all names together."""

from collections import OrderedDict, deque
from collections.abc import Callable
from threading import Lock
from time import monotonic

NAMES = 10_000


class Throttle:
    """Counts wrong guesses of the last `window_s` seconds, in this process's memory.

    In memory, because whoever guesses must not be able to fill the ledger; a server that starts anew forgives, and
    several processes allow as many times as much: enough to make guessing hopeless, which is all that it is for.
    """

    def __init__(
        self,
        *,
        per_name: int = 10,
        for_all: int = 200,
        window_s: float = 600.0,
        clock: Callable[[], float] = monotonic,
    ) -> None:
        self._per_name, self._for_all, self._window_s = per_name, for_all, window_s
        self._clock = clock
        self._wrong: OrderedDict[str, deque[float]] = OrderedDict()
        self._all: deque[float] = deque()
        self._lock = Lock()

    def take(self, name: str) -> bool:
        """Whether another guess may be made now. It counts as wrong until `right` says otherwise, so that a hundred
        guesses at once are a hundred guesses."""
        now = self._clock()
        with self._lock:
            wrong = self._wrong.setdefault(name, deque())
            self._wrong.move_to_end(name)
            while len(self._wrong) > NAMES:
                self._wrong.popitem(last=False)
            _forget(wrong, now - self._window_s)
            _forget(self._all, now - self._window_s)
            if len(wrong) >= self._per_name or len(self._all) >= self._for_all:
                return False
            wrong.append(now)
            self._all.append(now)
            return True

    def right(self, name: str) -> None:
        """The last guess was right: none of this name counts any more."""
        with self._lock:
            self._wrong.pop(name, None)
            if self._all:
                self._all.pop()


def _forget(times: deque[float], before: float) -> None:
    while times and times[0] <= before:
        times.popleft()
