"""What stands between a won bet and a switch: each guard passes or says in words what is wrong. Pure."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass

import numpy as np
from scipy.special import betainc

from serving.trial.comparison import right_among
from serving.trial.gain import evidence
from serving.trial.pair import Pair
from serving.trial.settings import Settings
from serving.trial.sides import weighed_gains

TOLERANCE = 0.01
"""So much less than it says a challenger may be right."""


@dataclass(frozen=True, kw_only=True)
class Guard:
    """Whether a guard lets the challenger pass, and why."""

    name: str
    passed: bool
    words: str


def guards(pairs: Sequence[Pair], settings: Settings, target: Callable[[str], float]) -> tuple[Guard, ...]:
    """All guards. `target` is the share of accepted values of a kind that must be right."""
    return (
        enough(pairs, settings),
        no_slice_worse(pairs, settings, "kind", lambda pair: pair.kind),
        no_slice_worse(pairs, settings, "quality", lambda pair: pair.quality),
        gold_not_worse(pairs, settings),
        spread(pairs, settings),
        calibrated(pairs, settings),
        promised(pairs, settings, target),
    )


def enough(pairs: Sequence[Pair], settings: Settings) -> Guard:
    """There are as many answers as were asked for."""
    labels = sum(pair.asked and pair.answered for pair in pairs if not pair.is_gold)
    words = f"{labels:,} answers of at least {settings.least_labels:,}"
    return Guard(name="enough", passed=labels >= settings.least_labels, words=words)


def no_slice_worse(pairs: Sequence[Pair], settings: Settings, name: str, of: Callable[[Pair], str]) -> Guard:
    """In no slice with enough discordant pairs it is probable that the challenger is worse."""
    worse, looked = [], 0
    for slice_ in sorted({of(pair) for pair in pairs if not pair.is_gold}):
        here = [pair for pair in pairs if of(pair) == slice_ and not pair.is_gold]
        gained, lost, found = tally(here)
        if found < settings.least_slice:
            continue
        looked += 1
        if worse_by(gained, lost) >= 1 - settings.slice_doubt:
            worse.append(f"{slice_}: {gained:.0f} gained, {lost:.0f} lost")
    words = "; ".join(worse) or f"none of {looked} slices with enough differences is worse"
    return Guard(name=f"no {name} worse", passed=not worse, words=words)


def gold_not_worse(pairs: Sequence[Pair], settings: Settings) -> Guard:
    """On crops whose answer was known before, it is not probable that the challenger is worse."""
    gold = [pair for pair in pairs if pair.is_gold]
    if not gold:
        return Guard(name="gold not worse", passed=True, words="there is no gold that both have read")
    right = [sum(bool(side) for side in sides) for sides in zip(
        *((pair.champion_right, pair.challenger_right) for pair in gold), strict=True)]  # fmt: skip
    gained = sum(bool(pair.challenger_right) and not pair.champion_right for pair in gold)
    lost = sum(bool(pair.champion_right) and not pair.challenger_right for pair in gold)
    words = f"of {len(gold):,} gold crops the champion reads {right[0]:,}, the challenger {right[1]:,}"
    passed = worse_by(gained, lost) < 1 - settings.slice_doubt
    return Guard(name="gold not worse", passed=passed, words=words)


def spread(pairs: Sequence[Pair], settings: Settings) -> Guard:
    """The gain does not hang on a few people: enough of them answered, it remains without any one of them, and the bet
    is won too with votes that count for what they are worth (`sides`)."""
    voted = [pair for pair in pairs if not pair.is_gold and not pair.agree and pair.asked and pair.votes]
    people = sorted({person for pair in voted for person in pair.votes})
    if len(people) < settings.least_people:
        words = f"{len(people)} people answered where the two differ, of at least {settings.least_people}"
        return Guard(name="spread", passed=False, words=words)
    for person in people:
        gained, lost, found = tally([pair for pair in voted if person not in pair.votes])
        if found and lost > gained:
            words = "without the fields that one of the reviewers answered, nothing is gained"
            return Guard(name="spread", passed=False, words=words)
    gains, p = weighed_gains(voted), np.array([pair.probability for pair in voted])
    worth = evidence(gains, p, settings.differ_rate)
    passed = worth >= 1 / settings.alpha
    shown = f"evidence {min(worth, 1e6):,.1f}"
    words = f"{len(people)} people answered; with votes weighed by what their authors are worth, {shown}"
    return Guard(name="spread", passed=passed, words=words if passed else f"{words} is too little")


def calibrated(pairs: Sequence[Pair], settings: Settings) -> Guard:
    """The challenger is not right less often than its confidences say."""
    by_lot = [pair for pair in pairs if not pair.is_gold]
    if not by_lot:
        return Guard(name="calibrated", passed=False, words="there are no pairs")
    says = float(np.mean([pair.sure for pair in by_lot]))
    share = right_among(by_lot, settings, lambda pair: pair.challenger_right, 1 - settings.alpha)
    words = f"its confidences say {says:.1%}, {share.low:.1%} to {share.high:.1%} are right"
    return Guard(name="calibrated", passed=says <= share.high + TOLERANCE, words=words)


def promised(pairs: Sequence[Pair], settings: Settings, target: Callable[[str], float]) -> Guard:
    """Of what would be accepted of the challenger's readings, by its own thresholds, answers refute no promise."""
    broken = []
    kinds = sorted({pair.kind for pair in pairs if pair.accepted and not pair.is_gold})
    for kind in kinds:
        here = [pair for pair in pairs if pair.accepted and pair.kind == kind and not pair.is_gold]
        certainty = 1 - settings.alpha / len(kinds)
        share = right_among(here, settings, lambda pair: pair.challenger_right, certainty)
        if share.high < target(kind):
            broken.append(
                f"{kind}: at most {share.high:.2%} of what it would accept is right, {target(kind):.2%} asked"
            )
    words = "; ".join(broken) or f"of {len(kinds)} kinds with accepted readings no promise is refuted"
    return Guard(name="promise", passed=not broken, words=words)


def tally(pairs: Sequence[Pair]) -> tuple[float, float, int]:
    """Gained and lost pairs, weighted by the probability with which they were asked and scaled to the number of equal
    ones that would say as much (Kish 1965); and how many there are."""
    found = [(pair.gain, 1 / pair.probability) for pair in pairs if pair.asked and pair.gain]
    if not found:
        return 0.0, 0.0, 0
    gains, weights = np.array(found).T
    scale = weights.sum() / (weights**2).sum()
    return float(weights[gains > 0].sum() * scale), float(weights[gains < 0].sum() * scale), len(found)


def worse_by(gained: float, lost: float) -> float:
    """The probability that of discordant pairs less than half are gained, nothing being supposed before."""
    return float(betainc(1 + gained, 1 + lost, 0.5))
