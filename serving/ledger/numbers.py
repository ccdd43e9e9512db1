"""What production comes to, counted in SQL: fields and decisions, people's work, verdicts, records, the line.

A field is a prediction: read once and used by several batches it counts once, with its first decision.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from sqlalchemy import CTE, ColumnElement, Connection, Row, Select, and_, case, exists, func, select

from serving.ledger import schema
from serving.ledger.desk import Desk
from serving.ledger.queries import CHUNK
from serving.ledger.schema.truth import record_events, verdicts
from serving.ledger.truth import Truth

SETTLING = ("crowd", "expert")
"""Whose verdicts settle a field in the first place; customers come later."""


@dataclass(frozen=True, kw_only=True)
class Scope:
    """Which fields: those of a batch, those decided from `since` to `until` (both inclusive); what is known of them at
    `known_at`. Times as the ledger writes them, None for no bound."""

    batch_id: str | None = None
    since: str | None = None
    until: str | None = None
    known_at: str | None = None

    def within(self, at: Any) -> list[ColumnElement[bool]]:
        """The conditions that a time lies in the period, and was not after what is known."""
        bounds = [] if self.since is None else [at >= self.since]
        return bounds + [at <= bound for bound in (self.until, self.known_at) if bound is not None]

    def known(self, at: Any) -> list[ColumnElement[bool]]:
        """The condition that something was known."""
        return [] if self.known_at is None else [at <= self.known_at]


class Numbers:
    """Counts within one transaction, so that they fit together."""

    def __init__(self, connection: Connection, scope: Scope) -> None:
        self._connection = connection
        self._scope = scope
        self.truth = Truth(connection)

    def now(self) -> str:
        """The database's time."""
        return Desk(self._connection).now()

    # Fields and decisions

    def decided(self) -> list[Row[Any]]:
        """Fields by kind and decision: `fields`, how many of them are `auditable`, and the `least` probability with
        which one of them is drawn. Audited ones stand each in a row of its own, with `prediction_id` and `crop_id`."""
        fields = _first_decisions(self._scope)
        audited = case((fields.c.decision == "audit", fields.c.prediction_id))
        query = select(
            fields.c.kind, fields.c.decision, audited.label("prediction_id"),
            func.max(fields.c.crop_id).label("crop_id"), func.count().label("fields"),
            func.count(fields.c.probability).label("auditable"),
            func.min(fields.c.probability).label("least"),
        ).where(fields.c.nth == 1)  # fmt: skip
        return self._all(query.group_by(fields.c.kind, fields.c.decision, audited))

    def pages(self) -> int:
        """Pages with at least one such field."""
        fields = schema.batch_fields
        pages = _decisions(self._scope, [fields.c.batch_id, fields.c.scan_no, fields.c.page_no]).distinct().subquery()
        return self._connection.scalar(select(func.count()).select_from(pages)) or 0

    def purposes_of(self, crop_ids: Sequence[str]) -> list[Row[Any]]:
        """The tasks on these crops that somebody has voted on: crop, task and purpose."""
        tasks, votes = schema.tasks, schema.votes
        voted = select(votes.c.token).where(votes.c.task_id == tasks.c.task_id).exists()
        found: list[Row[Any]] = []
        for start in range(0, len(crop_ids), CHUNK):
            some = crop_ids[start : start + CHUNK]
            found += self._all(
                select(tasks.c.crop_id, tasks.c.task_id, tasks.c.purpose).where(tasks.c.crop_id.in_(some), voted)
            )
        return found

    # People's work

    def work(self) -> list[Row[Any]]:
        """Votes by purpose and kind, void ones too: votes, voided, tasks, seconds, keystrokes."""
        tasks, votes = schema.tasks, schema.votes
        query = select(
            tasks.c.purpose, tasks.c.kind, func.count().label("votes"),
            func.count(schema.vote_voids.c.token).label("voided"),
            func.count(tasks.c.task_id.distinct()).label("tasks"), func.sum(votes.c.seconds).label("seconds"),
            func.sum(votes.c.keystrokes).label("keystrokes"),
        )  # fmt: skip
        return self._all(_voted(query, self._scope).group_by(tasks.c.purpose, tasks.c.kind))

    def votes(self) -> list[Row[Any]]:
        """Valid blind votes of production and audits in the order of tasks and votes, with what the machine read."""
        tasks, votes, said = schema.tasks, schema.votes, schema.predictions
        seen = exists().where(schema.leases.c.token == votes.c.token, schema.leases.c.role == "verifier")
        query = select(
            votes.c.task_id, votes.c.person_id, votes.c.outcome, votes.c.text,
            tasks.c.crop_id, tasks.c.kind, tasks.c.form, tasks.c.field,
            said.c.outcome.label("machine_outcome"), said.c.text.label("machine_text"),
        )  # fmt: skip
        asked = _voted(query, self._scope).outerjoin(said, said.c.prediction_id == tasks.c.prediction_id)
        valid = schema.vote_voids.c.token.is_(None)
        return self._all(
            asked.where(tasks.c.purpose.in_(("production", "audit")), valid, ~seen)
            .order_by(votes.c.task_id, votes.c.at, votes.c.token)
        )  # fmt: skip

    def gold(self) -> list[Row[Any]]:
        """What was keyed of gold in the period, beside what is known to be true. Gold belongs to no batch."""
        tasks, votes, gold = schema.tasks, schema.votes, schema.gold
        query = (
            select(
                votes.c.outcome, votes.c.text, tasks.c.crop_id, tasks.c.kind, tasks.c.form, tasks.c.field,
                gold.c.outcome.label("true_outcome"), gold.c.text.label("true_text"),
            )
            .select_from(tasks)
            .join(votes, votes.c.task_id == tasks.c.task_id)
            .join(schema.leases, schema.leases.c.token == votes.c.token)
            .join(gold, gold.c.crop_id == tasks.c.crop_id)
            .where(tasks.c.purpose == "gold", schema.leases.c.role != "verifier", *self._scope.within(votes.c.at))
        )  # fmt: skip
        return self._all(query)

    def forms(self) -> dict[str, str]:
        """Digest of the latest definition of every form, by its name."""
        table = schema.forms
        rows = self._connection.execute(select(table.c.name, table.c.form_digest).order_by(table.c.created_at))
        return {row.name: row.form_digest for row in rows}

    # The line

    def line(self, now: str) -> Row[Any]:
        """What waits now: `tasks`, votes `wanted`, those `leased` and `overdue`, and since when the oldest waits."""
        slots = schema.slots
        return self._connection.execute(
            self._waiting(
                func.count(slots.c.task_id.distinct()).label("tasks"), func.count().label("wanted"),
                func.coalesce(func.sum(case((slots.c.free_from > now, 1), else_=0)), 0).label("leased"),
                func.coalesce(func.sum(case((slots.c.target_at < now, 1), else_=0)), 0).label("overdue"),
                func.min(slots.c.waits_since).label("oldest_at"),
            )
        ).one()  # fmt: skip

    def waiting_since(self) -> list[str]:
        """Since when each vote that is wanted is waited for, the middle one of them or the two in the middle."""
        since = schema.slots.c.waits_since
        count = self._connection.scalar(self._waiting(func.count())) or 0
        if not count:
            return []
        middle = self._waiting(since).order_by(since).offset((count - 1) // 2).limit(2 - count % 2)
        return list(self._connection.scalars(middle))

    def oldest(self, limit: int) -> list[Row[Any]]:
        """The questions that have waited longest: form, field, kind, purpose, since when, by when (`target_at`), and
        how many votes each wants."""
        slots, tasks = schema.slots, schema.tasks
        query = select(
            tasks.c.form, tasks.c.field, tasks.c.kind, tasks.c.purpose, slots.c.crop_id,
            func.min(slots.c.waits_since).label("since"), func.min(slots.c.target_at).label("target_at"),
            func.count().label("wanted"),
        ).join(tasks, tasks.c.task_id == slots.c.task_id)  # fmt: skip
        by = [tasks.c.task_id, tasks.c.form, tasks.c.field, tasks.c.kind, tasks.c.purpose, slots.c.crop_id]
        return self._all(query.group_by(*by).order_by("since", tasks.c.task_id).limit(limit))

    def _waiting(self, *columns: Any) -> Select[Any]:
        slots, tasks = schema.slots, schema.tasks
        query = select(*columns).select_from(slots)
        if self._scope.batch_id is None:
            return query
        return query.join(tasks, tasks.c.task_id == slots.c.task_id).where(tasks.c.batch_id == self._scope.batch_id)

    # What was settled

    def verdicts(self) -> dict[str, int]:
        """Verdicts on these fields, by source."""
        found = _judged(self._scope, [verdicts.c.verdict_id, verdicts.c.source]).distinct().subquery()
        rows = self._connection.execute(select(found.c.source, func.count()).group_by(found.c.source))
        return {row[0]: row[1] for row in rows}

    def settled(self) -> list[Row[Any]]:
        """For each field that people settled: when it was `decided_at` first, and when first settled, `known_at`."""
        said, decided = schema.predictions, schema.decisions
        query = _judged(
            self._scope,
            [func.min(decided.c.created_at).label("decided_at"), func.min(verdicts.c.known_at).label("known_at")],
        )
        return self._all(query.where(verdicts.c.source.in_(SETTLING)).group_by(said.c.prediction_id))

    def records(self) -> dict[str, int]:
        """Records to which this happened in the period: completed, delivered, reopened, corrected, erased."""
        events = record_events
        of_batch = [] if self._scope.batch_id is None else [events.c.batch_id == self._scope.batch_id]
        place = [events.c.event, events.c.batch_id, events.c.scan_no, events.c.page_no]
        found = select(*place).where(*of_batch, *self._scope.within(events.c.at)).distinct().subquery()
        rows = self._connection.execute(select(found.c.event, func.count()).group_by(found.c.event))
        return {row[0]: row[1] for row in rows}

    def _all(self, query: Select[Any]) -> list[Row[Any]]:
        return list(self._connection.execute(query))


def _decisions(scope: Scope, columns: Sequence[Any], *more: ColumnElement[bool]) -> Select[Any]:
    """Columns of the decisions that batches of production use."""
    fields, batches, decided = schema.batch_fields, schema.batches, schema.decisions
    policy = and_(decided.c.prediction_id == fields.c.prediction_id, decided.c.policy_digest == fields.c.policy_digest)
    of_batch = [] if scope.batch_id is None else [fields.c.batch_id == scope.batch_id]
    return (
        select(*columns)
        .select_from(fields)
        .join(batches, batches.c.batch_id == fields.c.batch_id)
        .join(decided, policy)
        .where(batches.c.purpose == "production", *of_batch, *scope.within(decided.c.created_at), *more)
    )


def _first_decisions(scope: Scope) -> CTE:
    """One row per field and decision; `nth` counts the decisions of a field, of which the first is taken."""
    fields, decided, filed, cut = schema.batch_fields, schema.decisions, schema.batch_pages, schema.page_fields
    nth = func.row_number().over(
        partition_by=fields.c.prediction_id, order_by=(decided.c.created_at, decided.c.policy_digest, fields.c.batch_id)
    )
    columns = [
        fields.c.prediction_id, decided.c.decision, decided.c.probability, cut.c.kind, cut.c.crop_id, nth.label("nth"),
    ]  # fmt: skip
    place = [filed.c[name] == fields.c[name] for name in ("batch_id", "scan_no", "page_no")]
    return (
        _decisions(scope, columns)
        .join(filed, and_(*place))
        .join(cut, and_(cut.c.page_key == filed.c.page_key, cut.c.field == fields.c.field))
        .cte("first_decisions")
    )


def _judged(scope: Scope, columns: Sequence[Any]) -> Select[Any]:
    """Columns of the verdicts on fields, found from the verdicts: there are fewer of them."""
    fields, said = schema.batch_fields, schema.predictions
    return (
        _decisions(scope, columns, *scope.known(verdicts.c.known_at))
        .join(said, said.c.prediction_id == fields.c.prediction_id)
        .join(verdicts, verdicts.c.crop_id == said.c.crop_id)
    )


def _voted(query: Select[Any], scope: Scope) -> Select[Any]:
    """Votes with their tasks: of a batch, and of tasks filed in the period. Gold is of no batch."""
    tasks, votes, voids = schema.tasks, schema.votes, schema.vote_voids
    of_batch = [] if scope.batch_id is None else [tasks.c.batch_id == scope.batch_id]
    at = case((tasks.c.purpose == "gold", votes.c.at), else_=tasks.c.created_at)  # gold is filed once and for all
    return (
        query.select_from(votes)
        .join(tasks, tasks.c.task_id == votes.c.task_id)
        .outerjoin(voids, and_(voids.c.token == votes.c.token, *scope.known(voids.c.at)))
        .where(*of_batch, *scope.within(at), *scope.known(votes.c.at))
    )
