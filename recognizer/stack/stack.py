"""Stack: several models that read as one, each of them in full view.

Every component reads every crop that it can read, and its reading is a part of the stack's. What the stack says, and
how sure it is, follows from these parts alone (`judge`). No single component can make it sure: where one disagrees, the
confidence is the least of what the whole stack and the stack without any one of its components gives the same answer.
So a component that breaks costs automation before it costs accuracy.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from functools import cached_property
from hashlib import sha256
from pathlib import Path
from typing import Any, Protocol

from recognizer.alphabet import normal_text
from recognizer.confidence import UNANSWERED, Calibration, calibrated, confidence, evidence_of
from recognizer.engine import refused
from recognizer.errors import FormError, UsageError
from recognizer.form import Field
from recognizer.look import Look
from recognizer.reading import Alternative, Crop, Outcome, Reading
from recognizer.stack.combine import BLANK, NONE, Claim, Verdict, Weights, combine, first_of, heard, kind_of

STACK_VERSION = "2"
ALTERNATIVES = 5
SHOWN = 1e-4
"""A claim with a smaller probability is no alternative."""

Members = tuple[str, ...]
"""The names of components, in the stack's order."""


class Component(Protocol):
    """A model that can be a part of a stack."""

    @property
    def bundle_id(self) -> str:
        """Its digest."""

    def can_read(self, field: Field, folder: Path = Path()) -> bool:
        """Whether it reads such fields at all."""

    def look(self, crop: Crop, folder: Path = Path()) -> Look:
        """What it makes of a crop, with its own probabilities."""


@dataclass(frozen=True, kw_only=True)
class Combiner:
    """What was fitted for one set of components: weights, calibration, and what is usual among them.

    `usual` is for those who watch (docs/STACKS.md): by component, oddity and kind, how often it was met.
    """

    weights: Weights
    calibration: Calibration
    usual: Mapping[str, Any]


@dataclass(frozen=True, kw_only=True, eq=False)
class Stack:
    """Components by name, in order, and a combiner for every set of them that may be left.

    With fewer than `least` of them left it still reads, with the confidence 0: nothing of it is accepted.
    """

    stack_id: str
    components: Mapping[str, Component]
    combiners: Mapping[Members, Combiner]
    kinds: tuple[str, ...]
    least: int = 2
    out: frozenset[str] = frozenset()

    @cached_property
    def members(self) -> Members:
        """The components that read: those that are not left out, or all where none would be left."""
        left = tuple(name for name in self.components if name not in self.out)
        return left or tuple(self.components)

    @property
    def bundle_id(self) -> str:
        """The digest of the stack; another one where components are left out, as its readings are others."""
        if not self.out:
            return self.stack_id
        return sha256(f"{self.stack_id} without {' '.join(sorted(self.out))}".encode()).hexdigest()[:32]

    @property
    def version(self) -> str:
        """Version of this code where it changes readings."""
        return STACK_VERSION

    @property
    def settings(self) -> Mapping[str, float | int | str]:
        """All that a reading depends on beside crop, field and stack."""
        listed = {f"component.{name}": self.components[name].bundle_id for name in self.members}
        return {"stack": self.stack_id, "out": ", ".join(sorted(self.out)), "least": self.least, **listed}

    @property
    def is_trusted(self) -> bool:
        """Whether enough components are left to accept anything."""
        return len(self.components) - len(self.out) >= max(1, self.least)

    def without(self, names: Sequence[str]) -> "Stack":
        """The stack as it reads when components are left out, beside those that are already. Raises UsageError."""
        strange = sorted(set(names) - self.components.keys())
        if strange:
            raise UsageError(
                f"the stack has no {', '.join(strange)} - mend: its parts are {', '.join(self.components)}"
            )
        return replace(self, out=self.out | set(names))

    def read(self, crop: Crop, folder: Path = Path()) -> Reading:
        """Read one crop. Raises FormError where the field's language cannot be compiled for any component."""
        able = [name for name in self.members if self.components[name].can_read(crop.field, folder)]
        if not able:
            return refused(1)
        return self.judge(crop, self.parts(crop, able, folder))

    def parts(self, crop: Crop, able: Sequence[str], folder: Path = Path()) -> tuple[Reading, ...]:
        """What each of the `able` components says of a crop; one that fails says `illegible`, `measured` says why.

        `measured` numbers the component by its place in the stack, and the kind by its place in `kinds`.
        """
        looks, refusals = [], []
        for name in able:
            try:
                looks.append(self.components[name].look(crop, folder))
            except FormError as error:
                refusals.append(error)
                looks.append(Look(reading=failed()))
            except Exception:  # one that stumbles is a component that fails: it is seen, and the others go on
                looks.append(Look(reading=failed()))
        if len(refusals) == len(able):
            raise refusals[0]
        kind = float(self.kinds.index(kind_of(crop.field))) if kind_of(crop.field) in self.kinds else -1.0
        names = list(self.components)
        return tuple(
            replace(part, measured={**part.measured, "component": float(names.index(name)), "kind": kind})
            for name, part in zip(able, heard(looks), strict=True)
        )

    def judge(self, crop: Crop, parts: Sequence[Reading]) -> Reading:
        """What parts come to: a function of them, the crop's field and its quality alone."""
        by_name = self.named(parts)
        members = tuple(name for name in self.members if name in by_name)
        verdict = self._verdict(crop, by_name, members)
        best = verdict.claims[0]
        raw = reading_of(verdict, [by_name[name] for name in members], crop)
        combined = calibrated(self._combiner(members).calibration, crop, raw)
        sure = self._sure(crop, by_name, members, best, combined.confidence) if self.is_trusted else 0.0
        return replace(combined, confidence=sure, parts=tuple(parts))

    def named(self, parts: Sequence[Reading]) -> dict[str, Reading]:
        """Recorded parts by the name of their component."""
        names = list(self.components)
        return {names[int(part.measured["component"])]: part for part in parts}

    def _combiner(self, members: Members) -> Combiner:
        return self.combiners[members]

    def _verdict(self, crop: Crop, by_name: Mapping[str, Reading], members: Members) -> Verdict:
        weights = self._combiner(members).weights
        return combine([by_name[name] for name in members], weights, kind_of(crop.field))

    def _sure(self, crop: Crop, by_name: Mapping[str, Reading], members: Members, claim: Claim, sure: float) -> float:
        """The confidence that stands whichever component is the broken one."""
        if len(members) == 1 or all(first_of(by_name[name]) == claim for name in members):
            return sure
        for left_out in members:
            rest = tuple(name for name in members if name != left_out)
            verdict = self._verdict(crop, by_name, rest)
            sure = min(sure, self._sure_of(crop, [by_name[name] for name in rest], rest, verdict, claim))
        return sure

    def _sure_of(self, crop: Crop, parts: Sequence[Reading], members: Members, verdict: Verdict, claim: Claim) -> float:
        """How sure some components are of a claim, whether or not it is what they would say."""
        if claim not in verdict.claims:
            return 0.0
        place = verdict.claims.index(claim)
        others = [p for number, p in enumerate(verdict.probabilities) if number != place]
        turned = Verdict(
            claims=(claim, *(c for c in verdict.claims if c != claim)),
            probabilities=(verdict.probabilities[place], *others),
            agreement=sum(first_of(part) == claim for part in parts) / len(parts),
        )
        raw = reading_of(turned, parts, crop)
        if raw.outcome in UNANSWERED:
            return raw.confidence
        return confidence(self._combiner(members).calibration, evidence_of(crop, raw))


def failed() -> Reading:
    """What is on record of a component that failed on a crop."""
    return Reading(text="", outcome="illegible", confidence=0.5, measured={"failed": 1.0})


def reading_of(verdict: Verdict, parts: Sequence[Reading], crop: Crop) -> Reading:
    """A verdict as a reading whose confidences are still the combiner's probabilities."""
    claim, p = verdict.claims[0], verdict.probabilities[0]
    written = as_written(parts)
    texts = [
        (written.get(other[1], other[1]), q)
        for other, q in zip(verdict.claims[1:], verdict.probabilities[1:], strict=True)
        if other != NONE and (other[1] or not crop.field.is_marks) and q >= SHOWN
    ]
    outcome: Outcome = "text" if claim[0] == "text" else "blank" if claim == BLANK else _non_answer(parts)
    fit = sum(part.measured.get("log_mass", 0.0) for part in parts) / len(parts)
    doubts = [part.measured["not_text"] for part in parts if "not_text" in part.measured]
    measured = {
        "posterior": p, "agreement": verdict.agreement, "log_mass": fit,
        "not_text": sum(doubts) / len(doubts) if doubts else 0.0,
        "runner_up": verdict.probabilities[1] if len(verdict.probabilities) > 1 else 0.0,
    }  # fmt: skip
    if claim == NONE:
        measured |= {"posterior": texts[0][1] if texts else 0.0, "runner_up": texts[1][1] if len(texts) > 1 else 0.0}
    return Reading(
        text=written.get(claim[1], claim[1]) if claim[0] == "text" else "", outcome=outcome, confidence=p,
        measured=measured,
        alternatives=tuple(Alternative(text=text, confidence=q) for text, q in texts[:ALTERNATIVES]),
    )  # fmt: skip


def as_written(parts: Sequence[Reading]) -> dict[str, str]:
    """Texts as the field's language has them, by how they are compared."""
    named = [text for part in reversed(parts) for text in (*(o.text for o in reversed(part.alternatives)), part.text)]
    return {normal_text(text): text for text in named}


def _non_answer(parts: Sequence[Reading]) -> Outcome:
    """Why there is no answer: as the surest of those components says that say so."""
    said = [part for part in parts if part.outcome in UNANSWERED and "failed" not in part.measured]
    return max(said, key=lambda part: part.confidence).outcome if said else "illegible"
