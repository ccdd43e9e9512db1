"""The questions about what fields are believed to be, and what became of their records."""

import json
from collections import defaultdict
from collections.abc import Collection, Iterable, Sequence
from typing import Any

from sqlalchemy import ColumnElement, Connection, Row, Select, and_, func, or_, select

from serving.ledger import schema
from serving.ledger.parts import Parts
from serving.ledger.queries import CHUNK
from serving.ledger.schema.truth import record_events, verdicts
from serving.ledger.statement import FieldUse, RecordEvent, RecordKey, Statement
from serving.ledger.truth_rows import event_of, reading_of, use_of, verdict_of

Statements = dict[str, tuple[Statement, ...]]
"""By crop."""


class Truth:
    """Answers within one transaction, so that several answers fit together."""

    def __init__(self, connection: Connection) -> None:
        self._connection = connection
        self.parts = Parts(connection)

    # Where fields are

    def uses_in(self, batch_id: str) -> list[FieldUse]:
        """The fields of a batch, in the order of scans, pages and fields."""
        return self._uses(schema.batch_fields.c.batch_id == batch_id)

    def uses_of(self, crop_ids: Collection[str]) -> list[FieldUse]:
        """Wherever these crops are fields of a batch, earlier batches first."""
        return [use for some in _chunks(crop_ids) for use in self._uses(schema.predictions.c.crop_id.in_(some))]

    def uses_at(self, scan: str, page_no: int, field: str, batch_id: str | None = None) -> list[FieldUse]:
        """The field of that name on a page of a scan of that name, in each batch (or this one) that has it."""
        fields = schema.batch_fields
        here = [schema.scans.c.path == scan, fields.c.page_no == page_no, fields.c.field == field]
        return self._uses(*here, *([] if batch_id is None else [fields.c.batch_id == batch_id]))

    def uses_on(self, records: Iterable[RecordKey]) -> list[FieldUse]:
        """All fields of these records, whatever their batches are for."""
        fields = schema.batch_fields
        found = []
        for some in _chunks(records, CHUNK // 4):
            rows = self._connection.execute(_use_rows().where(or_(*[_is(fields, key) for key in some])))
            found += [use_of(row) for row in rows]
        return found

    def fields_in(self, batch_id: str) -> list[tuple[str | None, str, str]]:
        """The fields that pages of a batch have: digest of the form, name and kind, form by form in their order."""
        filed, pages, cut = schema.batch_pages, schema.pages, schema.page_fields
        query = (
            select(pages.c.form_digest, cut.c.field, cut.c.kind)
            .select_from(filed)
            .join(pages, pages.c.page_key == filed.c.page_key)
            .join(cut, cut.c.page_key == filed.c.page_key)
            .where(filed.c.batch_id == batch_id)
            .group_by(pages.c.form, pages.c.form_digest, cut.c.field, cut.c.kind)
            .order_by(pages.c.form, pages.c.form_digest, func.min(cut.c.position), cut.c.field)
        )
        return [(row.form_digest, row.field, row.kind) for row in self._connection.execute(query)]

    def uses_since(self, since: str, until: str | None = None) -> list[FieldUse]:
        """The fields that were decided in this time."""
        at = schema.decisions.c.created_at
        return self._uses(at >= since, *([] if until is None else [at <= until]))

    def crops_named(self, text: str) -> list[str]:
        """The crops whose id, or a prediction of which, begins with the text."""
        said = schema.predictions
        pattern = text.replace("%", "").replace("_", "") + "%"
        query = select(said.c.crop_id).distinct().where(
            or_(said.c.crop_id.like(pattern), said.c.prediction_id.like(pattern))
        )  # fmt: skip
        return list(self._connection.scalars(query.order_by(said.c.crop_id).limit(3)))

    # What is said of them

    def verdicts_on(self, crop_ids: Collection[str]) -> Statements:
        """What people settled about these crops, as it was learned; crops without a verdict are missing."""
        rows: list[Row[Any]] = []
        for some in _chunks(crop_ids):
            rows += self._connection.execute(select(verdicts).where(verdicts.c.crop_id.in_(some)))
        return _by_crop([verdict_of(row) for row in rows])

    def readings_of(self, crop_ids: Collection[str]) -> Statements:
        """What models said of these crops in production, and what was decided."""
        rows: list[Row[Any]] = []
        for some in _chunks(crop_ids):
            rows += self._connection.execute(_readings().where(schema.predictions.c.crop_id.in_(some)))
        return _by_crop([reading_of(row) for row in rows])

    def first_read(self, crop_ids: Collection[str]) -> dict[str, str]:
        """When these crops were first read; those that never were are missing."""
        said = schema.predictions
        found: dict[str, str] = {}
        for some in _chunks(crop_ids):
            query = select(said.c.crop_id, func.min(said.c.created_at)).where(said.c.crop_id.in_(some))
            found |= {row[0]: row[1] for row in self._connection.execute(query.group_by(said.c.crop_id))}
        return found

    def crops_judged(self, batch_id: str | None = None) -> list[str]:
        """The crops that have a verdict: all, or those of a batch."""
        query = select(verdicts.c.crop_id).distinct()
        if batch_id is not None:
            said, fields = schema.predictions, schema.batch_fields
            query = (
                query.join(said, said.c.crop_id == verdicts.c.crop_id)
                .join(fields, fields.c.prediction_id == said.c.prediction_id)
                .where(fields.c.batch_id == batch_id)
            )
        return list(self._connection.scalars(query.order_by(verdicts.c.crop_id)))

    def verdict_numbers(self, verdict_ids: Collection[str]) -> dict[str, int]:
        """The numbers of these verdicts: later ones have greater ones, and an erasure leaves them as they are."""
        found: dict[str, int] = {}
        for some in _chunks(verdict_ids):
            query = select(verdicts.c.verdict_id, verdicts.c.seq).where(verdicts.c.verdict_id.in_(some))
            found |= {row.verdict_id: row.seq for row in self._connection.execute(query)}
        return found

    def learned_from(self, by: str) -> int:
        """How many verdicts were learned from somebody of this name."""
        return self._connection.scalar(select(func.count()).select_from(verdicts).where(verdicts.c.by == by)) or 0

    # What became of the records

    def events(self, batch_id: str | None = None, records: Collection[RecordKey] | None = None) -> list[RecordEvent]:
        """What happened to records, in its order: to all, to those of a batch, or to these."""
        query = select(record_events).order_by(record_events.c.seq)
        if batch_id is not None:
            query = query.where(record_events.c.batch_id == batch_id)
        if records is None:
            return [event_of(row) for row in self._connection.execute(query)]
        rows: list[Row[Any]] = []
        for some in _chunks(records, CHUNK // 4):
            rows += self._connection.execute(query.where(or_(*[_is(record_events, key) for key in some])))
        return [event_of(row) for row in rows]

    def pages_of(self, batch_id: str) -> list[RecordKey]:
        """The records of a batch, those without fields too."""
        pages = schema.batch_pages
        query = select(pages.c.batch_id, pages.c.scan_no, pages.c.page_no).where(pages.c.batch_id == batch_id)
        rows = self._connection.execute(query.order_by(pages.c.scan_no, pages.c.page_no))
        return [(row.batch_id, row.scan_no, row.page_no) for row in rows]

    def form_definition(self, form_digest: str) -> dict[str, Any] | None:
        """The definition of a form as plain data."""
        table = schema.forms
        text = self._connection.scalar(select(table.c.definition).where(table.c.form_digest == form_digest))
        return None if text is None else json.loads(text)

    def _uses(self, *where: ColumnElement[bool]) -> list[FieldUse]:
        for_production = schema.batches.c.purpose == "production"
        return [use_of(row) for row in self._connection.execute(_use_rows().where(for_production, *where))]


def _first_read() -> Any:
    """When a crop was first read: since then the readings of it hold."""
    first = schema.predictions.alias("first")
    return select(func.min(first.c.created_at)).where(first.c.crop_id == schema.predictions.c.crop_id).scalar_subquery()


def _erased_at() -> Any:
    erased, erasures = schema.erased, schema.erasures
    of_crop = erased.c.table_name == "crops", erased.c.row_key == schema.predictions.c.crop_id
    found = select(erasures.c.at).join(erased, erased.c.erasure_id == erasures.c.erasure_id).where(*of_crop)
    return found.correlate(schema.predictions).scalar_subquery()


def _readings() -> Select[Any]:
    said, decided = schema.predictions, schema.decisions
    return (
        select(*_said(), *_decided(), _first_read().label("first_read"))
        .select_from(said)
        .join(decided, decided.c.prediction_id == said.c.prediction_id)
        .where(said.c.purpose == "production")
    )


def _said() -> list[Any]:
    said = schema.predictions.c
    return [said.prediction_id, said.crop_id, said.bundle_id, said.outcome, said.text, said.confidence]


def _decided() -> list[Any]:
    decided = schema.decisions.c
    return [
        decided.policy_digest, decided.decision, decided.code, decided.reason, decided.threshold, decided.probability,
        decided.created_at.label("decided_at"),
    ]  # fmt: skip


def _use_rows() -> Select[Any]:
    fields, said, decided, batches = schema.batch_fields, schema.predictions, schema.decisions, schema.batches
    filed, pages, cut, scans, crops = (
        schema.batch_pages, schema.pages, schema.page_fields, schema.scans, schema.crops
    )  # fmt: skip
    place = [filed.c[name] == fields.c[name] for name in ("batch_id", "scan_no", "page_no")]
    policy = and_(decided.c.prediction_id == fields.c.prediction_id, decided.c.policy_digest == fields.c.policy_digest)
    return (
        select(
            fields.c.batch_id, fields.c.scan_no, fields.c.page_no, fields.c.field, scans.c.path, pages.c.page_id,
            pages.c.form, pages.c.form_digest, cut.c.kind, cut.c.sensitive, crops.c.quality, *_said(), *_decided(),
            _first_read().label("first_read"), _erased_at().label("erased_at"),
        )
        .select_from(fields)
        .join(batches, batches.c.batch_id == fields.c.batch_id)
        .join(said, said.c.prediction_id == fields.c.prediction_id)
        .join(decided, policy)
        .join(filed, and_(*place))
        .join(pages, pages.c.page_key == filed.c.page_key)
        .join(cut, and_(cut.c.page_key == filed.c.page_key, cut.c.field == fields.c.field))
        .join(scans, and_(scans.c.batch_id == fields.c.batch_id, scans.c.scan_no == fields.c.scan_no))
        .join(crops, crops.c.crop_id == said.c.crop_id)
        .order_by(batches.c.seq, fields.c.scan_no, fields.c.page_no, cut.c.position)
    )  # fmt: skip


def _by_crop(statements: Sequence[Statement]) -> Statements:
    found: dict[str, list[Statement]] = defaultdict(list)
    for said in sorted(statements, key=lambda said: (said.known_at, said.statement_id)):
        found[said.crop_id].append(said)
    return {crop_id: tuple(items) for crop_id, items in found.items()}


def _is(table: Any, key: RecordKey) -> ColumnElement[bool]:
    batch_id, scan_no, page_no = key
    return and_(table.c.batch_id == batch_id, table.c.scan_no == scan_no, table.c.page_no == page_no)


def _chunks(items: Iterable[Any], size: int = CHUNK) -> list[list[Any]]:
    """The items, each once, as many together as one query may name."""
    listed = list(dict.fromkeys(items))
    return [listed[start : start + size] for start in range(0, len(listed), size)]
