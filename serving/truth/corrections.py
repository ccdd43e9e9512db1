"""What was delivered and is now known to be otherwise."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from serving.ledger.statement import FieldUse, RecordEvent, Statement
from serving.ledger.truth import Truth
from serving.truth.agreement import Fields
from serving.truth.settle import Now, by_record, contradicts, delivered_then, now


@dataclass(frozen=True, kw_only=True)
class Correction:
    """One field of a record that was delivered as `then`, and is believed to be `now` since `now.known_at`.

    `redelivered_at` is when the record left the house again; None while it waits.
    """

    use: FieldUse
    then: Statement
    now: Statement
    delivered_at: str
    redelivered_at: str | None

    @property
    def plain(self) -> dict[str, Any]:
        """A line of `corrections.jsonl`. It depends on nothing that happens later."""
        use = self.use
        return {
            "page_id": use.page_id,
            "scan": use.scan,
            "page": use.page_no,
            "form": use.form,
            "field": use.field,
            "delivered": _said(self.then) | {"delivered_at": self.delivered_at},
            "now": _said(self.now)
            | {"by": _by(self.now), "known_at": self.now.known_at, "valid_at": self.now.valid_at},
            "reason": str(self.now.evidence.get("reason", "")) if self.now.source != "model" else "",
            "settled": self.now.settles,
            "batch_id": use.batch_id,
            "prediction_id": use.prediction_id,
            "crop_id": use.crop_id,
        }


def _by(said: Statement) -> str:
    """Who says it, as far as it leaves the house: bundle, policy or the customer's own file, but no person."""
    return "" if said.source == "expert" else said.by


def _said(said: Statement) -> dict[str, Any]:
    return {"value": said.text, "outcome": said.outcome, "confidence": said.confidence, "source": said.source}


def corrections(truth: Truth, batch_id: str | None = None, *, waiting: bool = False) -> list[Correction]:
    """The corrections of a batch, or of all, in the order in which they were learned; or only those whose records wait
    to be delivered again. Of what was erased nothing is corrected: see `serving.truth.gone`."""
    crops = truth.crops_judged(batch_id)
    uses = [use for use in truth.uses_of(crops) if batch_id in (None, use.batch_id) and use.erased_at is None]
    verdicts, fields = truth.verdicts_on(crops), Fields(truth.form_definition)
    history = by_record(truth.events(records={use.record for use in uses}))
    found = [
        correction
        for use in uses
        for correction in _of_field(use, history[use.record], verdicts.get(use.crop_id, ()), fields)
        if not (waiting and correction.redelivered_at)
    ]
    return sorted(found, key=lambda correction: (correction.now.known_at, correction.use.record, correction.use.field))


def _of_field(
    use: FieldUse, events: Sequence[RecordEvent], verdicts: Sequence[Statement], fields: Fields
) -> Iterator[Correction]:
    """From one delivery to the next, and from the last one to what is known now."""
    deliveries = [event for event in events if event.event == "delivered"]
    said = {verdict.statement_id: verdict for verdict in verdicts} | {None: use.reading}
    latest = now(use, verdicts)
    followers: list[tuple[Now, str | None]] = [
        (Now(use=use, said=said[_named(use, delivery.facts)]), delivery.at) for delivery in deliveries[1:]
    ]
    for delivery, (item, at) in zip(deliveries, [*followers, (latest, None)], strict=False):
        then = delivered_then(item, delivery, verdicts)
        if then is not None and contradicts(item, then, fields):
            yield Correction(use=use, then=then, now=item.said, delivered_at=delivery.at, redelivered_at=at)


def _named(use: FieldUse, facts: Mapping[str, Any]) -> str | None:
    found: str | None = facts["verdicts"].get(use.field)
    return found
