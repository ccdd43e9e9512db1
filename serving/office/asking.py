"""Which votes a field wants, and under which policy they settle it. In audits and trials the model never votes."""

from typing import get_args

from recognizer.errors import UsageError
from recognizer.form import Field
from recognizer.part import Part
from serving.consensus import Assisted, Blind, Entry, Hearing, Policy, Settled, Skills, Wants, part_of, settle
from serving.consensus.policy import Rule
from serving.ledger.desk import Purpose
from serving.ledger.values import Prediction

NOTHING_READ = "unaligned"
SEEING = ("one_plus_model", "verify")
"""Rules under which the machine has a say."""


def rule_of(consensus: Rule, purpose: Purpose) -> Rule:
    """The rule that settles fields of a purpose, where the policy names one for production."""
    return "two_plus_tiebreak" if consensus in SEEING and purpose != "production" else consensus


def rule_of_parts(rule: Rule) -> Rule:
    """The rule that settles parts of a field: whoever verified would see the whole reading."""
    return "one_plus_model" if rule == "verify" else rule


def policy_of(name: str) -> Policy:
    """The policy of consensus that a task names. Raises UsageError where the name is none."""
    if name not in get_args(Rule):
        raise UsageError(f"no policy {name!r} settles a task - mend: one of {', '.join(get_args(Rule))}")
    return Policy(rule=name)  # type: ignore[arg-type]


def hearing_of(purpose: Purpose, outcome: str, text: str, confidence: float) -> Hearing:
    """Whether the machine is heard: in production, where it said something that a person could say too."""
    if purpose != "production" or outcome == NOTHING_READ or (outcome == "text" and not text.strip()):
        return Blind(purpose=purpose)
    return Assisted(machine=Entry(text=text, outcome=outcome), confidence=confidence)  # type: ignore[arg-type]


def hearing_on(purpose: Purpose, prediction: Prediction | None, part: Part | None = None) -> Hearing:
    """The same, of a prediction; of a part, what the machine read there."""
    if prediction is None:
        return Blind(purpose=purpose)
    reading = prediction.reading
    hearing = hearing_of(purpose, reading.outcome, reading.text, reading.confidence)
    return hearing if part is None else hearing_on_part(hearing, part)


def hearing_on_part(hearing: Hearing, part: Part) -> Hearing:
    """What the machine is heard to say of a part, where its reading tells; at least as sure as it is of the whole."""
    if isinstance(hearing, Blind):
        return hearing
    there = part_of(hearing.machine, part.first_sign, part.signs, part.of_signs)
    return Blind(purpose="production") if there is None else Assisted(machine=there, confidence=hearing.confidence)


def first_wants(rule: Rule, hearing: Hearing, field: Field, skills: Skills) -> Wants:
    """Whom a field is put to when nobody has said anything of it."""
    wanted = settle([], hearing, Policy(rule=rule), field, skills)
    assert not isinstance(wanted, Settled)  # nothing is settled by nobody
    return wanted
