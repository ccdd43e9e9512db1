"""What a trial has to tell: who against whom, how often each is right, where, the guards, and the crops that differ."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Literal

import numpy as np

from serving.ledger import Ledger
from serving.ledger.trial import Trial
from serving.models.words import short
from serving.promise import Policy
from serving.trial.comparison import Comparison, compare, slices
from serving.trial.conclusion import guarding
from serving.trial.gain import log_wealth
from serving.trial.guards import Guard
from serving.trial.judged import Judged, Words, judged
from serving.trial.pair import Pair
from serving.trial.settings import Settings, settings_from

Right = Literal["champion", "challenger", "neither", "open"]
"""Who is right where the two differ; `open`: nobody has said yet."""
HIDDEN = "not shown"


@dataclass(frozen=True, kw_only=True)
class Differing:
    """A crop on which the two differ: what each read, and what people keyed, as far as it may be shown.

    `crop_id` is None where its picture must not be seen: the field is sensitive, or was erased.
    """

    address: str
    kind: str
    quality: str
    champion: str
    challenger: str
    keyed: str
    right: Right
    crop_id: str | None


@dataclass(frozen=True, kw_only=True)
class Course:
    """(n,) common logarithm of the most that the capital of who bets on the challenger ever was, at least 0, after each
    crop on which the two differ and people were asked, in the order in which these came; of who bets on the champion
    likewise. A crop that is not answered is lost to both."""

    challenger: np.ndarray
    champion: np.ndarray


@dataclass(frozen=True, kw_only=True)
class Told:
    """A trial as it stands. `champion` and `challenger` name the models; `waiting` crops are put to people and not
    answered. `guards` are those by which it was decided, where it was; otherwise as they would decide now."""

    trial: Trial
    settings: Settings
    champion: str
    challenger: str
    whole: Comparison
    kinds: tuple[Comparison, ...]
    qualities: tuple[Comparison, ...]
    guards: tuple[Guard, ...]
    course: Course
    differing: tuple[Differing, ...]
    waiting: int

    @property
    def wanted(self) -> float:
        """The capital that wins the bet."""
        return 1 / self.settings.alpha

    def of(self, right: Right) -> tuple[Differing, ...]:
        """The crops that differ on which this one is right."""
        return tuple(each for each in self.differing if each.right == right)


def telling(ledger: Ledger, trial: Trial, policy: Policy) -> Told:
    """A trial as it is known now, with answers that came after its end; `policy` is what the guards ask."""
    found, settings = judged(ledger, trial.trial_id), settings_from(trial.settings)
    pairs = [each.pair for each in found]
    with ledger.succession_to_read() as line:
        versions = {each.bundle_id: number for number, each in enumerate(line.published(), 1)}
    names = [_named(bundle_id, versions.get(bundle_id)) for bundle_id in (trial.champion, trial.challenger)]
    return Told(
        trial=trial, settings=settings, champion=names[0], challenger=names[1], whole=compare(pairs, settings),
        kinds=slices(pairs, settings, lambda pair: pair.kind),
        qualities=slices(pairs, settings, lambda pair: pair.quality),
        guards=_guards(trial, pairs, policy), course=_course(pairs, settings),
        differing=tuple(_differing(each) for each in found if not each.pair.agree),
        waiting=sum(pair.asked and not pair.answered for pair in pairs if not pair.is_gold),
    )  # fmt: skip


def _named(bundle_id: str, version: int | None) -> str:
    """As it was published, the first being v1."""
    return short(bundle_id) if version is None else f"v{version} ({short(bundle_id)})"


def _guards(trial: Trial, pairs: Sequence[Pair], policy: Policy) -> tuple[Guard, ...]:
    decided = tuple(Guard(**each) for each in trial.finding.get("guards", ()))
    return decided or guarding(trial, pairs, policy)


def _course(pairs: Sequence[Pair], settings: Settings) -> Course:
    asked = [pair for pair in pairs if pair.asked and not pair.agree and not pair.is_gold]
    gains = np.array([np.nan if pair.gain is None else pair.gain for pair in asked], float)
    p = np.array([pair.probability for pair in asked], float)
    return Course(challenger=_most(gains, p, settings), champion=_most(-gains, p, settings))


def _most(gains: np.ndarray, p: np.ndarray, settings: Settings) -> np.ndarray:
    if not gains.size:
        return gains
    logs = log_wealth(np.where(np.isnan(gains), -1.0, gains), p, settings.differ_rate)
    return np.asarray(np.maximum.accumulate(np.maximum(logs, 0.0)) / np.log(10))


def _differing(each: Judged) -> Differing:
    use = each.use
    hides = use is None or use.erased_at is not None or use.is_sensitive
    said = each.challenger.reading if each.challenger is not None else None
    return Differing(
        address=use.address if use is not None else HIDDEN, kind=each.row.kind, quality=each.row.quality,
        champion=_shown(each, (each.champion.reading.outcome, each.champion.reading.text)),
        challenger=_shown(each, (said.outcome, said.text)) if said is not None else "– fails –",
        keyed=_shown(each, each.truth) if each.truth is not None else "", right=_right(each.pair),
        crop_id=None if hides else each.row.crop_id,
    )  # fmt: skip


def _shown(each: Judged, words: Words) -> str:
    outcome, text = words
    if outcome != "text":
        return f"– {outcome} –"
    if each.use is None or each.use.erased_at is not None:
        return HIDDEN
    return each.use.shown(text)


def _right(pair: Pair) -> Right:
    if not pair.answered:
        return "open"
    if pair.gain == 0:
        return "neither"
    return "challenger" if pair.challenger_right else "champion"
