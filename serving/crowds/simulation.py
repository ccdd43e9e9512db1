"""An office whose people are not there: they lease fields, key what is written on the paper, err, and vanish.

It is a client of the office like any other. What it keys follows from the truth that it is given; it never asks what
the machine read.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from random import Random
from secrets import token_hex
from time import sleep

import numpy as np

from serving.consensus.answer import Entry
from serving.consensus.part import part_of
from serving.crowds.simulated import Manner, Worker, keystrokes
from serving.crowds.worker import worker as filed
from serving.ledger.desk import Role
from serving.office import Lease, Office, Submitted

CROWD = "simulated"
AT_ONCE = 3
"""Fields that somebody has on the desk: the page fetches the next ones ahead."""
MOST_SITTINGS = 500


@dataclass(frozen=True, kw_only=True)
class Ended:
    """How it ended. `left_lying` are fields of people who vanished, `waiting` votes that nobody was there to cast."""

    sittings: int
    votes: int
    experts: int
    left_lying: int
    refused: int
    sent_away: tuple[Manner, ...]
    waiting: int


class Simulation:
    """People at work in an office, one after the other, by a seed. Whoever is told that their answers do not count
    goes, and does not come back."""

    def __init__(
        self,
        office: Office,
        truth: Mapping[str, Entry],
        staff: Sequence[Worker],
        experts: Sequence[Worker],
        seed: int,
    ) -> None:
        """`truth` says of each crop what is written there; it may grow between runs."""
        self._office = office
        self._truth = truth
        self._rng, self._random = np.random.default_rng(seed), Random(seed)
        roles: tuple[tuple[Role, Sequence[Worker]], ...] = (("reviewer", staff), ("expert", experts))
        self._people: list[tuple[Worker, str, Role]] = [
            (someone, filed(office.ledger, CROWD, someone.person), role) for role, some in roles for someone in some
        ]
        self._sittings = self._votes = self._experts = self._left_lying = self._refused = 0
        self._sent_away: list[Manner] = []

    def run(self) -> Ended:
        """Work until nothing waits, or nobody is left who may do it; again, when more has come in. Fields that were
        left lying are waited for until their leases are over: it takes as long as the office's rules say."""
        self._sittings = self._votes = self._experts = self._left_lying = self._refused = 0
        self._sent_away = []
        while self._sittings < MOST_SITTINGS:
            lying, left = self._lying(), self._left_lying
            votes = self._sitting()
            changed = self._office.tick().changed
            if not self._office.queue.counts() and not changed:
                break
            if not votes and not changed:
                # A lease may have run out since the sitting: nobody was asked of its field, so there is one more.
                if not lying and not self._lying() and left == self._left_lying:
                    break
                sleep(min(self._office.rules.lease_s, 0.1))
        return Ended(
            sittings=self._sittings,
            votes=self._votes,
            experts=self._experts,
            left_lying=self._left_lying,
            refused=self._refused,
            sent_away=tuple(self._sent_away),
            waiting=sum(count.wanted for count in self._office.queue.counts()),
        )

    def _lying(self) -> int:
        return sum(count.leased for count in self._office.queue.counts())

    def _sitting(self) -> int:
        """Everybody comes and stays until nothing is open to them; gives how many votes were cast."""
        self._sittings += 1
        sitting, before, present = token_hex(8), self._votes, list(self._people)
        while present:
            self._office.tick()
            self._random.shuffle(present)
            present = [someone for someone in present if self._turn(*someone, sitting)]
        return self._votes - before

    def _turn(self, someone: Worker, person_id: str, role: Role, sitting: str) -> bool:
        """A few fields; whether this person goes on with the sitting."""
        if role == "reviewer" and self._office.progress(person_id, sitting).notice:
            self._people.remove((someone, person_id, role))
            self._sent_away.append(someone.manner)
            return False
        leases = self._office.lease(person_id, sitting, role=role, count=AT_ONCE)
        for done, lease in enumerate(leases):
            if not self._keyed(someone, person_id, lease):
                self._left_lying += len(leases) - done
                return False
        return bool(leases)

    def _written(self, lease: Lease) -> Entry:
        """What is written on a crop; on a part, its signs of it. A part of what fills no comb is said to be blank."""
        if lease.crop_id in self._truth:
            return self._truth[lease.crop_id]
        with self._office.ledger.truth() as truth:
            part = truth.parts.known([lease.crop_id])[lease.crop_id]
        there = part_of(self._truth[part.crop_id], part.first_sign, part.signs, part.of_signs)
        return Entry(outcome="blank") if there is None else there

    def _keyed(self, someone: Worker, person_id: str, lease: Lease) -> bool:
        """Whether somebody answers a field, or vanishes over it."""
        field, true = self._office.question(lease).field, self._written(lease)
        entry = someone.entry(true, field, self._rng)
        if entry is None:
            return False
        answer = self._office.submit(
            lease.token, person_id, entry, seconds=someone.seconds(true, field, self._rng),
            keystrokes=keystrokes(entry, field), confirmed=True,
        )  # fmt: skip
        taken = isinstance(answer, Submitted)
        self._votes += taken
        self._experts += taken and lease.role == "expert"
        self._refused += not taken
        return True
