"""Tasks and what they want, in SQL."""

import json
from collections.abc import Iterable, Sequence
from typing import Any

from sqlalchemy import Connection, Row, bindparam, func, select
from sqlalchemy import exists as exists_

from recognizer.reading import View
from serving.ledger.desk.insert import insert
from serving.ledger.desk.values import Gold, Task
from serving.ledger.schema import crop_parts, crops, gold, slots, task_wants, tasks, views
from serving.ledger.schema.truth import verdicts
from serving.ledger.statement import WITHDRAWN

_newer = task_wants.alias()
_last = select(func.max(_newer.c.seq)).where(_newer.c.task_id == tasks.c.task_id).correlate(tasks).scalar_subquery()
_FIND = (
    select(tasks, task_wants.c.votes, task_wants.c.role, task_wants.c.reason)
    .select_from(tasks)
    .outerjoin(task_wants, task_wants.c.seq == _last)
    .where(tasks.c.task_id == bindparam("task"))
)
# Only against others who lock: a lease refers to the task meanwhile, and must not wait.
_LOCK = select(tasks.c.seq).where(tasks.c.task_id == bindparam("task")).with_for_update(key_share=True)
_WANTED = (
    select(task_wants.c.votes, task_wants.c.role)
    .where(task_wants.c.task_id == bindparam("task"))
    .order_by(task_wants.c.seq.desc())
    .limit(1)
)
_WANTED_BEFORE = _WANTED.where(task_wants.c.votes > 0)
_COLUMNS = (
    "task_id", "crop_id", "prediction_id", "purpose", "batch_id", "record_id", "form", "field", "kind", "value",
    "due_at", "consensus",
)  # fmt: skip


class Tasks:
    """The tasks, within one transaction."""

    def __init__(self, connection: Connection) -> None:
        self._connection = connection

    def add(self, new: Sequence[Task], now: str) -> list[Task]:
        """File tasks; gives those that were not there."""
        rows = [{name: getattr(task, name) for name in _COLUMNS} | {"created_at": now} for task in new]
        statement = insert(self._connection, tasks).on_conflict_do_nothing().returning(tasks.c.task_id)
        added = set(self._connection.scalars(statement, rows))
        return [task for task in {task.task_id: task for task in new}.values() if task.task_id in added]

    def lock(self, task_id: str) -> None:
        """Nobody else decides anything about this task until the transaction ends. In SQLite nobody else writes."""
        if self._connection.dialect.name == "postgresql":
            self._connection.execute(_LOCK, {"task": task_id})

    def find(self, task_id: str) -> Task | None:
        """A task with what it wants now."""
        row = self._connection.execute(_FIND, {"task": task_id}).one_or_none()
        return None if row is None else _task_of(row)

    def want(self, wants: Iterable[tuple[str, int, str, str]], now: str) -> None:
        """Note that tasks want votes: (task_id, votes, role, reason)."""
        rows = [
            {"task_id": task_id, "votes": votes, "role": role, "reason": reason, "at": now}
            for task_id, votes, role, reason in wants
        ]
        if rows:
            self._connection.execute(task_wants.insert(), rows)

    def wanted(self, task_id: str, *, before: bool = False) -> tuple[int, str] | None:
        """Votes and role that a task wants, or (`before`) wanted when it last wanted any; None for gold."""
        row = self._connection.execute(_WANTED_BEFORE if before else _WANTED, {"task": task_id}).one_or_none()
        return None if row is None else (row.votes, row.role)

    def answered_elsewhere(self, most: int) -> list[tuple[str, str]]:
        """Tasks of production that want votes though something was settled about their crop, or the whole that it is
        part of: (task_id, crop_id)."""
        of_part = crop_parts.c.part_id == tasks.c.crop_id, verdicts.c.crop_id == crop_parts.c.crop_id
        settled = exists_().where(verdicts.c.crop_id == tasks.c.crop_id) | exists_().where(*of_part)
        query = (
            select(tasks.c.task_id, tasks.c.crop_id)
            .where(tasks.c.purpose == "production", settled, tasks.c.task_id.in_(select(slots.c.task_id)))
            .order_by(tasks.c.task_id)
            .limit(most)
        )
        return [(row.task_id, row.crop_id) for row in self._connection.execute(query)]

    def closed_in_vain(self, since: int, reasons: Sequence[str]) -> list[tuple[str, str]]:
        """Tasks that want nothing for one of these reasons, about whose field (or the whole of it) something was taken
        back after the verdict with the number `since`: (task_id, crop_id)."""
        gone = (verdicts.c.seq > since) & (verdicts.c.outcome == WITHDRAWN)
        parts = select(crop_parts.c.part_id).join(verdicts, verdicts.c.crop_id == crop_parts.c.crop_id).where(gone)
        about = tasks.c.crop_id.in_(select(verdicts.c.crop_id).where(gone)) | tasks.c.crop_id.in_(parts)
        query = (
            select(tasks.c.task_id, tasks.c.crop_id)
            .select_from(tasks)
            .join(task_wants, task_wants.c.seq == _last)
            .where(about, task_wants.c.votes == 0, task_wants.c.reason.in_(reasons))
            .order_by(tasks.c.task_id)
        )
        return [(row.task_id, row.crop_id) for row in self._connection.execute(query)]

    def last_verdict(self) -> int:
        """The number of the latest verdict; 0 before the first."""
        return self._connection.scalar(select(func.max(verdicts.c.seq))) or 0

    def picture(self, crop_id: str) -> tuple[bytes, float] | None:
        """A crop's image as PNG, and its dots per inch."""
        row = self._connection.execute(select(crops.c.png, crops.c.dpi).where(crops.c.crop_id == crop_id)).one_or_none()
        return None if row is None else (row.png, row.dpi)

    def view(self, crop_id: str) -> View | None:
        """The field of a crop on its page, where the cut made a view and somebody was to be asked."""
        row = self._connection.execute(select(views).where(views.c.crop_id == crop_id)).one_or_none()
        return None if row is None else View(jpeg=row.jpeg, dpi=row.dpi, box=tuple(json.loads(row.box)))

    def add_gold(self, known: Iterable[Gold], now: str) -> None:
        """File known answers; what is there stays."""
        rows = [vars(item) | {"at": now} for item in known]
        if rows:
            self._connection.execute(insert(self._connection, gold).on_conflict_do_nothing(), rows)

    def gold(self, crop_id: str) -> Gold | None:
        """The known answer of a crop."""
        row = self._connection.execute(select(gold).where(gold.c.crop_id == crop_id)).one_or_none()
        return None if row is None else Gold(crop_id=row.crop_id, outcome=row.outcome, text=row.text, by=row.by)


def _task_of(row: Row[Any]) -> Task:
    static = {name: getattr(row, name) for name in _COLUMNS}
    return Task(
        **static,
        votes=row.votes or 0,
        role=row.role or "reviewer",
        reason=row.reason or "",
        created_at=row.created_at,
    )
