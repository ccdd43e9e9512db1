"""Whether a person is to be trusted, from gold items: fields whose answer is known, mixed in unseen.

Gold alone counts here, never agreement with others: those who agree to be wrong agree very well.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Literal

from scipy.special import betainc

from recognizer.errors import UsageError
from serving.consensus.skill import Group, Skill

Standing = Literal["newcomer", "trusted", "watched", "probation", "barred"]
EXPECTED = Skill(right=19, wrong=1)
"""Of whom nobody knows anything it is supposed that they take care: nobody is barred for one slip."""
OPEN = Skill(right=1, wrong=1)
"""Where trust is to be earned, nothing is supposed."""


@dataclass(frozen=True, kw_only=True)
class Bar:
    """What is asked of people, and how sure one must be that somebody falls short of it.

    A person is under the bar when, of the last `window` or the last `long_window` gold items, so many are wrong that
    their accuracy is below `accuracy` with `certainty`: the short one finds those who change, the long one those who
    err a little too often. They are back above it when it is at least `accuracy` with `readmission_certainty`.
    `least_gold` and `most_gold` are the shares of gold in what is shown to the most and the least trusted.
    """

    accuracy: float = 0.95
    certainty: float = 0.99
    window: int = 50
    long_window: int = 200
    readmission_certainty: float = 0.8
    least_gold: float = 0.03
    most_gold: float = 0.3

    def __post_init__(self) -> None:
        if not (0 < self.accuracy < 1 and 0.5 <= self.certainty < 1 and 0.5 <= self.readmission_certainty < 1):
            raise UsageError("accuracy and certainties of the bar - mend: accuracy in (0, 1), certainties in [0.5, 1)")
        if not 5 <= self.window <= self.long_window or not 0 <= self.least_gold <= self.most_gold <= 1:
            raise UsageError("windows or gold shares of the bar - mend: 5 <= window <= long, 0 <= least <= most <= 1")


@dataclass(frozen=True, kw_only=True)
class GoldAnswer:
    """One gold item that a person answered. `at` is when, UTC, ISO 8601; it need only sort."""

    at: str
    group: Group
    right: bool


@dataclass(frozen=True, kw_only=True)
class Voiding:
    """That a person's votes do not count. `group` None: all of them; `since` exclusive, "" from the first vote on.

    `at` is the time of the gold answer that decided it, up to which votes are void.
    """

    person: str
    group: Group | None
    since: str
    at: str
    reason: str

    def covers(self, person: str, group: Group, at: str) -> bool:
        """Whether a vote that was cast at this time is void."""
        return person == self.person and self.group in (None, group) and self.since < at <= self.at


@dataclass(frozen=True, kw_only=True)
class History:
    """Everything that decides a person's standing. `answers` in the order of time; voidings as they were made."""

    person: str
    answers: tuple[GoldAnswer, ...] = ()
    voidings: tuple[Voiding, ...] = ()

    def spell(self, group: Group | None) -> tuple[GoldAnswer, ...]:
        """The gold answers of a group since the last voiding that concerns it.

        None: those of all groups that were never voided by themselves; such a group is judged by itself ever after.
        """
        own = {v.group for v in self.voidings if v.group is not None}
        last = max((v.at for v in self.voidings if v.group in (None, group)), default="")
        chosen = (a for a in self.answers if (a.group == group if group else a.group not in own))
        return tuple(a for a in chosen if a.at > last)


def accuracy(answers: Sequence[GoldAnswer], prior: Skill = EXPECTED) -> Skill:
    """The Beta posterior of a person's accuracy on gold."""
    right = sum(answer.right for answer in answers)
    return Skill(right=prior.right + right, wrong=prior.wrong + len(answers) - right)


def below(skill: Skill, bar: float) -> float:
    """The probability that the accuracy is below the bar."""
    return float(betainc(skill.right, skill.wrong, bar))


def standing(history: History, group: Group, bar: Bar) -> Standing:
    """Where a person stands in a group of kinds.

    `probation`: sees nothing but gold, until readmitted. `barred`: a second voiding is final. A vote that arrives from
    either, for a task handed out before, is void. `newcomer`: too little gold to tell; `trusted`: above the bar with
    the certainty that readmission needs; else `watched`.
    """
    voided = sum(v.group in (None, group) for v in history.voidings)
    spell = history.spell(group)
    if voided > 1:
        return "barred"
    if voided and not readmitted(spell, bar):
        return "probation"
    if doubt(history, group, bar) <= 1 - bar.readmission_certainty:
        return "trusted"
    return "newcomer" if len(spell) < bar.window and all(a.right for a in spell) else "watched"


def readmitted(spell: Sequence[GoldAnswer], bar: Bar) -> bool:
    """Whether, at some time since the voiding, the person was above the bar: with the standard bar after 31 gold
    items without a mistake, or 58 with one.
    """
    return any(
        below(accuracy(spell[:n], OPEN), bar.accuracy) <= 1 - bar.readmission_certainty
        for n in range(1, len(spell) + 1)
    )


def gold_rate(history: History, group: Group, bar: Bar) -> float:
    """The share of gold among what this person is shown next: the less is known for good, the more."""
    if standing(history, group, bar) in ("probation", "barred"):
        return 1.0
    return bar.least_gold + (bar.most_gold - bar.least_gold) * doubt(history, group, bar)


def doubt(history: History, group: Group, bar: Bar) -> float:
    """The probability that a person is below the bar in a group, nothing being supposed. Gold of other groups counts
    half: who reads one kind well reads the others well, mostly.
    """
    own = accuracy(history.spell(group)[-bar.window :], OPEN)
    others = accuracy([a for a in history.spell(None) if a.group != group][-bar.window :], Skill(right=0, wrong=0))
    return below(Skill(right=own.right + others.right / 2, wrong=own.wrong + others.wrong / 2), bar.accuracy)


def judge(history: History, bar: Bar) -> Voiding | None:
    """The voiding that a person's gold answers call for, if any; to be asked after each of them.

    All of the person's votes are void if the gold of all groups together is under the bar; those of one group if that
    group's is. Who is on probation has no votes to void.
    """
    scopes: tuple[Group | None, ...] = (None, "marks", "numbers", "words")
    found = (_judged(history, scope, window, bar) for scope in scopes for window in (bar.window, bar.long_window))
    return next(filter(None, found), None)


def _judged(history: History, group: Group | None, window: int, bar: Bar) -> Voiding | None:
    spell = history.spell(group)
    voided = any(v.group in (None, group) for v in history.voidings)
    recent = spell[-window:]
    if below(accuracy(recent), bar.accuracy) < bar.certainty or (voided and not readmitted(spell, bar)):
        return None
    wrong = sum(not answer.right for answer in recent)
    return Voiding(
        person=history.person,
        group=group,
        since=_good_until(spell, bar),
        at=recent[-1].at,
        reason=f"{wrong} of the last {len(recent)} gold items wrong; at least {bar.accuracy:.0%} right are asked for",
    )


def _good_until(spell: Sequence[GoldAnswer], bar: Bar) -> str:
    """The last gold item before the bad stretch: the one from which on gold falls short of the bar by most.

    That is where a cumulative sum (Page 1954) of what is lacking would start. "" if it is bad from the beginning.
    """
    worst, start, lack = 0.0, len(spell), 0.0
    for i in range(len(spell) - 1, -1, -1):
        lack += bar.accuracy - spell[i].right
        if lack > worst:
            worst, start = lack, i
    return spell[start - 1].at if start else ""
