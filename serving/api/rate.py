"""How often a key may ask: a token bucket for each (Turner 1986, as network gear has it).

It lives in this process's memory. Two servers on one ledger grant a key twice as much together, and one that is started
anew begins with full buckets: this keeps a customer's loop from taking the machine from others, and is no account.
"""

from collections import OrderedDict
from collections.abc import Callable
from dataclasses import dataclass, field
from threading import Lock
from time import monotonic

MOST_KEYS = 10_000
PER_S, BURST = 10.0, 60


@dataclass(frozen=True, kw_only=True)
class Rate:
    """So many requests a second in the long run, and so many at once after a pause."""

    per_s: float = PER_S
    burst: int = BURST


@dataclass(kw_only=True)
class Buckets:
    """One bucket per key: each request takes a token, and tokens come back at the rate, up to the burst."""

    rate: Rate = Rate()
    clock: Callable[[], float] = monotonic
    _levels: OrderedDict[str, tuple[float, float]] = field(default_factory=OrderedDict)
    _lock: Lock = field(default_factory=Lock)

    def wait_s(self, key_id: str) -> float:
        """Take a token of a key; 0.0 where there was one, else in how many seconds there will be, and none is taken."""
        with self._lock:
            now = self.clock()
            level, since = self._levels.get(key_id, (float(self.rate.burst), now))
            level = min(float(self.rate.burst), level + (now - since) * self.rate.per_s)
            granted = level >= 1
            self._levels[key_id] = level - granted, now
            self._levels.move_to_end(key_id)
            while len(self._levels) > MOST_KEYS:
                self._levels.popitem(last=False)
        return 0.0 if granted else (1 - level) / self.rate.per_s
