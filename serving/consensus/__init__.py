"""What people's votes settle: agreement, skill, trust. Pure: values in, values out.

The queue calls `settle` after each vote, `judge` after each gold item (and `strike` where it voids), and
`estimate_skills` now and then.
"""

from serving.consensus.answer import Entry, as_typed, entry_of, key, same
from serving.consensus.collusion import circles, suspicions
from serving.consensus.estimate import Ballot, estimate_skills
from serving.consensus.part import joined, part_of
from serving.consensus.policy import Assisted, Blind, Hearing, Policy, Settled, Vote, Wants
from serving.consensus.posterior import posterior
from serving.consensus.settle import settle
from serving.consensus.skill import Skill, Skills, group_of
from serving.consensus.trust import Bar, GoldAnswer, History, Voiding, gold_rate, judge, standing
from serving.consensus.void import Cast, Struck, strike

__all__ = [
    "Assisted",
    "Ballot",
    "Bar",
    "Blind",
    "Cast",
    "Entry",
    "GoldAnswer",
    "Hearing",
    "History",
    "Policy",
    "Settled",
    "Skill",
    "Skills",
    "Struck",
    "Voiding",
    "Vote",
    "Wants",
    "as_typed",
    "circles",
    "entry_of",
    "estimate_skills",
    "gold_rate",
    "group_of",
    "joined",
    "judge",
    "key",
    "part_of",
    "posterior",
    "same",
    "settle",
    "standing",
    "strike",
    "suspicions",
]
