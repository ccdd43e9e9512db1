"""Who gets what next."""

from collections.abc import Callable, Iterator, Sequence
from random import Random
from typing import get_args

from recognizer.form import Kind
from serving.ledger.desk import Desk, Lease, Opening, Seat
from serving.queue.marks import Marks
from serving.queue.rules import Rules, later

KINDS: tuple[str, ...] = get_args(Kind)
GOLD_CHOICE = 50
"""Among how many unseen items of gold one is drawn."""


class Assigner:
    """Puts the next task on a person's desk. Remembers nothing that it could not find again."""

    def __init__(self, rules: Rules, random: Random) -> None:
        self._rules = rules
        self._random = random
        self._marks = Marks()

    def next(
        self, desk: Desk, seat: Seat, kinds: Sequence[str] | None, gold: float | Callable[[str], float]
    ) -> Lease | None:
        """Lease the next task to a person; None where nothing is open to this person.

        With probability `gold` it is a task whose answer is known, of the kind that would have come, so that it cannot
        be told from the others; with 1, never anything else.
        """
        now = desk.now()
        for kind in self._in_order(desk, seat, KINDS if kinds is None else kinds):
            opening = self._marks.next(desk, seat, kind, now)
            if opening is not None:
                opening = self._mixed(desk, seat, opening, gold if isinstance(gold, float | int) else gold(kind))
            if opening is not None:
                return grant(desk, seat, opening, self._rules, now)
        return None

    def _mixed(self, desk: Desk, seat: Seat, opening: Opening, gold: float) -> Opening | None:
        """Gold in its place, sometimes; where this person has seen all of it, the task itself, or nothing."""
        if self._random.random() >= gold:
            return opening
        unseen = desk.leases.unseen_gold(seat, opening.kind, GOLD_CHOICE)
        if unseen:
            return self._random.choice(unseen)
        return opening if gold < 1 else None

    def _in_order(self, desk: Desk, seat: Seat, kinds: Sequence[str]) -> Iterator[str]:
        """The kinds to try: that of the last task until its run is over, then the most urgent."""
        last = desk.leases.last_kinds(seat.person, seat.sitting, self._rules.run)
        run = "" if not last or (len(last) == self._rules.run and len(set(last)) == 1) else last[0]
        if run in kinds:
            yield run
        heads = desk.line.heads(seat.role, kinds)
        yield from sorted(heads, key=lambda kind: (kind == run, heads[kind], kind))


def grant(desk: Desk, seat: Seat, opening: Opening, rules: Rules, now: str) -> Lease:
    """Lease a task to a person."""
    until = later(now, rules.lease_s)
    relaxed = seat.alone and opening.slot is not None and desk.line.barred(seat, opening.slot)
    lease = desk.leases.grant(seat, opening, now=now, until=until, relaxed=relaxed)
    if opening.slot is not None:
        desk.line.claim(opening.slot, lease.token, until)
    return lease
