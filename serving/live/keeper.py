"""The keeper of the last snapshot: however many ask, and however often, the ledger is asked now and then."""

import logging
import threading
import time
from collections.abc import Callable
from dataclasses import dataclass

from recognizer.errors import PenfieldError, UsageError
from serving.live.snapshot import Snapshot

log = logging.getLogger(__name__)

REST_S, REST_PER_WORK = 10.0, 10.0
"""A snapshot is kept for so many seconds, and at least so many times as long as it took."""


@dataclass(frozen=True, kw_only=True)
class Kept:
    """The last snapshot, None where it failed, with what it cost in seconds; `made_s` is of the keeper's clock, and
    `failed` says why there is none."""

    snapshot: Snapshot | None
    cost_s: float
    made_s: float
    failed: str = ""


class Keeper:
    """Makes a snapshot when somebody asks and the last one is too old. One at a time is made; who asks meanwhile gets
    the last one, and waits only where there is none yet. So at most a tenth of the time goes into them."""

    def __init__(self, make: Callable[[], Snapshot], clock: Callable[[], float] = time.monotonic) -> None:
        self._make, self._clock, self._lock = make, clock, threading.Lock()
        self._kept: Kept | None = None

    def get(self) -> Kept:
        """The last snapshot, or a new one."""
        kept = self._kept
        if kept is not None and not self._is_old(kept):
            return kept
        if not self._lock.acquire(blocking=kept is None):
            assert kept is not None
            return kept
        try:
            if self._kept is None or self._is_old(self._kept):
                self._kept = self._made()
            return self._kept
        finally:
            self._lock.release()

    def age_s(self, kept: Kept) -> float:
        """How old it is."""
        return self._clock() - kept.made_s

    def _is_old(self, kept: Kept) -> bool:
        return self.age_s(kept) > max(REST_S, REST_PER_WORK * kept.cost_s)

    def _made(self) -> Kept:
        began, snapshot, failed = self._clock(), None, ""
        try:
            snapshot = self._make()
        except PenfieldError as error:  # a database that is away comes back
            failed = str(error)
        except Exception as error:  # an unexpected message may hold a field's value
            failed = type(error).__name__
        if failed:
            log.warning("no snapshot could be made: %s", failed)
        done = self._clock()
        return Kept(snapshot=snapshot, cost_s=done - began, made_s=done, failed=failed)


def no_store() -> Snapshot:
    """What a server without a store makes: nothing. Raises UsageError."""
    raise UsageError("this server was started without a store, whose columns are asked")
