"""Gold: crops whose answer is known, shown among the others to find out who can be trusted."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import get_args

from recognizer.errors import InputError, PenfieldError, UsageError
from recognizer.form.cells import cells_of
from serving.consensus import Entry, part_of, same
from serving.consensus.answer import Said
from serving.ledger import Ledger
from serving.ledger.desk import Gold, Task
from serving.ledger.statement import FieldUse
from serving.ledger.truth import Truth
from serving.office.filing import cut_for, task_id_of
from serving.office.paper import Papers
from serving.office.plausible import check
from serving.promise import Policy
from serving.queue import Queue
from serving.truth.belief import belief
from serving.truth.correct import Row
from serving.truth.story import crop_named

MOST_COMPLAINTS = 20


@dataclass(frozen=True, kw_only=True)
class GoldAdded:
    """How many crops are gold now that were not, and how many of those named were before."""

    new: int
    known: int


def add_gold(
    ledger: Ledger, rows: Sequence[Row], *, by: str, batch_id: str | None = None, policy: Policy | None = None
) -> GoldAdded:
    """Make these fields gold: each row names one and says what stands there. `by` says who knows it. What the policy
    has keyed in parts is gold in parts.

    The same rows again are harmless. Raises InputError that lists every row which makes no sense; then nothing is
    added. An answer that is gold stays: another one for the same crop is refused.
    """
    papers, wrong, policy = Papers(ledger), list[str](), policy or Policy()
    items: dict[str, tuple[FieldUse, Entry]] = {}
    with ledger.truth() as truth:
        for row in rows:
            try:
                use, entry = _known(truth, papers, row, batch_id, policy)
            except PenfieldError as error:
                wrong.append(f"line {row.line}: {error}")
                continue
            if use.crop_id in items:
                wrong.append(f"line {row.line}: this field stands there several times")
            items[use.crop_id] = use, entry
        wrong += _contradictions(ledger, truth, papers, items)
    if wrong:
        more = [f"and {len(wrong) - MOST_COMPLAINTS} more"] if len(wrong) > MOST_COMPLAINTS else []
        raise InputError("nothing was added:\n" + "\n".join(f"  {line}" for line in [*wrong[:MOST_COMPLAINTS], *more]))
    return _add(ledger, _parted(ledger, papers, policy, items), by)


def add_expert_gold(ledger: Ledger, *, most: int = 1000, policy: Policy | None = None) -> GoldAdded:
    """Make gold of what experts have settled, the latest first: fields on which reviewers did not agree, so that they
    are harder than most. What was erased since is not among them."""
    with ledger.truth() as truth:
        verdicts = truth.verdicts_on(truth.crops_judged())
        said = [found for items in verdicts.values() if (found := belief(items)) is not None]
        latest = sorted((found for found in said if found.source == "expert"), key=lambda found: found.known_at)[-most:]
        uses = {use.crop_id: use for use in truth.uses_of([found.crop_id for found in latest]) if not use.erased_at}
    items = {
        found.crop_id: (uses[found.crop_id], _entry(found.outcome, found.text))
        for found in latest
        if found.crop_id in uses and found.outcome in get_args(Said)
    }
    return _add(ledger, _parted(ledger, Papers(ledger), policy or Policy(), items), "expert")


def _parted(
    ledger: Ledger, papers: Papers, policy: Policy, items: dict[str, tuple[FieldUse, Entry]]
) -> dict[str, tuple[FieldUse, Entry]]:
    """The same by the crops that people are shown: a field that is keyed in parts is known by its parts, where its
    answer tells what stands in each."""
    found: dict[str, tuple[FieldUse, Entry]] = {}
    for crop_id, (use, entry) in items.items():
        field = papers.named(use.form_digest, use.field, use.kind).field
        parts = cut_for(ledger, policy, crop_id, field, (use.kind, use.form), use.record)
        known = {part.part_id: part_of(entry, part.first_sign, part.signs, part.of_signs) for part in parts}
        found |= {part_id: (use, there) for part_id, there in known.items() if there is not None}
        if not parts:
            found[crop_id] = use, entry
    return found


def _add(ledger: Ledger, items: dict[str, tuple[FieldUse, Entry]], by: str) -> GoldAdded:
    """Answers first: a task whose answer is missing is shown to nobody, and the same call again files the rest."""
    queue = Queue(ledger)
    queue.add_gold(
        Gold(crop_id=crop_id, outcome=entry.outcome, text=entry.text, by=by) for crop_id, (_, entry) in items.items()
    )
    new = queue.add(_task(use, crop_id) for crop_id, (use, _) in items.items())
    return GoldAdded(new=new, known=len(items) - new)


def _task(use: FieldUse, crop_id: str) -> Task:
    return Task(
        task_id=task_id_of(crop_id, "gold"),
        crop_id=crop_id,
        field=use.field,
        kind=use.kind,
        consensus="gold",
        purpose="gold",
        record_id=":".join(map(str, use.record)),
        form=use.form,
        votes=0,
    )


def _known(truth: Truth, papers: Papers, row: Row, batch_id: str | None, policy: Policy) -> tuple[FieldUse, Entry]:
    outcome = row.outcome or ("text" if row.value else "blank")
    crop_id = crop_named(truth, row.field, batch_id)
    use = truth.uses_of([crop_id])[0]
    if use.erased_at is not None:
        raise UsageError(f"{row.field}: its record was erased")
    entry = _entry(outcome, row.value)
    field = papers.named(use.form_digest, use.field, use.kind).field
    check(entry, field, confirmed=True)
    cells = cells_of(field) if policy.parts(use.kind, use.form) > 1 else None
    if cells is not None and part_of(entry, 0, 1, len(cells)) is None:
        raise UsageError(f"{row.field}: keyed in parts, and this answer does not fill its comb - mend: leave it out")
    return use, entry


def _contradictions(
    ledger: Ledger, truth: Truth, papers: Papers, items: dict[str, tuple[FieldUse, Entry]]
) -> list[str]:
    found = []
    with ledger.desk_to_read() as desk:
        for use, entry in items.values():
            before = desk.tasks.gold(use.crop_id)
            field = papers.of(truth, use.crop_id, use.field, use.kind).field
            if before is not None and not same(_entry(before.outcome, before.text), entry, field):
                found.append(f"{use.address}: it is gold already, with another answer, which stays")
    return found


def _entry(outcome: str, text: str) -> Entry:
    return Entry(outcome=outcome, text=text)  # type: ignore[arg-type]  # Entry says so where it is none
