"""How many people must agree on a field, and what their votes come to."""

from dataclasses import dataclass
from typing import Literal

from recognizer.errors import UsageError
from serving.consensus.answer import Entry

Role = Literal["reviewer", "expert", "verifier"]
"""A verifier sees what the machine read; all others are blind, experts but for what others keyed."""
Rule = Literal["one_plus_model", "two_plus_tiebreak", "expert", "verify"]


@dataclass(frozen=True, kw_only=True)
class Vote:
    """What one person said of one field. A vote that was voided is kept and does not count."""

    person: str
    entry: Entry
    role: Role = "reviewer"
    voided: bool = False


@dataclass(frozen=True, kw_only=True)
class Assisted:
    """Production, where a blind entry may be settled by the machine's reading. `confidence` is the calibrated one."""

    machine: Entry
    confidence: float


@dataclass(frozen=True, kw_only=True)
class Blind:
    """People alone decide. There is no room for a machine's reading here: in audits and trials it never votes.

    Production is blind too where no model has read the field.
    """

    purpose: Literal["audit", "trial", "gold", "production"]


Hearing = Assisted | Blind


@dataclass(frozen=True, kw_only=True)
class Policy:
    """When the votes on a field settle it.

    `one_plus_model`: one person and the machine say the same; else as the next. `two_plus_tiebreak`: two people say
    the same, of at most `most_reviewers`; then an expert. `expert`: an expert alone. `verify`: a verifier who sees
    the reading among equal ones and does not strike it out; what is struck out goes the way of `two_plus_tiebreak`.
    Saying the same is not enough: the posterior of what they say, given how well each of them reads, must be at least
    `least_confidence`. Two newcomers do not reach it, so that whoever wants a wrong value through must first earn
    trust.
    """

    rule: Rule = "two_plus_tiebreak"
    least_confidence: float = 0.99
    most_reviewers: int = 3

    def __post_init__(self) -> None:
        if not 0 <= self.least_confidence < 0.9986:
            raise UsageError(
                f"least_confidence {self.least_confidence} - mend: between 0 and 0.9985; people who read the same "
                "image share one misreading in 700, so that no number of them is surer"
            )
        if self.most_reviewers < 2:
            raise UsageError(f"most_reviewers {self.most_reviewers} - mend: at least 2, so that two can agree")


@dataclass(frozen=True, kw_only=True)
class Settled:
    """What the votes settle: the verdict's entry, how probable it is, and what settled it."""

    entry: Entry
    confidence: float
    by: Literal["person_and_model", "agreement", "expert", "verifier"]


@dataclass(frozen=True, kw_only=True)
class Wants:
    """What is missing: so many more blind votes of this role. `suggestion` is for an expert only: what the votes
    spell together, which nobody may have typed.
    """

    votes: int
    role: Role
    suggestion: Entry | None = None
