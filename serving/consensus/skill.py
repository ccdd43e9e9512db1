"""How well people read, and what follows from it for what they say.

A person's answers are right with their accuracy (one coin per group of kinds); where a field has a few possible
answers, a matrix says how often this person says what where which is true (Dawid and Skene 1979), so that somebody who
calls every box empty adds nothing by saying so.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Literal

import numpy as np

from recognizer.form import Field
from serving.consensus.answer import Key
from serving.consensus.policy import Role, Vote

Group = Literal["marks", "numbers", "words"]
Classes = tuple[str, ...]
"""What can be said of a field with few answers; the last stands for all that is not named."""

OPEN_ANSWERS = 5
"""As if so many answers were possible where anything may be written: whoever is wrong says one particular wrong thing
one time in four. Single keying errs in 0.3-0.7% of fields, double keying in up to 0.14%, so that a quarter of all
errors meet with the same one; with the share that chance alone gives, two who agree would seem infallible."""
SHARED_MISREADING = 0.0014
"""The share of fields that people who agree get wrong together, however good they are: the image misleads."""
TWIN = 0.02
"""The least chance that somebody says of a field that the machine misreads just what it says: what misleads the one
misleads the other. An assumption, near the most that people's error rates leave room for."""
CLASSES_MOST = 12


@dataclass(frozen=True, kw_only=True)
class Skill:
    """A Beta distribution of one person's accuracy, prior included."""

    right: float
    wrong: float

    @property
    def accuracy(self) -> float:
        """Its mean: the chance that the next answer is right."""
        return self.right / (self.right + self.wrong)


PRIORS: Mapping[Role, Skill] = {
    "reviewer": Skill(right=4, wrong=1),
    "expert": Skill(right=199, wrong=1),
    "verifier": Skill(right=4, wrong=1),
}
"""Before anything is known: of a newcomer little, of an expert that others have chosen them."""


@dataclass(frozen=True, kw_only=True)
class Skills:
    """What is known of everybody at one time. Empty: nothing yet.

    `confusions[person, classes]` is (n, n): row i is the distribution of what they say where class i is true.
    `circles` are groups of people whose agreement counts once (see `collusion`).
    """

    people: Mapping[tuple[str, Group], Skill] = field(default_factory=dict)
    confusions: Mapping[tuple[str, Classes], np.ndarray] = field(default_factory=dict)
    circles: tuple[frozenset[str], ...] = ()

    def accuracy(self, vote: Vote, field: Field) -> float:
        """The chance that this person is right on such a field."""
        return self.people.get((vote.person, group_of(field)), PRIORS[vote.role]).accuracy

    def chance(self, vote: Vote, said: Key, true: Key | None, field: Field) -> float:
        """P(this person says `said` | `true` is true); `true` None: one particular answer that nobody gave."""
        classes = classes_of(field)
        if classes and (vote.person, classes) in self.confusions:
            row = len(classes) - 1 if true is None else class_of(true, classes)
            return float(self.confusions[vote.person, classes][row, class_of(said, classes)])
        accuracy = self.accuracy(vote, field)
        return accuracy if said == true else (1 - accuracy) / (answers_of(field) - 1)

    def circle_of(self, person: str) -> frozenset[str]:
        """Everybody who counts as one with this person."""
        return next((circle for circle in self.circles if person in circle), frozenset({person}))


def group_of(field: Field) -> Group:
    """Kinds that are read with the same skill. `marks` are all answers that are chosen, not typed."""
    if field.is_marks or field.kind == "signature" or field.options:
        return "marks"
    return "words" if field.kind in ("name", "text", "choice") else "numbers"


def answers_of(field: Field) -> int:
    """How many answers are possible, in effect (see `OPEN_ANSWERS`)."""
    classes = classes_of(field)
    return len(classes) if classes else OPEN_ANSWERS


def classes_of(field: Field) -> Classes | None:
    """All that can be said of a field with few answers, or None."""
    if field.kind == "checkbox":
        return ("no", "yes", "")
    if field.kind == "signature":
        return ("signed", "blank", "")
    if field.options and not field.multiple and len(field.options) + 2 <= CLASSES_MOST:
        return (*(option.value for option in field.options), "blank", "")
    return None


def class_of(said: Key, classes: Classes) -> int:
    """The number of the class to which an answer belongs."""
    outcome, text = said
    name = text if outcome == "text" else outcome
    return classes.index(name) if name in classes[:-1] else len(classes) - 1
