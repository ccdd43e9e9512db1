"""The accuracy of what was accepted, from its audits alone.

What is known of other fields says nothing of all: people see the doubtful ones, customers find the wrong ones.
"""

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from serving.audit import ConfidenceSequence
from serving.ledger import ACCEPTED
from serving.ledger.numbers import Numbers
from serving.ledger.statement import Statement
from serving.truth.agreement import Fields, agree
from serving.truth.belief import belief

ALL = "all"
FLOORS = tuple(step * 10.0**power for power in range(0, -7, -1) for step in (5, 2, 1) if step * 10.0**power <= 1)
"""Floors of the confidence sequence, the greatest first. The one that is taken depends on the probabilities alone, not
on what was drawn or found, and changes only where a policy with rarer audits comes."""


@dataclass(frozen=True, kw_only=True)
class Accuracy:
    """The share of right values among `accepted` fields: Horvitz-Thompson, and an interval that bears any number of
    looks, right with `certainty` (`serving.audit`).

    It speaks of the `auditable` ones: those that could be drawn, with a recorded probability. `audits` were drawn,
    `answered` of them by blind votes, `wrong` of these found wrong. `value`, `low` and `high` are None where nothing
    was answered; `reason` says why, and what else is to be known.
    """

    value: float | None
    low: float | None
    high: float | None
    certainty: float
    accepted: int
    auditable: int
    audits: int
    answered: int
    wrong: int
    reason: str = ""


@dataclass(frozen=True, kw_only=True)
class Drawn:
    """One accepted field that was drawn with `probability`; `wrong` is None while there is no answer."""

    kind: str
    probability: float
    wrong: bool | None


@dataclass(kw_only=True)
class _Kind:
    """The accepted fields of one kind."""

    accepted: int = 0
    undrawn: int = 0
    least: float = 1.0


def accuracies(numbers: Numbers, decided: Iterable[Any], known_at: str | None, certainty: float) -> dict[str, Accuracy]:
    """By kind, and of all under `ALL`. `decided` are the rows of `Numbers.decided`."""
    accepted = [row for row in decided if row.decision in ACCEPTED]
    audits = _drawn(numbers, [row for row in accepted if row.decision == "audit" and row.least is not None], known_at)
    kinds: dict[str, _Kind] = defaultdict(_Kind)
    for row in accepted:
        for name in (row.kind, ALL):
            kind = kinds[name]
            kind.accepted += row.fields
            kind.undrawn += row.auditable if row.decision == "accept" else 0
            kind.least = min(kind.least, row.least if row.least is not None else 1.0)
    return {
        name: _of_kind(kind, [each for each in audits if name in (each.kind, ALL)], certainty)
        for name, kind in ({ALL: _Kind()} | kinds).items()
    }


def none_accepted(certainty: float) -> Accuracy:
    """Of a kind of which nothing was accepted."""
    return _of_kind(_Kind(), [], certainty)


def _of_kind(kind: _Kind, audits: Sequence[Drawn], certainty: float) -> Accuracy:
    return estimated_accuracy(
        audits, accepted=kind.accepted, undrawn=kind.undrawn, least=kind.least, certainty=certainty
    )


def estimated_accuracy(
    audits: Sequence[Drawn], *, accepted: int, undrawn: int, least: float, certainty: float
) -> Accuracy:
    """The accuracy of `accepted` fields of which these were audited and `undrawn` could have been, but were not;
    `least` is the least probability with which any of them is drawn.

    The order of fields makes no difference to the interval, nor with which probability others were not drawn.
    """
    auditable, answered = undrawn + len(audits), sum(each.wrong is not None for each in audits)
    value = low = high = None
    if answered:
        floor = next((floor for floor in FLOORS if floor <= least), least)
        sequence = ConfidenceSequence(floor=floor, certainty=certainty)
        sequence.extend(
            np.concatenate([[each.probability for each in audits], np.ones(undrawn)]),
            np.arange(auditable) < len(audits),
            np.concatenate([[np.nan if each.wrong is None else each.wrong for each in audits], np.ones(undrawn)]),
        )
        value, (low, high) = sequence.accuracy, sequence.interval
    return Accuracy(
        value=value, low=low, high=high, certainty=certainty, accepted=accepted, auditable=auditable,
        audits=len(audits), answered=answered, wrong=sum(each.wrong is True for each in audits),
        reason=_reason(accepted, auditable, len(audits), answered),
    )  # fmt: skip


def _reason(accepted: int, auditable: int, audits: int, answered: int) -> str:
    if not accepted:
        return "nothing was accepted"
    if not auditable:
        return "the policy draws no audits (audit: 0)"
    if not audits:
        return "none of the accepted fields was drawn for an audit yet"
    told = [] if answered else ["no audit is answered yet"]
    if answered < audits:
        told.append(f"{audits - answered} of {audits} audits wait for an answer")
    if auditable < accepted:
        told.append(f"{accepted - auditable} accepted fields could not be drawn and are not spoken of")
    return "; ".join(told)


def _drawn(numbers: Numbers, rows: Sequence[Any], known_at: str | None) -> list[Drawn]:
    """Audited fields and what blind votes found."""
    judged = _judged(numbers, [row.crop_id for row in rows], known_at)
    return [
        Drawn(kind=row.kind, probability=row.least, wrong=judged.get(row.prediction_id)) for row in rows
    ]  # fmt: skip


def _judged(numbers: Numbers, crop_ids: Sequence[str], known_at: str | None) -> dict[str, bool]:
    """Prediction to whether it is wrong, of those whose crops blind votes have settled.

    A customer's word answers no audit: customers report what they find wrong. Where blind votes have answered it, it
    counts as everywhere, and so does what nobody knew yet.
    """
    heard = heard_blind(numbers, crop_ids, known_at)
    fields, found = Fields(numbers.truth.form_definition), {}
    for use in numbers.truth.uses_of(list(heard)):
        truth = belief([use.reading, *heard[use.crop_id]], known_at)
        if truth is not None and truth.source != "model":
            found[use.prediction_id] = not agree(use.reading, truth, fields.of(use))
    return found


def heard_blind(numbers: Numbers, crop_ids: Sequence[str], known_at: str | None = None) -> dict[str, list[Statement]]:
    """What counts of what was said of those of these crops that blind votes have settled, by crop."""
    said = numbers.truth.verdicts_on(crop_ids)
    purposes: dict[str, dict[str, str]] = defaultdict(dict)
    for row in numbers.purposes_of(list(said)):
        purposes[row.crop_id][row.task_id] = row.purpose
    heard = {crop_id: _heard(items, purposes[crop_id], known_at) for crop_id, items in said.items()}
    return {crop_id: items for crop_id, items in heard.items() if items}


def _heard(verdicts: Sequence[Statement], tasks: Mapping[str, str], known_at: str | None) -> list[Statement]:
    """What counts for an audit; nothing where no blind vote has settled it."""
    known = [said for said in verdicts if known_at is None or said.known_at <= known_at]
    blind = [said for said in known if is_blind(said, tasks)]
    return [*blind, *(said for said in known if said.source == "customer")] if blind else []


def is_blind(verdict: Statement, tasks: Mapping[str, str]) -> bool:
    """Whether a verdict rests on blind votes alone, in which no machine had a say."""
    return rests_on_blind(verdict.source, verdict.evidence, tasks)


def rests_on_blind(source: str, evidence: Mapping[str, Any], tasks: Mapping[str, str]) -> bool:
    """The same of a verdict's source and evidence.

    The evidence says what it was asked for (`purpose`), or by which task (`task`, `task_id`). Where it does not, the
    crop's `tasks` (id to purpose) do: all of them must have been blind.
    """
    if source == "customer":
        return False
    task = evidence.get("task", evidence.get("task_id"))
    named = evidence.get("purpose") or tasks.get(str(task))
    return named in BLIND if named else bool(tasks) and set(tasks.values()) <= BLIND


BLIND = frozenset({"audit", "trial"})
"""Purposes for which the model never votes."""
