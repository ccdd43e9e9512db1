"""The one way by which verdicts come in; what they do to the records; and what left the house when.

A record is complete when all its fields are settled: accepted by the machine, or by a verdict. It is re-opened where
something is learned that contradicts what was delivered as settled; then it waits to be delivered again, and is
corrected when it is.
"""

from collections import defaultdict
from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass

from serving.ledger.statement import FieldUse, RecordEvent, RecordKey, Statement, Verdict
from serving.ledger.truth import Statements, Truth
from serving.ledger.writing import Writing
from serving.truth.agreement import Fields, agree
from serving.truth.belief import belief


@dataclass(frozen=True, kw_only=True)
class Now:
    """A field of a record and what is believed of it."""

    use: FieldUse
    said: Statement

    @property
    def verdict_id(self) -> str | None:
        """The verdict that the value rests on, where it is not the model's."""
        return None if self.said.source == "model" else self.said.statement_id


def now(use: FieldUse, verdicts: Sequence[Statement], known_at: str | None = None) -> Now:
    """What the field's record says: what people settled, else what its own batch read."""
    said = belief([use.reading, *verdicts], known_at)
    return Now(use=use, said=said or use.reading)


@dataclass(frozen=True, kw_only=True)
class Content:
    """What a record says: which of its fields rest on which verdict, and whether all of them are settled."""

    record: RecordKey
    complete: bool
    verdicts: Mapping[str, str]


def settle(writing: Writing, verdicts: Iterable[Verdict]) -> tuple[Statement, ...]:
    """File verdicts and, in the same transaction, what follows for the records that their fields belong to.

    Returns those that were new; a verdict that is known already changes nothing. Raises LedgerError for a crop that
    the ledger does not know.
    """
    given = list(verdicts)
    uses = writing.truth.uses_of([verdict.crop_id for verdict in given])
    records = {use.record for use in uses}
    writing.hold(records)
    added = writing.verdicts(given)
    if added:
        writing.verdict_parcels(added, uses)
        writing.record_events(list(_consequences(writing.truth, records)))
    return added


def deliver(writing: Writing, contents: Sequence[Content]) -> None:
    """Note that these records left the house with this content; again is harmless, and nothing is noted twice."""
    records = [content.record for content in contents]
    writing.hold(records)
    history, outdated = by_record(writing.truth.events(records=records)), _outdated(writing.truth, contents)
    writing.record_events(
        [event for it in contents for event in _leaving(it, history[it.record], current=it.record not in outdated)]
    )
    writing.record_events(list(_consequences(writing.truth, outdated)))


def _leaving(content: Content, events: Sequence[RecordEvent], *, current: bool) -> Iterable[RecordEvent]:
    facts = {"verdicts": dict(content.verdicts), "complete": content.complete}
    before = last(events, "delivered")
    if content.complete and last(events, "completed") is None:
        yield _event(content.record, "completed", {})
    if before is None or before.facts != facts or is_reopened(events) or is_to_be_told(events):
        yield _event(content.record, "delivered", facts)
    if is_reopened(events) and current:
        yield _event(content.record, "corrected", {"complete": content.complete})


def _outdated(truth: Truth, contents: Sequence[Content]) -> set[RecordKey]:
    """The records about which something was learned between making and delivering them."""
    uses = truth.uses_on([content.record for content in contents])
    items = grouped(uses, truth.verdicts_on([use.crop_id for use in uses]))
    return {
        content.record for content in contents if verdicts_in(items.get(content.record, ())) != dict(content.verdicts)
    }


def settled_fields(truth: Truth, batch_id: str) -> dict[RecordKey, dict[str, Now]]:
    """The fields of a batch that people have settled, by record and name."""
    crops = truth.crops_judged(batch_id)
    uses = [use for use in truth.uses_of(crops) if use.batch_id == batch_id]
    found: dict[RecordKey, dict[str, Now]] = defaultdict(dict)
    for key, items in grouped(uses, truth.verdicts_on(crops)).items():
        found[key] = {item.use.field: item for item in items if item.verdict_id is not None}
    return found


def grouped(uses: Sequence[FieldUse], verdicts: Statements, known_at: str | None = None) -> dict[RecordKey, list[Now]]:
    """The fields of records with what is believed of them, as known at a time (None: now), by record."""
    found: dict[RecordKey, list[Now]] = defaultdict(list)
    for use in uses:
        found[use.record].append(now(use, verdicts.get(use.crop_id, ()), known_at))
    return found


def is_complete(items: Sequence[Now]) -> bool:
    """Whether all fields of a record are settled."""
    return all(item.said.settles for item in items)


def verdicts_in(items: Iterable[Now]) -> dict[str, str]:
    """Field to verdict, for the fields that have one."""
    return {item.use.field: item.verdict_id for item in items if item.verdict_id is not None}


def by_record(events: Sequence[RecordEvent]) -> dict[RecordKey, list[RecordEvent]]:
    """The events of each record, in their order; an empty list for one to which nothing happened."""
    found: dict[RecordKey, list[RecordEvent]] = defaultdict(list)
    for event in events:
        found[event.record].append(event)
    return found


def last(events: Sequence[RecordEvent], name: str) -> RecordEvent | None:
    """The latest event of this name."""
    return next((event for event in reversed(events) if event.event == name), None)


def is_reopened(events: Sequence[RecordEvent]) -> bool:
    """Whether a record was re-opened and not delivered since."""
    latest = next((event for event in reversed(events) if event.event in ("delivered", "reopened")), None)
    return latest is not None and latest.event == "reopened"


def is_to_be_told(events: Sequence[RecordEvent]) -> bool:
    """Whether a record was erased and not delivered as erased since."""
    latest = next((event for event in reversed(events) if event.event in ("delivered", "erased")), None)
    return latest is not None and latest.event == "erased"


def delivered_then(item: Now, delivery: RecordEvent, verdicts: Sequence[Statement]) -> Statement | None:
    """What a delivery said of a field; None where it said that nobody is sure of it yet."""
    named = delivery.facts["verdicts"].get(item.use.field)
    said = next((verdict for verdict in verdicts if verdict.statement_id == named), item.use.reading)
    return said if said.settles else None


def contradicts(item: Now, then: Statement | None, fields: Fields) -> bool:
    """Whether what is believed now is not what was delivered as settled."""
    if then is None or then.statement_id == item.said.statement_id:
        return False
    return not item.said.settles or not agree(then, item.said, fields.of(item.use))


def _consequences(truth: Truth, records: Collection[RecordKey]) -> Iterable[RecordEvent]:
    uses = truth.uses_on(records)
    verdicts = truth.verdicts_on([use.crop_id for use in uses])
    history, fields = by_record(truth.events(records=records)), Fields(truth.form_definition)
    for key, items in grouped(uses, verdicts).items():
        events = history[key]
        delivery = last(events, "delivered")
        if is_complete(items) and last(events, "completed") is None:
            yield _event(key, "completed", {})
        if delivery is None:
            continue
        wrong = [
            item
            for item in items
            if contradicts(item, delivered_then(item, delivery, verdicts.get(item.use.crop_id, ())), fields)
        ]
        facts = {"verdicts": verdicts_in(wrong), "fields": sorted(item.use.field for item in wrong)}
        before = last(events, "reopened")
        if wrong and not (is_reopened(events) and before is not None and before.facts == facts):
            yield _event(key, "reopened", facts)


def _event(key: RecordKey, name: str, facts: Mapping[str, object]) -> RecordEvent:
    batch_id, scan_no, page_no = key
    return RecordEvent(batch_id=batch_id, scan_no=scan_no, page_no=page_no, event=name, facts=facts)  # type: ignore[arg-type]
