"""The ledger's rows as columns: what analysis reads, in portions that are never read twice.

A scan's rows are complete once its end is in, and never change; so a portion is a list of scans, or what came into a
table after a moment. Sensitive values are masked here: what leaves this file may be copied.
"""

import json
from collections.abc import Sequence
from typing import Any

from sqlalchemy import ColumnElement, Connection, Row, Select, and_, case, exists, func, or_, select, tuple_, union

from serving.ledger import queries, schema
from serving.ledger.column_trials import trial_ends_since, trial_pairs_since, trials_since
from serving.ledger.erased import erased_day
from serving.ledger.masking import is_sensitive, masked
from serving.ledger.schema.lifecycle import activations
from serving.ledger.schema.truth import record_events, verdicts
from serving.ledger.statement import WITHDRAWN

Record = dict[str, Any]


class Columns:
    """Rows for analysis, read within one transaction."""

    def __init__(self, connection: Connection) -> None:
        self._connection = connection

    def erasures(self) -> int:
        """How many pages were ever erased: any more than last time, and copies of rows are void."""
        return self._connection.scalar(select(func.count()).select_from(schema.erasures)) or 0

    def ended(self, since: str) -> list[Record]:
        """The scans all of whose pages came in at a moment or after it, in that order: batch_id, scan_no, at."""
        ends = schema.scan_ends
        query = (
            select(ends.c.batch_id, ends.c.scan_no, ends.c.at)
            .where(ends.c.at >= since)
            .order_by(ends.c.at, ends.c.batch_id, ends.c.scan_no)
        )
        return [dict(row._mapping) for row in self._connection.execute(query)]

    def fields(self, batch_id: str, scans: Sequence[int]) -> list[Record]:
        """One row for each field of these scans of a batch: what was predicted, measured and decided."""
        return [_field(row) for row in self._connection.execute(_fields(batch_id, scans))]

    def pages(self, batch_id: str, scans: Sequence[int]) -> list[Record]:
        """One row for each page of these scans of a batch."""
        return [_page(row) for row in self._connection.execute(_pages(batch_id, scans))]

    def others(self, since: str) -> list[Record]:
        """Predictions that no batch uses (trials, replays), made at a moment or after it."""
        return [_field(row) for row in self._connection.execute(_others(since))]

    def compared(self, since: str) -> list[Record]:
        """What models said beside what was settled of the same crops, where one of both came in at a moment or after:
        `read` and `read_text`, `settled` and `settled_text`, with the field and `form_digest`. Never to be kept: these
        values are not masked."""
        return [dict(row._mapping) for row in self._connection.execute(_compared(since))]

    def table(self, name: str, since: str) -> list[Record]:
        """Rows of one of `TABLES` that came in at a moment or after it."""
        return [_masked(dict(row._mapping)) for row in self._connection.execute(TABLES[name](since))]

    def form_definition(self, form_digest: str) -> Record | None:
        """The definition of a form, as it was when it was used."""
        text = queries.form_definition(self._connection, form_digest)
        return None if text is None else json.loads(text)


def _of_crop() -> Any:
    """One field for each crop: a crop is the same field on every page that it was cut from."""
    cut, pages = schema.page_fields, schema.pages
    return (
        select(
            cut.c.crop_id, func.min(cut.c.field).label("field"), func.min(cut.c.kind).label("kind"),
            _any_sensitive(cut.c.sensitive), func.min(pages.c.form).label("form"),
            func.min(pages.c.page_id).label("page_id"),
        )
        .join(pages, pages.c.page_key == cut.c.page_key)
        .group_by(cut.c.crop_id)
    )  # fmt: skip


def _any_sensitive(said: ColumnElement[Any]) -> ColumnElement[Any]:
    """Whether any form says so of a crop."""
    return func.max(case((said, 1), else_=0)).label("sensitive")


def _said_sensitive(crop_id: ColumnElement[Any]) -> ColumnElement[Any]:
    """The same, of the crop or of the one that it is a part of; all of them are found once, not for each row."""
    cut, parts = schema.page_fields, schema.crop_parts
    wholes = select(cut.c.crop_id).where(cut.c.sensitive)
    return crop_id.in_(wholes) | crop_id.in_(select(parts.c.part_id).where(parts.c.crop_id.in_(wholes)))


def _fields(batch_id: str, scans: Sequence[int]) -> Select[Any]:
    used, filed, pages, cut = schema.batch_fields, schema.batch_pages, schema.pages, schema.page_fields
    said, decided, crops, files, runs = (
        schema.predictions, schema.decisions, schema.crops, schema.scans, schema.batches,
    )  # fmt: skip
    place = [filed.c[name] == used.c[name] for name in ("batch_id", "scan_no", "page_no")]
    policy = and_(decided.c.prediction_id == used.c.prediction_id, decided.c.policy_digest == used.c.policy_digest)
    return (
        select(
            used.c.batch_id, used.c.scan_no, used.c.page_no, used.c.field, used.c.policy_digest, pages.c.page_id,
            pages.c.form, pages.c.form_digest, pages.c.scanner, cut.c.kind, cut.c.sensitive,
            files.c.path.label("scan"), crops.c.quality, decided.c.decision, decided.c.code, decided.c.threshold,
            decided.c.probability, decided.c.created_at.label("decided_at"), (~_used_before()).label("fresh"), *_SAID,
        )
        .select_from(used)
        .join(runs, runs.c.batch_id == used.c.batch_id)
        .join(filed, and_(*place))
        .join(pages, pages.c.page_key == filed.c.page_key)
        .join(files, and_(files.c.batch_id == used.c.batch_id, files.c.scan_no == used.c.scan_no))
        .join(cut, and_(cut.c.page_key == filed.c.page_key, cut.c.field == used.c.field))
        .join(said, said.c.prediction_id == used.c.prediction_id)
        .join(decided, policy)
        .join(crops, crops.c.crop_id == said.c.crop_id)
        .where(used.c.batch_id == batch_id, used.c.scan_no.in_(scans))
        .order_by(used.c.scan_no, used.c.page_no, cut.c.position)
    )  # fmt: skip


_SAID = [
    schema.predictions.c[name]
    for name in (
        "prediction_id", "crop_id", "bundle_id", "purpose", "outcome", "text", "confidence", "alternatives", "parts",
        "measured", "latency_ms", "created_at",
    )
]  # fmt: skip


def _used_before() -> ColumnElement[bool]:
    """Whether a batch of this purpose that began earlier, or an earlier scan of this one, has the same prediction."""
    used, runs = schema.batch_fields, schema.batches
    other, its = used.alias("other"), runs.alias("its")
    earlier = or_(
        its.c.seq < runs.c.seq,
        and_(
            its.c.seq == runs.c.seq, tuple_(other.c.scan_no, other.c.page_no) < tuple_(used.c.scan_no, used.c.page_no)
        ),
    )
    return (
        exists()
        .where(
            other.c.prediction_id == used.c.prediction_id,
            its.c.batch_id == other.c.batch_id,
            its.c.purpose == runs.c.purpose,
            earlier,
        )
        .correlate(used, runs)
    )


def _others(since: str) -> Select[Any]:
    said, crops = schema.predictions, schema.crops
    of = _of_crop().where(schema.page_fields.c.crop_id.in_(_made_since(since, said.c.crop_id))).subquery()
    return (
        select(*_SAID, crops.c.quality, of.c.field, of.c.kind, of.c.sensitive, of.c.form, of.c.page_id)
        .join(crops, crops.c.crop_id == said.c.crop_id)
        .join(of, of.c.crop_id == said.c.crop_id)
        .where(said.c.purpose.in_(("trial", "replay")), said.c.created_at >= since)
        .order_by(said.c.created_at, said.c.prediction_id)
    )


def _made_since(since: str, column: ColumnElement[Any]) -> Select[Any]:
    said = schema.predictions
    return select(column).where(said.c.purpose.in_(("trial", "replay")), said.c.created_at >= since)


def _pages(batch_id: str, scans: Sequence[int]) -> Select[Any]:
    filed, pages, files = schema.batch_pages, schema.pages, schema.scans
    return (
        select(
            filed.c.batch_id, filed.c.scan_no, filed.c.page_no, pages.c.page_id, files.c.path.label("scan"),
            pages.c.scanner, pages.c.form, pages.c.form_digest, pages.c.status, pages.c.width_px, pages.c.height_px,
            pages.c.quality, pages.c.alignment, pages.c.stage_ms, pages.c.created_at,
        )
        .join(pages, pages.c.page_key == filed.c.page_key)
        .join(files, and_(files.c.batch_id == filed.c.batch_id, files.c.scan_no == filed.c.scan_no))
        .where(filed.c.batch_id == batch_id, filed.c.scan_no.in_(scans))
        .order_by(filed.c.scan_no, filed.c.page_no)
    )  # fmt: skip


def _batches(since: str) -> Select[Any]:
    runs = schema.batches
    return select(runs.c.batch_id, runs.c.bundle_id, runs.c.purpose, runs.c.started_at).where(
        runs.c.started_at >= since
    )


def _votes(since: str) -> Select[Any]:
    votes, tasks, leases = schema.votes, schema.tasks, schema.leases
    return (
        select(
            votes.c.token, votes.c.task_id, votes.c.person_id.label("person"), leases.c.role, tasks.c.crop_id,
            tasks.c.prediction_id, tasks.c.batch_id, tasks.c.form, tasks.c.field, tasks.c.kind, tasks.c.purpose,
            votes.c.outcome, votes.c.text, votes.c.seconds, votes.c.keystrokes, votes.c.at,
            _said_sensitive(tasks.c.crop_id).label("sensitive"),
        )
        .join(tasks, tasks.c.task_id == votes.c.task_id)
        .join(leases, leases.c.token == votes.c.token)
        .where(votes.c.at >= since)
        .order_by(votes.c.token)
    )  # fmt: skip


def _vote_voids(since: str) -> Select[Any]:
    voids = schema.vote_voids
    return select(voids.c.token, voids.c.at).where(voids.c.at >= since).order_by(voids.c.token)


def _verdicts(since: str) -> Select[Any]:
    late = select(verdicts.c.crop_id).where(verdicts.c.known_at >= since)
    of = _of_crop().where(schema.page_fields.c.crop_id.in_(late)).subquery()
    return (
        select(
            verdicts.c.verdict_id, verdicts.c.crop_id, of.c.form, of.c.field, of.c.kind, of.c.sensitive,
            verdicts.c.source, verdicts.c.outcome, verdicts.c.text, verdicts.c.confidence, verdicts.c.valid_at,
            verdicts.c.known_at, verdicts.c.evidence,
        )
        .join(of, of.c.crop_id == verdicts.c.crop_id)
        .where(verdicts.c.known_at >= since)
        .order_by(verdicts.c.seq)
    )  # fmt: skip


def _compared(since: str) -> Select[Any]:
    said, cut, pages = schema.predictions, schema.page_fields, schema.pages
    late_crops = union(
        select(verdicts.c.crop_id).where(verdicts.c.known_at >= since),
        select(verdicts.c.crop_id).join(said, said.c.crop_id == verdicts.c.crop_id).where(said.c.created_at >= since),
    ).subquery()
    of = (
        select(
            cut.c.crop_id, func.min(cut.c.field).label("field"), func.min(cut.c.kind).label("kind"),
            func.min(pages.c.form_digest).label("form_digest"),
        )
        .join(pages, pages.c.page_key == cut.c.page_key)
        .where(cut.c.crop_id.in_(select(late_crops.c.crop_id)))
        .group_by(cut.c.crop_id)
        .subquery()
    )  # fmt: skip
    return (
        select(
            verdicts.c.verdict_id, verdicts.c.known_at, said.c.prediction_id, said.c.created_at, of.c.field,
            of.c.kind, of.c.form_digest, said.c.outcome.label("read"), said.c.text.label("read_text"),
            verdicts.c.outcome.label("settled"), verdicts.c.text.label("settled_text"),
        )
        .join(said, said.c.crop_id == verdicts.c.crop_id)
        .join(of, of.c.crop_id == verdicts.c.crop_id)
        .where(verdicts.c.outcome != WITHDRAWN)
        .order_by(verdicts.c.seq, said.c.prediction_id)
    )  # fmt: skip


def _record_events(since: str) -> Select[Any]:
    events = record_events
    return (
        select(events.c.seq, events.c.batch_id, events.c.scan_no, events.c.page_no, events.c.event, events.c.at)
        .where(events.c.at >= since)
        .order_by(events.c.seq)
    )


def _activations(since: str) -> Select[Any]:
    rows = activations
    return (
        select(
            rows.c.seq, rows.c.scope, rows.c.bundle_id, rows.c.replaced, rows.c.how, rows.c.by, rows.c.reason,
            rows.c.evidence, rows.c.at,
        )
        .where(rows.c.at >= since)
        .order_by(rows.c.seq)
    )  # fmt: skip


TABLES = {
    "activations": _activations,
    "batches": _batches,
    "votes": _votes,
    "vote_voids": _vote_voids,
    "verdicts": _verdicts,
    "record_events": _record_events,
    "trials": trials_since,
    "trial_pairs": trial_pairs_since,
    "trial_ends": trial_ends_since,
}
"""What comes in by time."""


def _masked(record: Record) -> Record:
    said = record.pop("sensitive", None)
    if "text" in record and is_sensitive(record["kind"], said):
        record["text"] = masked(record["text"], record["kind"])
    return record


def _field(row: Row[Any]) -> Record:
    plain = _masked(dict(row._mapping))
    alternatives = json.loads(plain.pop("alternatives"))
    measured = json.loads(plain.pop("measured"))
    parts = json.loads(plain.pop("parts"))
    erased = erased_day(plain["text"]) is not None
    return plain | {
        "characters": None if erased else len(plain["text"]),
        "runner_up": alternatives[0]["confidence"] if alternatives else None,
        "log_mass": measured.get("log_mass"),
        "components": len(parts),
        "parts_agree": _share_alike(parts, row),
        **_quality(plain.pop("quality")),
    }


def _share_alike(parts: Sequence[Record], row: Row[Any]) -> float | None:
    """Of the components of a stack, those that say what it says; None where it is no stack."""
    alike = [(part["outcome"], part["text"]) == (row.outcome, row.text) for part in parts]
    return sum(alike) / len(alike) if alike else None


def _page(row: Row[Any]) -> Record:
    plain = dict(row._mapping)
    stages = json.loads(plain.pop("stage_ms"))
    alignment = json.loads(plain.pop("alignment"))
    return plain | {
        "milliseconds": sum(stages.values()),
        "method": alignment.get("method"),
        "residual_px": alignment.get("residual_px"),
        **_quality(plain.pop("quality")),
    }


def _quality(text: str | None) -> Record:
    return json.loads(text) if text else {}
