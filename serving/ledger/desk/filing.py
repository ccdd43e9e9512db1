"""Which fields people are to be asked about and are not yet, in SQL."""

from collections.abc import Collection
from dataclasses import dataclass
from typing import Any

from sqlalchemy import Connection, Row, and_, case, literal, select
from sqlalchemy import exists as exists_

from serving.ledger import schema
from serving.ledger.clock import utc_now
from serving.ledger.desk.values import Purpose
from serving.ledger.queries import CHUNK
from serving.ledger.schema import tasks
from serving.ledger.schema.truth import verdicts

FILED = "filed"
"""Event of a batch that is finished and all of whose questions are in the queue."""


@dataclass(frozen=True, kw_only=True)
class Unfiled:
    """A batch of production that may hold fields nobody is asked about yet; `finished`: no more of them come."""

    batch_id: str
    started_at: str
    finished: bool


class Filing:
    """What is to be filed, within one transaction."""

    def __init__(self, connection: Connection) -> None:
        self._connection = connection

    def batches(self) -> list[Unfiled]:
        """The batches that are not filed yet, oldest first."""
        batches = schema.batches
        query = (
            select(batches.c.batch_id, batches.c.started_at, _has("finished").label("finished"))
            .where(batches.c.purpose == "production", ~_has(FILED))
            .order_by(batches.c.seq)
        )
        return [
            Unfiled(batch_id=row.batch_id, started_at=row.started_at, finished=bool(row.finished))
            for row in self._connection.execute(query)
        ]

    def fields(self, batch_id: str, most: int) -> list[Row[Any]]:
        """Up to `most` fields of a batch that are in review or audited and have no task of that purpose yet, in the
        order of scans, pages and fields; with the reading's outcome, and `judged`: people have said something of it.
        What was erased is not among them."""
        return list(self._connection.execute(_fields(batch_id).limit(most)))

    def of_predictions(self, prediction_ids: Collection[str], purpose: Purpose = "production") -> list[Row[Any]]:
        """The fields of production for which these predictions are used, whatever was decided, as above, to be asked
        about for a purpose; with `asked`: they have a task of that purpose or an audit's, and `erased`."""
        ids = list(dict.fromkeys(prediction_ids))
        found: list[Row[Any]] = []
        for start in range(0, len(ids), CHUNK):
            found += self._connection.execute(_used(ids[start : start + CHUNK], purpose))
        return found

    def done(self, batch_id: str) -> None:
        """Note that a batch is filed."""
        row = {"batch_id": batch_id, "event": FILED, "facts": "{}", "at": utc_now()}
        self._connection.execute(schema.batch_events.insert(), row)


def _has(event: str) -> Any:
    events = schema.batch_events
    return exists_().where(events.c.batch_id == schema.batches.c.batch_id, events.c.event == event)


def _fields(batch_id: str) -> Any:
    fields, said, decided = schema.batch_fields, schema.predictions, schema.decisions
    purpose = case((decided.c.decision == "audit", "audit"), else_="production")
    asked = exists_().where(tasks.c.crop_id == said.c.crop_id, tasks.c.purpose == purpose)
    return _rows(purpose.label("purpose")).where(
        fields.c.batch_id == batch_id, decided.c.decision.in_(("review", "audit")), ~asked, ~_erased()
    )


def _used(prediction_ids: Collection[str], for_: Purpose) -> Any:
    batches, fields, said = schema.batches, schema.batch_fields, schema.predictions
    asked = exists_().where(tasks.c.crop_id == said.c.crop_id, tasks.c.purpose.in_((for_, "audit")))
    return (
        _rows(literal(for_).label("purpose"), asked.label("asked"), _erased().label("erased"))
        .join(batches, batches.c.batch_id == fields.c.batch_id)
        .where(batches.c.purpose == "production", fields.c.prediction_id.in_(prediction_ids))
    )


def _erased() -> Any:
    return exists_().where(
        schema.erased.c.table_name == "crops", schema.erased.c.row_key == schema.predictions.c.crop_id
    )


def _rows(*more: Any) -> Any:
    fields, said, decided = schema.batch_fields, schema.predictions, schema.decisions
    filed, pages, cut = schema.batch_pages, schema.pages, schema.page_fields
    judged = exists_().where(verdicts.c.crop_id == said.c.crop_id)
    policy = and_(decided.c.prediction_id == fields.c.prediction_id, decided.c.policy_digest == fields.c.policy_digest)
    place = [filed.c[name] == fields.c[name] for name in ("batch_id", "scan_no", "page_no")]
    return (
        select(
            fields.c.batch_id, fields.c.scan_no, fields.c.page_no, fields.c.field, fields.c.prediction_id,
            said.c.crop_id, said.c.outcome, said.c.text, said.c.confidence, decided.c.decision, cut.c.kind,
            pages.c.form, pages.c.form_digest, judged.label("judged"), *more,
        )
        .select_from(fields)
        .join(said, said.c.prediction_id == fields.c.prediction_id)
        .join(decided, policy)
        .join(filed, and_(*place))
        .join(pages, pages.c.page_key == filed.c.page_key)
        .join(cut, and_(cut.c.page_key == filed.c.page_key, cut.c.field == fields.c.field))
        .order_by(fields.c.scan_no, fields.c.page_no, cut.c.position)
    )  # fmt: skip
