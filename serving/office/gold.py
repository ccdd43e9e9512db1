"""Gold: crops whose answer is known, shown among the others to find out who can be trusted."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import get_args

from recognizer.errors import InputError, PenfieldError, UsageError
from serving.consensus import Entry, same
from serving.consensus.answer import Said
from serving.ledger import Ledger
from serving.ledger.desk import Gold, Task
from serving.ledger.statement import FieldUse
from serving.ledger.truth import Truth
from serving.office.filing import task_id_of
from serving.office.paper import Papers
from serving.office.plausible import check
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


def add_gold(ledger: Ledger, rows: Sequence[Row], *, by: str, batch_id: str | None = None) -> GoldAdded:
    """Make these fields gold: each row names one and says what stands there. `by` says who knows it.

    The same rows again are harmless. Raises InputError that lists every row which makes no sense; then nothing is
    added. An answer that is gold stays: another one for the same crop is refused.
    """
    papers, wrong = Papers(ledger), list[str]()
    items: dict[str, tuple[FieldUse, Entry]] = {}
    with ledger.truth() as truth:
        for row in rows:
            try:
                use, entry = _known(truth, papers, row, batch_id)
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
    return _add(ledger, items, by)


def add_expert_gold(ledger: Ledger, *, most: int = 1000) -> GoldAdded:
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
    return _add(ledger, items, "expert")


def _add(ledger: Ledger, items: dict[str, tuple[FieldUse, Entry]], by: str) -> GoldAdded:
    """Answers first: a task whose answer is missing is shown to nobody, and the same call again files the rest."""
    queue = Queue(ledger)
    known = [Gold(crop_id=use.crop_id, outcome=entry.outcome, text=entry.text, by=by) for use, entry in items.values()]
    queue.add_gold(known)
    new = queue.add(_task(use) for use, _ in items.values())
    return GoldAdded(new=new, known=len(items) - new)


def _task(use: FieldUse) -> Task:
    return Task(
        task_id=task_id_of(use.crop_id, "gold"),
        crop_id=use.crop_id,
        field=use.field,
        kind=use.kind,
        consensus="gold",
        purpose="gold",
        record_id=":".join(map(str, use.record)),
        form=use.form,
        votes=0,
    )


def _known(truth: Truth, papers: Papers, row: Row, batch_id: str | None) -> tuple[FieldUse, Entry]:
    outcome = row.outcome or ("text" if row.value else "blank")
    crop_id = crop_named(truth, row.field, batch_id)
    use = truth.uses_of([crop_id])[0]
    if use.erased_at is not None:
        raise UsageError(f"{row.field}: its record was erased")
    entry = _entry(outcome, row.value)
    check(entry, papers.named(use.form_digest, use.field, use.kind).field, confirmed=True)
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
