"""Which accepted fields, that nobody has checked, may be wrong for the same reason as one that was corrected.

A correction shows a confusion: F was read where E stands. Suspect is every accepted reading with an F in it, and the
more so the more it shares with the corrected one. The reasons are few, counted, and said.
"""

import json
import math
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from itertools import groupby

from rapidfuzz.distance import Levenshtein

from recognizer.reading import Alternative
from serving.ledger import Ledger
from serving.ledger.statement import FieldUse, Statement
from serving.truth.accuracy import Judged, judged

WHOLE = frozenset({"checkbox", "choice_group", "choice", "signature"})
"""Kinds whose values are one thing each, not characters."""

ALTERNATIVE = 10.0
"""What it counts at most that the model itself thought of the text without the confusion; everything else that a
suspect shares counts 1. On the sample batch (`make bench-same-cause`) the order hardly changes from 6 to 16."""

SAID: Mapping[str, str] = {
    "alternative": "the model thought of it",
    "page": "same page, so the same hand",
    "scan": "same scan",
    "field": "same field",
    "place": "same place in the value",
    "kind": "same kind",
    "bundle": "same model",
    "quality": "scanned alike",
}
NEAR = 0.5
"""Two fields are scanned alike where their measures differ by less than this on average, in spreads of the batch."""

LEAST_ALTERNATIVE = 1e-6
"""Below it, an alternative says nothing."""


@dataclass(frozen=True, kw_only=True)
class Confusion:
    """What was read, and what stands there; `at` is the place in the reading, None for a value as a whole."""

    read: str
    true: str
    at: int | None

    @property
    def words(self) -> str:
        """The confusion as people say it."""
        return f"{self.read or 'nothing'} read for {self.true or 'nothing'}"


@dataclass(frozen=True, kw_only=True)
class Suspect:
    """An accepted reading in which a confusion may have happened: what it shares, and how much that counts."""

    use: FieldUse
    confusion: Confusion
    shares: Mapping[str, float]

    @property
    def score(self) -> float:
        """The sum of what it shares."""
        return sum(self.shares.values())

    @property
    def reasons(self) -> list[str]:
        """What it shares, the weightiest first, in words."""
        return [SAID[name] for name in sorted(self.shares, key=lambda name: -self.shares[name])]


def confusions(then: Statement, now: Statement, kind: str) -> tuple[Confusion, ...]:
    """What was confused: characters by Levenshtein's alignment, or whole values and outcomes."""
    if kind in WHOLE or (then.outcome, now.outcome) != ("text", "text"):
        return (Confusion(read=_whole(then), true=_whole(now), at=None),)
    return tuple(_characters(then.text, now.text))


def _characters(read: str, true: str) -> Iterator[Confusion]:
    """Character by character where as many stand as were read; else the whole stretch that differs: rn read for m."""
    steps = Levenshtein.opcodes(read, true)
    for differs, of in groupby(steps, key=lambda step: step.tag != "equal"):
        if not differs:
            continue
        stretch = list(of)
        start = stretch[0].src_start
        was, is_ = read[start : stretch[-1].src_end], true[stretch[0].dest_start : stretch[-1].dest_end]
        if len(was) == len(is_):
            for offset, (one, other) in enumerate(zip(was, is_, strict=True)):
                yield Confusion(read=one, true=other, at=start + offset)
        else:
            yield Confusion(read=was, true=is_, at=start)


def _whole(said: Statement) -> str:
    return said.text if said.outcome == "text" else said.outcome


def suspects(ledger: Ledger, use: FieldUse, then: Statement, now: Statement) -> list[Suspect]:
    """Accepted, unchecked fields that share a confusion with the corrected field `use`, the likeliest first."""
    accepted = [
        item for item in judged(ledger) if item.accepted and item.known == "unknown" and item.use.erased_at is None
    ]
    return ranked(ledger, use, confusions(then, now, use.kind), accepted)


def ranked(
    ledger: Ledger, corrected: FieldUse, confused: Sequence[Confusion], candidates: Sequence[Judged]
) -> list[Suspect]:
    """The candidates in which one of the confusions may have happened, each once."""
    alike = [
        (item.use, confusion) for item in candidates for confusion in confused if _fits(item.use, confusion, corrected)
    ]
    said = ledger.predictions({use.prediction_id for use, _ in alike})
    distance = _Distance([item.use for item in candidates])
    best: dict[str, Suspect] = {}
    for use, confusion in alike:
        shares = _shares(use, corrected, confusion, said[use.prediction_id].reading.alternatives, distance)
        if confusion.read == "" and "alternative" not in shares:  # everything contains nothing
            continue
        suspect = Suspect(use=use, confusion=confusion, shares=shares)
        best[use.crop_id] = max(best.get(use.crop_id, suspect), suspect, key=lambda one: one.score)
    return sorted(best.values(), key=lambda one: (-one.score, one.use.address))


def _fits(use: FieldUse, confusion: Confusion, corrected: FieldUse) -> bool:
    if use.crop_id == corrected.crop_id:
        return False
    if confusion.at is None:
        return use.kind == corrected.kind and _whole(use.reading) == confusion.read
    return use.reading.outcome == "text" and use.kind not in WHOLE and confusion.read in use.reading.text


def _shares(
    use: FieldUse,
    corrected: FieldUse,
    confusion: Confusion,
    alternatives: Sequence[Alternative],
    distance: "_Distance",
) -> dict[str, float]:
    facts = {
        "page": use.page_id == corrected.page_id,
        "scan": use.page_id != corrected.page_id and use.scan == corrected.scan,
        "field": (use.form, use.field) == (corrected.form, corrected.field),
        "place": not use.is_sensitive and _stands_at(use.reading.text, confusion),
        "kind": use.kind == corrected.kind,
        "bundle": use.bundle_id == corrected.bundle_id,
        "quality": distance(use, corrected) < NEAR,
    }
    found = {name: 1.0 for name, true in facts.items() if true}
    thought = sum(other.confidence for other in alternatives if _undone(use.reading, other.text, confusion))
    if thought > LEAST_ALTERNATIVE:  # from one in a million to certain, in equal steps for equal factors
        found["alternative"] = ALTERNATIVE * (1 - math.log(thought) / math.log(LEAST_ALTERNATIVE))
    return found


def _stands_at(text: str, confusion: Confusion) -> bool:
    return bool(confusion.read) and confusion.at is not None and text.startswith(confusion.read, confusion.at)


def _undone(reading: Statement, text: str, confusion: Confusion) -> bool:
    """Whether the text is the reading with this confusion taken back, once or several times, and nothing else."""
    if confusion.at is None:
        return text == confusion.true
    found = list(_characters(reading.text, text))
    return bool(found) and all((one.read, one.true) == (confusion.read, confusion.true) for one in found)


class _Distance:
    """How differently two fields were scanned: mean difference of their measures, in spreads of all fields."""

    def __init__(self, uses: Sequence[FieldUse]) -> None:
        self._measured = {use.crop_id: _measures(use) for use in uses}
        names = {name for measures in self._measured.values() for name in measures}
        self._spread = {name: _spread([measures[name] for measures in self._measured.values() if name in measures])
                        for name in names}  # fmt: skip

    def __call__(self, one: FieldUse, other: FieldUse) -> float:
        first, second = self._measured.get(one.crop_id) or _measures(one), _measures(other)
        steps = [
            abs(first[name] - second[name]) / self._spread[name]
            for name in first
            if name in second and self._spread.get(name)
        ]
        return sum(steps) / len(steps) if steps else math.inf


def _measures(use: FieldUse) -> dict[str, float]:
    found = json.loads(use.quality) if use.quality else {}
    return {name: value for name, value in found.items() if isinstance(value, int | float)}


def _spread(values: Sequence[float]) -> float:
    """The distance between the quartiles: outliers do not move it."""
    ordered = sorted(values)
    return ordered[3 * len(ordered) // 4] - ordered[len(ordered) // 4]


def reasons_counted(found: Sequence[Suspect]) -> Counter[str]:
    """How many suspects share each of the reasons, in words."""
    return Counter(reason for suspect in found for reason in suspect.reasons)
