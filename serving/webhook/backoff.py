"""When a message that did not arrive is tried again, and when it is given up."""

import random
from datetime import datetime, timedelta

FIRST_S = 30.0
FACTOR = 4
LONGEST_S = 12 * 3600.0
MOST_TRIES = 12
"""About three days: half a minute, two, eight, half an hour, two hours, eight and a half, then twelve each time."""

JITTER = 0.2
"""So much sooner or later, at random: receivers that come back are not stormed."""


def pause_s(tries: int, chance: float | None = None) -> float:
    """The pause after so many tries in vain, in seconds; `chance` in [0, 1] places it, at random without it."""
    spread = (random.random() if chance is None else chance) * 2 - 1
    longest = min(FIRST_S * FACTOR ** (tries - 1), LONGEST_S)
    return float(longest * (1 + JITTER * spread))


def later(at: str, seconds: float) -> str:
    """A time of the ledger so many seconds later."""
    return (datetime.fromisoformat(at) + timedelta(seconds=seconds)).isoformat(timespec="microseconds")
