"""Which decisions are known to be right or wrong, as known on a date; and which turned out otherwise since.

Only counts: verdicts come from doubtful fields, audits and customers, so a share of what is known says little of all.
What it says of all is estimated from audits and their probabilities, which are handed on here.
"""

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Literal

from serving.ledger import Ledger
from serving.ledger.statement import FieldUse, Statement
from serving.ledger.truth import Statements, Truth
from serving.truth.agreement import Fields, agree
from serving.truth.belief import belief

Known = Literal["right", "wrong", "unknown"]
Group = Literal["policy", "bundle", "kind", "form", "field"]
GROUPS: tuple[Group, ...] = ("policy", "bundle", "kind", "form", "field")
BEGINNING = ""
"""Before every time of the ledger."""


@dataclass(frozen=True, kw_only=True)
class Judged:
    """One decision of production, and whether its reading is known to be right; `verdict` is what it is known by."""

    use: FieldUse
    known: Known
    verdict: Statement | None

    @property
    def accepted(self) -> bool:
        """Whether the machine settled the field; audited fields are among them."""
        return self.use.reading.settles

    @property
    def probability(self) -> float | None:
        """With which probability the field was drawn for an audit, where it was; for Horvitz-Thompson."""
        return self.use.probability


@dataclass(frozen=True, kw_only=True)
class Tally:
    """Decisions, counted."""

    decisions: int
    right: int
    wrong: int

    @property
    def unknown(self) -> int:
        """How many nobody has checked."""
        return self.decisions - self.right - self.wrong

    @property
    def share_right(self) -> float | None:
        """Of those that are known; None where none are. No estimate for all: see the module."""
        known = self.right + self.wrong
        return self.right / known if known else None


@dataclass(frozen=True, kw_only=True)
class Rescored:
    """A decision that was known to be `then` and is known to be `now`, by which verdict."""

    use: FieldUse
    then: Known
    now: Known
    verdict: Statement | None


def judged(
    ledger: Ledger, known_at: str | None = None, *, batch_id: str | None = None, since: str = BEGINNING
) -> list[Judged]:
    """The decisions of a batch, or those made since a time, as known at `known_at` (None: now).

    A decision made later than `known_at` is not among them. A field that several batches share is judged once.
    """
    with ledger.truth() as truth:
        uses = _uses(truth, known_at, batch_id, since)
        verdicts, fields = truth.verdicts_on([use.crop_id for use in uses]), Fields(truth.form_definition)
        return [_judged(use, verdicts, fields, known_at) for use in uses]


def tally(items: Iterable[Judged], by: Sequence[Group] = ()) -> dict[tuple[str, ...], Tally]:
    """Decisions counted by policy, bundle, kind, form or field; without any of these, all under `()`."""
    groups: dict[tuple[str, ...], list[Known]] = defaultdict(list)
    for item in items:
        groups[tuple(_named(item.use, name) for name in by)].append(item.known)
    return {
        key: Tally(decisions=len(known), right=known.count("right"), wrong=known.count("wrong"))
        for key, known in sorted(groups.items())
    }


def rescored(
    ledger: Ledger, known_at: str | None = None, *, batch_id: str | None = None, since: str = BEGINNING
) -> list[Rescored]:
    """Accepted decisions of which at `known_at` something else is known than at `since`, the latest news last.

    Without `since`: all of which anything is known at all, as nothing is when a decision is made.
    """
    with ledger.truth() as truth:
        uses = [use for use in _uses(truth, known_at, batch_id, BEGINNING) if use.reading.settles]
        verdicts, fields = truth.verdicts_on([use.crop_id for use in uses]), Fields(truth.form_definition)
        pairs = [
            (_judged(use, verdicts, fields, since), _judged(use, verdicts, fields, known_at))
            for use in uses
            if use.crop_id in verdicts
        ]
    changed = [
        Rescored(use=now.use, then=then.known, now=now.known, verdict=now.verdict)
        for then, now in pairs
        if then.known != now.known
    ]
    return sorted(changed, key=lambda item: item.verdict.known_at if item.verdict else "")


def _uses(truth: Truth, known_at: str | None, batch_id: str | None, since: str) -> list[FieldUse]:
    """Each decision once, at the first place where it was used."""
    uses = truth.uses_in(batch_id) if batch_id is not None else truth.uses_since(since, known_at)
    first: dict[str, FieldUse] = {}
    for use in uses:
        if use.reading.known_at >= since and (known_at is None or use.reading.known_at <= known_at):
            first.setdefault(use.reading.statement_id, use)
    return list(first.values())


def _judged(use: FieldUse, verdicts: Statements, fields: Fields, known_at: str | None) -> Judged:
    """A reading is judged by people alone, on what was true when the form was read."""
    said = belief([use.reading, *verdicts.get(use.crop_id, ())], known_at)
    if said is None or said.source == "model":
        return Judged(use=use, known="unknown", verdict=None)
    right = agree(use.reading, said, fields.of(use))
    return Judged(use=use, known="right" if right else "wrong", verdict=said)


def _named(use: FieldUse, group: Group) -> str:
    names: Mapping[Group, str | None] = {
        "policy": use.policy_digest,
        "bundle": use.bundle_id,
        "kind": use.kind,
        "form": use.form,
        "field": use.field,
    }
    return names[group] or ""
