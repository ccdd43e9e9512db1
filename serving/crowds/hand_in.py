"""Answers come back from a crowd and become votes of its workers; the same answers again change nothing."""

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Protocol

from recognizer.errors import UsageError
from serving.consensus.answer import Entry
from serving.crowds.seat import NoSeat, Why, take_seat
from serving.crowds.work import Answer, Complaint
from serving.crowds.worker import worker
from serving.ledger import Ledger
from serving.queue import Rules, Submitted, TooLate
from serving.queue.voiding import give_back

WHY: dict[Why, str] = {
    "unknown": "no such task was handed to this crowd - mend: is it from this ledger?",
    "known": "known already",
    "older": "an older edition of an answer that is known",
    "otherwise": "this worker answered the field before, and otherwise: that answer stands",
    "settled": "the field is settled: it needs no more answers",
    "taken": "the export has expired, and somebody else has the field now",
}


class Submit(Protocol):
    """How a vote is cast: as the office takes those of its own people."""

    def __call__(
        self, token: int, person_id: str, entry: Entry, *, seconds: float = 0.0, keystrokes: int = 0
    ) -> Submitted | TooLate:
        """Take what a person says of the field of a lease."""


@dataclass(frozen=True, kw_only=True)
class HandedIn:
    """What became of the answers: `taken` are votes now, `known` were before, the others were refused politely."""

    taken: int
    known: int
    refused: tuple[Complaint, ...]

    @property
    def line(self) -> str:
        """In one line."""
        return f"{self.taken} answers taken, {self.known} known before, {len(self.refused)} not taken"

    @property
    def reasons(self) -> Counter[str]:
        """How often each reason was given."""
        return Counter(complaint.why for complaint in self.refused)


def hand_in(ledger: Ledger, submit: Submit, crowd: str, answers: Sequence[Answer], rules: Rules) -> HandedIn:
    """Cast the answers as votes, one after the other; each is durable before the next.

    Answers that make no sense any more are refused one by one. Interrupted, it is simply done again.
    """
    people: dict[str, str] = {}
    taken, known, refused = 0, 0, []
    for answer in answers:
        if answer.worker not in people:
            people[answer.worker] = worker(ledger, crowd, answer.worker)
        why = _cast(ledger, submit, crowd, people[answer.worker], answer, rules)
        taken += why is None
        known += why in (WHY["known"], WHY["older"])
        if why is not None and why not in (WHY["known"], WHY["older"]):
            refused.append(Complaint(place=answer.place, why=why))
    return HandedIn(taken=taken, known=known, refused=tuple(refused))


def _cast(ledger: Ledger, submit: Submit, crowd: str, person: str, answer: Answer, rules: Rules) -> str | None:
    """Why the answer is no new vote; None where it is one."""
    with ledger.desk() as desk:
        seat = take_seat(desk, crowd, person, answer, rules)
    if isinstance(seat, NoSeat):
        return WHY[seat.why]
    keys = len(answer.entry.text) or 1  # at least; nobody counted
    try:
        said = submit(seat.token, person, answer.entry, seconds=answer.seconds, keystrokes=keys)
    except UsageError as error:  # what no paper can say, such as an option that the form does not have
        with ledger.desk() as desk:
            give_back(desk, seat.token, person, "released")
        return str(error)
    return said.reason if isinstance(said, TooLate) else None
