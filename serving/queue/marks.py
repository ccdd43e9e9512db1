"""How far along the line a person has come, so that nobody walks past the same thousand tasks for each new one."""

from collections import OrderedDict
from threading import Lock

from serving.ledger.desk import Desk, Mark, Opening, Seat
from serving.queue.rules import later

MOST = 10_000
OVERLAP_S = 10.0
"""Rows become visible when their transaction ends, with the time at which it began: so long it may take."""
FORGOTTEN_S = 1800.0
END = "~"
"""After every time."""


class Marks:
    """Where each person stands in each line, in this process's memory; lost, they are found again by one long walk.

    What a person may not have (answered, or of a record of this sitting) stays so for the sitting. So before the mark
    only that can be open which came in or came free since it was set.
    """

    def __init__(self) -> None:
        self._marks: OrderedDict[tuple[Seat, str], tuple[Mark, str]] = OrderedDict()
        self._lock = Lock()

    def next(self, desk: Desk, seat: Seat, kind: str, now: str) -> Opening | None:
        """The most urgent task of a kind that this person may have."""
        mark, since = self._get(seat, kind, now)
        if mark is not None:
            freed = desk.line.freed(seat, kind, now, mark, later(mark.at, -OVERLAP_S))
            if freed is not None:
                return freed
        found = desk.line.onward(seat, kind, now, mark)
        place = (END, 0) if found is None or found.slot is None else (found.target_at, found.slot)
        self._set(seat, kind, Mark(target_at=place[0], slot=place[1], at=now), since)
        return found

    def _get(self, seat: Seat, kind: str, now: str) -> tuple[Mark | None, str]:
        """The mark, if it is not too old, and when the last long walk was."""
        with self._lock:
            mark, since = self._marks.get((seat, kind), (None, now))
        return (mark, since) if since > later(now, -FORGOTTEN_S) else (None, now)

    def _set(self, seat: Seat, kind: str, mark: Mark, since: str) -> None:
        with self._lock:
            self._marks[seat, kind] = mark, since
            self._marks.move_to_end((seat, kind))
            while len(self._marks) > MOST:
                self._marks.popitem(last=False)
