"""Skills from everything that people have said so far, with and without known truth.

One coin per person and group of kinds, fitted by expectation and maximization with a Beta prior: in turn, how probable
each answer is given the skills, and how often each person is right given these. Gold anchors it: there the truth is
known. Fields with few answers get the matrices of Dawid and Skene besides.
"""

from collections import defaultdict
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass

import numpy as np

from recognizer.form import Field
from serving.consensus.answer import Entry, Key, key
from serving.consensus.dawid_skene import UNKNOWN, dawid_skene
from serving.consensus.policy import Vote
from serving.consensus.skill import PRIORS, Classes, Group, Skill, Skills, answers_of, class_of, classes_of, group_of

ROUNDS = 50
TOLERANCE = 1e-6
DILIGENCE = 5.0
"""How many answers a prior row of a confusion matrix is worth."""


@dataclass(frozen=True, kw_only=True)
class Ballot:
    """The votes on one field. `truth` is known of gold items, and of fields that an expert or a customer settled."""

    field: Field
    votes: tuple[Vote, ...]
    truth: Entry | None = None


def estimate_skills(ballots: Sequence[Ballot], circles: Sequence[frozenset[str]] = ()) -> Skills:
    """Everybody's skills. Voided votes belong here too: they tell what their authors' other votes are worth."""
    groups, closed = defaultdict(list), defaultdict(list)
    for ballot in (ballot for ballot in ballots if ballot.votes):
        groups[group_of(ballot.field)].append(ballot)
        if classes := classes_of(ballot.field):
            closed[classes].append(ballot)
    people = {(who, group): skill for group in sorted(groups) for who, skill in one_coin(groups[group]).items()}
    confusions = {
        place: matrix for classes in sorted(closed) for place, matrix in _matrices(closed[classes], classes, people)
    }
    return Skills(people=people, confusions=confusions, circles=tuple(circles))


def one_coin(ballots: Sequence[Ballot]) -> dict[str, Skill]:
    """Everybody's accuracy on fields of one group."""
    table = _Table(ballots)
    right = table.right(table.accuracy_on_gold())
    for _ in range(ROUNDS):
        accuracy = table.accuracy(right)
        before, right = right, table.right(accuracy)
        if np.abs(right - before).max(initial=0.0) < TOLERANCE:
            break
    return table.skills(right)


class _Table:
    """Votes as arrays. A slot is one answer that was given to one item; a vote is one person's for a slot."""

    def __init__(self, ballots: Sequence[Ballot]) -> None:
        slots: dict[tuple[int, Key], int] = {}
        rows = list(_rows(ballots))
        self.names = sorted({vote.person for _, vote, _ in rows})
        number = {name: i for i, name in enumerate(self.names)}
        experts = {vote.person for _, vote, _ in rows if vote.role == "expert"}
        priors = [PRIORS["expert" if name in experts else "reviewer"] for name in self.names]
        self.person = np.array([number[vote.person] for _, vote, _ in rows], int)
        self.slot = np.array([slots.setdefault((item, said), len(slots)) for item, _, said in rows], int)
        self.item = np.array([item for item, _ in slots], int)
        self.answers = np.array([answers_of(ballot.field) for ballot in ballots], float)
        truths = [None if b.truth is None else key(b.truth, b.field) for b in ballots]
        self.known = np.array([truths[item] is not None for item, _ in slots], bool)
        self.true = np.array([truths[item] == said for item, said in slots], float)
        self.prior = np.array([[prior.right, prior.wrong] for prior in priors])

    def accuracy_on_gold(self) -> np.ndarray:
        """(people,): where to start: a majority that lies together, once believed, would be believed for ever."""
        known = self.known[self.slot]
        hits = np.bincount(self.person[known], self.true[self.slot[known]], minlength=len(self.names))
        n = np.bincount(self.person[known], minlength=len(self.names))
        return (self.prior[:, 0] + hits) / (self.prior.sum(1) + n)

    def accuracy(self, right: np.ndarray) -> np.ndarray:
        """(people,): the mean of everybody's Beta, where `right` is how probable each slot is."""
        hits, n = self._hits(right)
        return (self.prior[:, 0] + hits) / (self.prior.sum(1) + n)

    def right(self, accuracy: np.ndarray) -> np.ndarray:
        """(slots,): how probable each is; the same weighted vote as `posterior`, for all items at once."""
        others = self.answers[self.item[self.slot]] - 1
        a = np.clip(accuracy, 1e-6, 1 - 1e-6)[self.person]
        scores = np.bincount(self.slot, np.log(a * others / (1 - a)), minlength=len(self.item))
        rest = np.maximum(self.answers - self._per_item(np.ones(len(self.item))), 1)
        most = np.zeros(len(self.answers))
        np.maximum.at(most, self.item, scores)
        weights = np.exp(scores - most[self.item])
        total = self._per_item(weights) + rest * np.exp(-most)
        return self._clamped(weights / total[self.item])

    def skills(self, right: np.ndarray) -> dict[str, Skill]:
        hits, n = self._hits(right)
        both = self.prior + np.stack([hits, n - hits], axis=1)
        return {name: Skill(right=float(r), wrong=float(w)) for name, (r, w) in zip(self.names, both, strict=True)}

    def _hits(self, right: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
        size = len(self.names)
        return np.bincount(self.person, right[self.slot], minlength=size), np.bincount(self.person, minlength=size)

    def _per_item(self, values: np.ndarray) -> np.ndarray:
        return np.bincount(self.item, values, minlength=len(self.answers))

    def _clamped(self, right: np.ndarray) -> np.ndarray:
        return np.where(self.known, self.true, right)


def _rows(ballots: Sequence[Ballot]) -> Iterator[tuple[int, Vote, Key]]:
    for item, ballot in enumerate(ballots):
        for vote in sorted(ballot.votes, key=lambda vote: vote.person):
            yield item, vote, key(vote.entry, ballot.field)


def _matrices(
    ballots: Sequence[Ballot], classes: Classes, people: Mapping[tuple[str, Group], Skill]
) -> Iterator[tuple[tuple[str, Classes], np.ndarray]]:
    """What everybody says where which of the classes is true. Classes that are rarely true lean on the coin."""
    group = group_of(ballots[0].field)
    rows = list(_rows(ballots))
    names = sorted({vote.person for _, vote, _ in rows})
    number = {name: i for i, name in enumerate(names)}
    known = [UNKNOWN if b.truth is None else class_of(key(b.truth, b.field), classes) for b in ballots]
    fit = dawid_skene(
        np.array([item for item, _, _ in rows], int),
        np.array([number[vote.person] for _, vote, _ in rows], int),
        np.array([class_of(said, classes) for _, _, said in rows], int),
        np.array(known, int),
        np.stack([_prior(people[name, group].accuracy, len(classes)) for name in names]),
    )
    for name, matrix in zip(names, fit.matrices, strict=True):
        yield (name, classes), matrix


def _prior(accuracy: float, classes: int) -> np.ndarray:
    wrong = (1 - accuracy) / (classes - 1)
    return DILIGENCE * (np.full((classes, classes), wrong) + np.eye(classes) * (accuracy - wrong))
