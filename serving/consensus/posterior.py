"""How probable each answer is, given who said what."""

import math
from collections.abc import Sequence

from recognizer.form import Field
from serving.consensus.answer import Key, key
from serving.consensus.policy import Vote
from serving.consensus.skill import SHARED_MISREADING, TWIN, Skills, answers_of, class_of, classes_of


def posterior(
    votes: Sequence[Vote], field: Field, skills: Skills, machine: tuple[Key, float] | None = None
) -> dict[Key, float]:
    """The probability of every answer that was given or can be named; what is missing to 1 is that of all others.

    `machine` is what the model says and its calibrated confidence. All answers are equally probable beforehand, so
    with one coin per person this is the weighted vote of Nitzan and Paroush (1982): of n possible answers, the weight
    of accuracy a is log(a (n - 1) / (1 - a)). What people misread together, or with the machine, is taken off
    (`SHARED_MISREADING`, `TWIN`).
    """
    said = [(vote, key(vote.entry, field)) for vote in votes]
    logs = {
        true: math.log(count)
        + sum(_log(_person_says(vote, answer, true, field, skills, machine)) for vote, answer in said)
        + (_log(_machine_says(machine, true, field)) if machine else 0.0)
        for true, count in _candidates({answer for _, answer in said}, machine, field).items()
    }
    most = max(logs.values())
    total = sum(math.exp(value - most) for value in logs.values())
    return {
        answer: (1 - SHARED_MISREADING) * math.exp(value - most) / total
        for answer, value in logs.items()
        if answer is not None
    }


def _candidates(said: set[Key], machine: tuple[Key, float] | None, field: Field) -> dict[Key | None, int]:
    """What may be true, and as how many answers it counts; None: anything that has no name here."""
    answers = said | ({machine[0]} if machine else set())
    classes = classes_of(field)
    if classes is None:
        unnamed = max(1, answers_of(field) - len(answers))
    else:
        unnamed = int(all(class_of(answer, classes) < len(classes) - 1 for answer in answers))
        answers |= {("blank", "") if name == "blank" else ("text", name) for name in classes[:-1]}
    return {**dict.fromkeys(sorted(answers), 1), **({None: unnamed} if unnamed else {})}


def _person_says(
    vote: Vote, said: Key, true: Key | None, field: Field, skills: Skills, machine: tuple[Key, float] | None
) -> float:
    chance = skills.chance(vote, said, true, field)
    return max(chance, TWIN) if machine is not None and said == machine[0] != true else chance


def _machine_says(machine: tuple[Key, float], true: Key | None, field: Field) -> float:
    said, confidence = machine
    return confidence if said == true else (1 - confidence) / (answers_of(field) - 1)


def _log(chance: float) -> float:
    return math.log(max(chance, 1e-9))
