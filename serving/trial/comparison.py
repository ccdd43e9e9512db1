"""Champion against challenger in numbers: how often each is right, and how much that differs, with intervals."""

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass

import numpy as np

from serving.audit import ConfidenceSequence
from serving.trial.gain import evidence, interval
from serving.trial.pair import Pair
from serving.trial.settings import Settings


@dataclass(frozen=True, kw_only=True)
class Share:
    """A share (or a difference of shares) with the interval that holds it at all times; None where nothing is known."""

    value: float | None
    low: float
    high: float


@dataclass(frozen=True, kw_only=True)
class Comparison:
    """What is known of `pairs`, of which `differ` and `asked` were put to people, who `answered` so many.

    `gained` pairs only the challenger got right, `lost` only the champion, among those that were answered. `champion`
    and `challenger` are the shares of right readings, `gain` is their difference; each weighted by the probability with
    which people were asked. `evidence` is the capital of who bets on the challenger: at 1 / alpha it wins the trial.
    `against` is that of who bets on the champion.
    """

    name: str
    pairs: int
    differ: int
    asked: int
    answered: int
    gained: int
    lost: int
    champion: Share
    challenger: Share
    gain: Share
    evidence: float
    against: float


def compare(pairs: Sequence[Pair], settings: Settings, name: str = "all") -> Comparison:
    """Compare on pairs that came by lot; gold is not among them: it was chosen."""
    pairs = [pair for pair in pairs if not pair.is_gold]
    differ = [pair for pair in pairs if not pair.agree]
    asked = [pair for pair in differ if pair.asked]
    gains = np.array([np.nan if pair.gain is None else pair.gain for pair in asked], float)
    p = np.array([pair.probability for pair in asked], float)
    return Comparison(
        name=name,
        pairs=len(pairs),
        differ=len(differ),
        asked=sum(pair.asked for pair in pairs),
        answered=sum(pair.asked and pair.answered for pair in pairs),
        gained=int((gains == 1).sum()),
        lost=int((gains == -1).sum()),
        champion=_accuracy(pairs, settings, lambda pair: pair.champion_right),
        challenger=_accuracy(pairs, settings, lambda pair: pair.challenger_right),
        gain=_gain(gains, p, len(pairs), settings),
        evidence=evidence(gains, p, settings.differ_rate),
        against=evidence(-gains, p, settings.differ_rate),
    )


def slices(pairs: Sequence[Pair], settings: Settings, of: Callable[[Pair], str]) -> tuple[Comparison, ...]:
    """The same, of each slice that `of` names."""
    names = sorted({of(pair) for pair in pairs if not pair.is_gold})
    return tuple(compare([pair for pair in pairs if of(pair) == name], settings, name) for name in names)


def right_among(
    pairs: Iterable[Pair], settings: Settings, right: Callable[[Pair], bool | None], certainty: float
) -> Share:
    """The share of right readings among these pairs: those that agree and those that differ, each for themselves.

    People are asked far more often where the two differ. As one sample the rare answers on agreements would bound the
    bets on all; in two strata, what is known of those that differ is known well.
    """
    pairs = list(pairs)
    value, low, high, known = 0.0, 0.0, 0.0, True
    for agree, floor in ((True, settings.agree_rate), (False, settings.differ_rate)):
        some = [pair for pair in pairs if pair.agree == agree]
        if not some:
            continue
        sequence = ConfidenceSequence(floor=floor, certainty=1 - (1 - certainty) / 2)
        sequence.extend(
            np.array([pair.probability for pair in some]),
            np.array([pair.asked for pair in some]),
            np.array([np.nan if right(pair) is None else not right(pair) for pair in some], float),
        )
        weight = len(some) / len(pairs)
        known = known and any(pair.asked and right(pair) is not None for pair in some)
        value += weight * sequence.accuracy
        low, high = low + weight * sequence.interval[0], high + weight * sequence.interval[1]
    if not pairs:
        return Share(value=None, low=0.0, high=1.0)
    return Share(value=min(max(value, 0.0), 1.0) if known else None, low=low, high=high)


def _accuracy(pairs: Sequence[Pair], settings: Settings, right: Callable[[Pair], bool | None]) -> Share:
    return right_among(pairs, settings, right, 1 - settings.alpha)


def _gain(gains: np.ndarray, p: np.ndarray, pairs: int, settings: Settings) -> Share:
    low, high = interval(gains, p, pairs, floor=settings.differ_rate, doubt=settings.alpha)
    answered = ~np.isnan(gains)
    if not answered.any():
        return Share(value=None if len(gains) or not pairs else 0.0, low=low, high=high)
    share = (1 / p[answered]).sum() / (1 / p).sum()
    value = float((gains[answered] / p[answered]).sum() / share / pairs)
    return Share(value=value, low=low, high=high)
