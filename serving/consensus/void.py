"""Which votes a voiding strikes, and which fields must be settled anew."""

from collections.abc import Sequence
from dataclasses import dataclass

from serving.consensus.skill import Group
from serving.consensus.trust import Voiding


@dataclass(frozen=True, kw_only=True)
class Cast:
    """A vote as the queue knows it: by whom, when, on which task."""

    vote_id: str
    task_id: str
    person: str
    group: Group
    at: str


@dataclass(frozen=True, kw_only=True)
class Struck:
    """Ids of the votes that are void, and of the tasks on which they were cast, each once, in order.

    Every such task goes through `settle` again, also one that had a verdict: what is settled still stays, the rest is
    queued again.
    """

    votes: tuple[str, ...]
    tasks: tuple[str, ...]


def strike(casts: Sequence[Cast], voiding: Voiding) -> Struck:
    """What a voiding does to the votes that were cast."""
    hit = [cast for cast in casts if voiding.covers(cast.person, cast.group, cast.at)]
    return Struck(votes=tuple(cast.vote_id for cast in hit), tasks=tuple(dict.fromkeys(cast.task_id for cast in hit)))
