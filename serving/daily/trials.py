"""Trials in the report of a day: who is held against whom, how often each is right, and how far from a decision."""

import json
import math
from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from serving.daily.day import Day
from serving.models.words import scope_words, short
from serving.trial.comparison import Comparison, Share, compare
from serving.trial.pair import Pair
from serving.trial.settings import Settings, settings_from

MOST_EVIDENCE = 1e6
ENDS = {
    "promoted": "the challenger was made champion", "kept": "the champion stays", "rolled_back": "undone",
    "stopped": "stopped", "failed": "failed",
}  # fmt: skip
Row = Mapping[str, Any]


@dataclass(frozen=True, kw_only=True)
class Trying:
    """A trial as it stood at the end of the day, or as it ended: what the two questions `trials` and `trial_pairs`
    answer, compared as the trial itself compares. `guards` are those by which it was concluded, with whether they
    passed; none where it was concluded without any."""

    name: str
    scope: str
    champion: str
    challenger: str
    watches: int
    settings: Settings
    whole: Comparison
    since: Any
    outcome: str
    reason: str
    guards: tuple[tuple[str, bool], ...]

    @property
    def wanted(self) -> float:
        """The capital at which the challenger wins."""
        return 1 / self.settings.alpha

    @property
    def state(self) -> str:
        """Running, or how it ended."""
        running = f"watches activation {self.watches}" if self.watches else "runs"
        return ENDS[self.outcome] if self.outcome else f"{running} since {self.since:%-d %b %Y}"

    @property
    def way(self) -> float:
        """How far on its way to be won the bet is, in [0, 1]: capitals multiply, so their logarithm goes that way."""
        return min(math.log(max(self.whole.evidence, 1.0)) / math.log(self.wanted), 1.0)

    @property
    def is_told(self) -> bool:
        """Whether anything is known of who is better."""
        return self.whole.answered > 0

    @property
    def answers(self) -> str:
        """The answers, and what they say."""
        return f"{self.whole.answered:,} answers, {self.whole.gained:,} gained, {self.whole.lost:,} lost"

    @property
    def distance(self) -> str:
        """How far it is from a decision, of both sides."""
        for_it, against = (_capital(each) for each in (self.whole.evidence, self.whole.against))
        return f"evidence {for_it} of {self.wanted:,.0f} needed, {against} for the champion"

    @property
    def concluded(self) -> str:
        """What was concluded, or what a running trial waits for."""
        if self.outcome:
            return self.reason
        if self.whole.evidence >= self.wanted:
            return f"the bet is won, and a guard holds it back: penfield trial show {self.name}"
        least = self.settings.least_labels
        return "" if self.watches or self.whole.answered >= least else f"no decision before {least:,} answers"

    @property
    def guarded(self) -> str:
        """Which guards let it pass, and which did not."""
        groups = [(words, [name for name, passed in self.guards if passed is each])
                  for words, each in (("passed", True), ("did not pass", False))]  # fmt: skip
        return "; ".join(f"{words}: {', '.join(names)}" for words, names in groups if names)


def trying(day: Day) -> tuple[Trying, ...]:
    """The day's trials, oldest first."""
    pairs = defaultdict[str, list[Pair]](list)
    for row in day.rows("trial_pairs"):
        pairs[row["trial_id"]].append(_pair(row))
    return tuple(_trying(row, pairs[row["trial_id"]]) for row in day.rows("trials"))


def trial_line(each: Trying) -> str:
    """A trial in one line of plain text."""
    sides = ((each.challenger, each.whole.challenger), (each.champion, each.whole.champion))
    one, other = (f"{name} {share_words(share)}" if each.is_told else name for name, share in sides)
    told = (
        f"{each.name}, {each.scope}: {each.state}", f"challenger {one} against champion {other}", each.answers,
        each.distance if each.is_told else "", each.concluded, each.guarded,
    )  # fmt: skip
    return "; ".join(words for words in told if words)


def share_words(share: Share) -> str:
    """A share with its interval: `94.0% right (92.0-95.6)`."""
    interval = f"({100 * share.low:.1f}-{100 * share.high:.1f})"
    return f"not known {interval}" if share.value is None else f"{100 * share.value:.1f}% right {interval}"


def _capital(value: float) -> str:
    return f"{value:,.1f}" if value < MOST_EVIDENCE else f"more than {MOST_EVIDENCE:,.0f}"


def _trying(row: Row, pairs: Sequence[Pair]) -> Trying:
    settings = settings_from(json.loads(row["settings"]))
    finding = json.loads(row["finding"] or "{}")
    return Trying(
        name=short(row["trial_id"]), scope=scope_words(row["scope"]), champion=short(row["champion"]),
        challenger=short(row["challenger"]), watches=row["watches"], settings=settings,
        whole=compare(pairs, settings), since=row["started_at"], outcome=row["outcome"] or "",
        reason=row["reason"] or "",
        guards=tuple((guard["name"], guard["passed"]) for guard in finding.get("guards", ())),
    )  # fmt: skip


def _pair(row: Row) -> Pair:
    names = ("crop_id", "kind", "quality", "agree", "probability", "asked", "champion_correct", "challenger_correct")
    crop, kind, quality, agree, probability, asked, one, other = (row[name] for name in names)
    return Pair(
        crop_id=crop, kind=kind, quality=quality, agree=agree, probability=probability, asked=asked,
        champion_right=one, challenger_right=other,
    )  # fmt: skip
