"""Fit a stack on writers whom no component was trained on.

Of the tune writers one half fits, the other half becomes the labels that thresholds are chosen on, as for a bundle. The
components' own calibrations, which know the first half, are left out: in a stack they speak with their networks' own
probabilities. The combiner is cross-fitted: its calibration is fitted to fields of writers that the weights, fitted
for that, had not seen.
"""

import hashlib
from collections import Counter, defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from itertools import combinations
from typing import Any

import numpy as np

from recognizer.alphabet import normal_text
from recognizer.confidence import UNCALIBRATED
from recognizer.reading import Reading
from recognizer.stack import BLANK, NONE, Claim, Combiner, Component, Members, Stack, combine, first_of, kind_of, voices
from recognizer.stack.stack import reading_of
from serving.promise.labels import Labels
from serving.watch.oddity import CUTS, ODDITIES, Last, oddities
from training.calibrate import Outcome, enough, fit_calibration, is_for_fit, labels_of, outcome_of
from training.cases import Case
from training.stacks.weigh import Contest, fit_weights

FOLDS = 4


@dataclass(frozen=True, kw_only=True, eq=False)
class Heard:
    """A case and what each component that can read it says."""

    case: Case
    parts: Mapping[str, Reading]

    @property
    def kind(self) -> str:
        """The kind that weights are fitted for."""
        return kind_of(self.case.crop.field)


@dataclass(frozen=True, kw_only=True, eq=False)
class Fitted:
    """A stack, and by sets of its components the labels to choose thresholds on."""

    stack: Stack
    labels: Mapping[Members, Labels]


def hear(components: Mapping[str, Component], asked: Iterable[Case], kinds: Sequence[str]) -> list[Heard]:
    """Have every component read every case that it can; of the crops the images are not kept."""
    bare = Stack(stack_id="", components=components, combiners={}, kinds=tuple(kinds))
    found = []
    for case in asked:
        able = [name for name in components if components[name].can_read(case.crop.field)]
        if able:
            parts = bare.named(bare.parts(case.crop, able))
            found.append(
                Heard(case=replace(case, crop=replace(case.crop, image=np.zeros((1, 1), np.uint8))), parts=parts)
            )
    return found


def fit_stack(components: Mapping[str, Component], heard: Sequence[Heard], kinds: Sequence[str], least: int) -> Fitted:
    """Combiners for every set of components, from half of the writers; labels for those that may be trusted."""
    fitting = [each for each in heard if is_for_fit(each.case.writer)]
    kept = [each for each in heard if not is_for_fit(each.case.writer)]
    sets = [group for size in range(1, len(components) + 1) for group in combinations(components, size)]
    combiners = {members: fit_combiner(members, fitting) for members in sets}
    stack = Stack(stack_id="", components=components, combiners=combiners, kinds=tuple(kinds), least=least)
    trusted = [members for members in sets if len(members) >= least or len(members) == len(components)]
    return Fitted(stack=stack, labels={members: all_labels(stack, members, kept) for members in trusted})


def all_labels(stack: Stack, members: Members, kept: Sequence[Heard]) -> Labels:
    """Labels by kind, and by `KIND/COMPONENT` those where that component speaks of other fields than it is asked."""
    labels = dict(labels_of(judged(stack, members, kept)))
    for name in members if len(members) > 1 else ():
        broken = labels_of(judged(stack, members, exchanged(kept, name)))
        labels |= {f"{kind}/{name}": of for kind, of in broken.items()}
    return labels


def exchanged(heard: Sequence[Heard], name: str) -> list[Heard]:
    """The same cases, but what one component says is in each what it says of the next of the kind; without cases that
    it does not read."""
    by_kind = defaultdict(list)
    for each in heard:
        if name in each.parts:
            by_kind[each.kind].append(each)
    return [
        replace(each, parts={**each.parts, name: other.parts[name]})
        for listed in by_kind.values()
        for each, other in zip(listed, [*listed[1:], listed[0]], strict=True)
    ]


def judged(stack: Stack, members: Members, heard: Iterable[Heard]) -> list[Outcome]:
    """What some of the components come to; cases that none of them reads are left out."""
    left = stack.without([name for name in stack.components if name not in members])
    found = []
    for each in heard:
        parts = [part for name, part in each.parts.items() if name in members]
        outcome = outcome_of(each.case, left.judge(each.case.crop, parts)) if parts else None
        found += [outcome] if outcome is not None else []
    return found


def fit_combiner(members: Members, heard: Sequence[Heard]) -> Combiner:
    """Weights, calibration and what is usual of one set of components, from the cases that all of them read."""
    all_read = [each for each in heard if all(name in each.parts for name in members)]
    contests = [contest(each, members) for each in all_read]
    folds = np.array([fold_of(each.case.writer) for each in all_read])
    found = []
    for fold in range(FOLDS):
        weights = fit_weights([c for c, f in zip(contests, folds, strict=True) if f != fold], len(members))
        for each in (each for each, f in zip(all_read, folds, strict=True) if f == fold):
            parts = [each.parts[name] for name in members]
            raw = reading_of(combine(parts, weights, each.kind), parts, each.case.crop)
            outcome = outcome_of(each.case, raw)
            found += [outcome] if outcome is not None else []
    calibration = fit_calibration(found) if enough(found) else UNCALIBRATED
    usual = usual_of(members, all_read) if len(members) > 1 else {}
    return Combiner(weights=fit_weights(contests, len(members)), calibration=calibration, usual=usual)


def contest(heard: Heard, members: Members) -> Contest:
    """What the weights are fitted to."""
    claims, rows = voices([heard.parts[name] for name in members])
    true = truth_of(heard.case)
    return Contest(kind=heard.kind, claims=claims, voices=rows, true=claims.index(true) if true in claims else -1)


def truth_of(case: Case) -> Claim:
    """The claim that is right."""
    if case.truth is None:
        return NONE
    return ("text", normal_text(case.truth)) if case.truth else BLANK


def fold_of(writer: str) -> int:
    """In which fold a writer's fields are."""
    return hashlib.sha256(f"stack/{writer}".encode()).digest()[0] % FOLDS


def usual_of(members: Members, heard: Sequence[Heard]) -> dict[str, Any]:
    """What is usual of each component among the others: see `Usual`, and shares of silence, agreement and the mode.

    `mode` is the share of the confidence that is most frequent, to four digits.
    """
    by_kind = defaultdict(list)
    for each in heard:
        by_kind[each.kind].append({name: each.parts[name] for name in members})
    usual: dict[str, Any] = {name: {"confidence": {}, "shares": {}, **{o: {} for o in ODDITIES}} for name in members}
    for kind, listed in sorted(by_kind.items()):
        sure = {name: np.array([parts[name].confidence for parts in listed]) for name in members}
        cuts = {
            name: np.quantile(sure[name], (np.arange(CUTS) + 0.5) / CUTS, method="lower").tolist() for name in members
        }
        last = Last()
        asked, met = Counter[tuple[str, str]](), Counter[tuple[str, str]]()
        for parts in listed:
            for key, is_odd in oddities(kind, parts, last, cuts).items():
                asked[key] += 1
                met[key] += is_odd
        for name in members:
            usual[name]["confidence"][kind] = cuts[name]
            usual[name]["shares"][kind] = shares_of(name, listed, sure[name])
            for oddity in ODDITIES:
                usual[name][oddity][kind] = [met[name, oddity], asked[name, oddity]]
    return usual


def shares_of(name: str, listed: Sequence[Mapping[str, Reading]], sure: np.ndarray) -> dict[str, float]:
    """How a component reads a kind: as few numbers for people to look at."""
    said = [{other: first_of(part) for other, part in parts.items()} for parts in listed]
    _, counts = np.unique(sure.round(4), return_counts=True)
    return {
        "silence": float(np.mean([each[name] in (NONE, BLANK) for each in said])),
        "agreement": float(np.mean([each[other] == each[name] for each in said for other in each if other != name])),
        "mode": float(counts.max() / len(sure)),
    }  # fmt: skip
