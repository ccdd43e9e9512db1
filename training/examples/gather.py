"""Gather examples from the ledger: every crop with a verdict that may be learned from, and why the others may not."""

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from recognizer.form import Field
from serving.ledger import Ledger
from serving.ledger.clock import utc_now
from serving.ledger.erased import erased_day
from serving.ledger.statement import WITHDRAWN, FieldUse, Statement
from serving.ledger.truth import Truth
from serving.truth.agreement import Fields, agree
from serving.truth.belief import belief, read_at
from training.corpora.sample import Split
from training.examples.example import Example, LeftOut
from training.examples.split import sides
from training.examples.weight import weight

SEEING = ("crowd", "expert")
"""Whose verdicts come from looking at the picture."""


@dataclass(frozen=True, kw_only=True)
class Examples:
    """Everything to learn from as known at `known_at`, in the order of their crops; what was left out is counted."""

    items: tuple[Example, ...]
    left_out: Mapping[LeftOut, int]
    known_at: str

    def of(self, split: Split) -> tuple[Example, ...]:
        """Those on one side."""
        return tuple(each for each in self.items if each.split == split)

    def since(self, known_at: str) -> tuple[Example, ...]:
        """Those that were settled after a time."""
        return tuple(each for each in self.items if each.verdict.known_at > known_at)


def gather(ledger: Ledger, known_at: str | None = None) -> Examples:
    """The examples as known now or at an earlier time. Pages that stood on no side yet are given one.

    The same time gives the same examples for ever, but for what has become gold or was erased since.
    """
    at = known_at or utc_now()
    with ledger.lessons_to_read() as lessons:
        truth = lessons.truth
        crops = truth.crops_judged()
        verdicts, uses, gold = truth.verdicts_on(crops), _first(truth, crops), lessons.gold(crops)
        fields, found, left = (
            Fields(truth.form_definition),
            list[tuple[FieldUse, Field, Statement]](),
            Counter[LeftOut](),
        )
        for crop_id in crops:
            known = [said for said in verdicts[crop_id] if said.known_at <= at]
            use = uses.get(crop_id)
            if not known or use is None or use.reading.known_at > at:
                continue  # not settled then, or read for another purpose than production
            judged = _judged(use, known, fields, is_gold=crop_id in gold)
            if isinstance(judged, str):
                left[judged] += 1
            else:
                found.append((use, *judged))
    split = sides(ledger, [use.page_id for use, _, _ in found])
    items = [
        Example(use=use, field=field, verdict=said, split=split[use.page_id],
                weight=weight(use, said, right=agree(use.reading, said, field)))
        for use, field, said in found
    ]  # fmt: skip
    return Examples(items=tuple(items), left_out=dict(left), known_at=at)


def _first(truth: Truth, crops: Sequence[str]) -> dict[str, FieldUse]:
    """The first use of each crop: its reading was made before anybody had keyed it."""
    found: dict[str, FieldUse] = {}
    for use in truth.uses_of(crops):
        found.setdefault(use.crop_id, use)
    return found


def _judged(
    use: FieldUse, verdicts: Sequence[Statement], fields: Fields, *, is_gold: bool
) -> tuple[Field, Statement] | LeftOut:
    """The definition of a field and what it holds; or why it is no example."""
    if is_gold:
        return "gold"
    if use.erased_at is not None or any(erased_day(said.text) for said in verdicts):
        return "erased"
    said = belief([use.reading, *verdicts])
    if said is None or said.source == "model":
        later = [each for each in verdicts if each.valid_at > read_at([use.reading]) and each.outcome != WITHDRAWN]
        return "later" if later else "withdrawn"
    field = fields.of(use)
    if field is None:
        return "no_field"
    if said.outcome == "unaligned":
        return "unaligned"
    seen = belief([use.reading, *(each for each in verdicts if each.source in SEEING)])
    if said.source == "customer" and seen is not None and seen.source in SEEING and not agree(seen, said, field):
        return "disputed"
    return field, said
