"""What those ask who learn from what was settled: pictures, gold, sides of training, what is not settled yet."""

import json
from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass
from typing import Any

from sqlalchemy import Connection, Row, Select, and_, exists, func, select

from serving.ledger import schema
from serving.ledger.clock import utc_now
from serving.ledger.desk.insert import insert
from serving.ledger.plain import canonical, quality_from, steps_from
from serving.ledger.queries import CHUNK
from serving.ledger.rows import page_of, prediction_of
from serving.ledger.schema.learning import example_sets, example_splits
from serving.ledger.schema.truth import verdicts
from serving.ledger.truth import Truth
from serving.ledger.values import PageEntry, Prediction, StoredCrop


@dataclass(frozen=True, kw_only=True)
class ExampleSet:
    """A set of examples that a bundle was made of. `facts` counts what is in it."""

    set_digest: str
    bundle_id: str
    known_at: str
    facts: Mapping[str, Any]
    at: str = ""


class Lessons:
    """Answers within one transaction; what `note_` adds is durable when that ends."""

    def __init__(self, connection: Connection) -> None:
        self._connection = connection
        self.truth = Truth(connection)

    # What was settled

    def gold(self, crop_ids: Collection[str]) -> set[str]:
        """Those of the crops whose answer was known beforehand."""
        table = schema.gold
        return {row.crop_id for some in _chunks(crop_ids) for row in self._rows(
            select(table.c.crop_id).where(table.c.crop_id.in_(some)))}  # fmt: skip

    def pictures(self, fields: Mapping[str, str]) -> dict[str, StoredCrop]:
        """Crops by id, each as the field of this name."""
        table, found = schema.crops, {}
        for some in _chunks(fields):
            for row in self._rows(select(table).where(table.c.crop_id.in_(some))):
                found[row.crop_id] = StoredCrop(
                    crop_id=row.crop_id, field=fields[row.crop_id], png=row.png, dpi=row.dpi,
                    quality=quality_from(row.quality), steps=steps_from(row.steps),
                    marks=tuple((x, y, wide, high) for x, y, wide, high in json.loads(row.marks)),
                )  # fmt: skip
        return found

    def pages(self, places: Collection[tuple[str, int, int]]) -> dict[tuple[str, int, int], PageEntry]:
        """The pages that records (batch, scan, page) were made of, as they were prepared then."""
        filed, pages, found = schema.batch_pages, schema.pages, {}
        for batch_id in sorted({place[0] for place in places}):
            query = (
                select(pages, filed.c.scan_no)
                .join(filed, filed.c.page_key == pages.c.page_key)
                .where(filed.c.batch_id == batch_id)
            )
            for row in self._rows(query):
                if (batch_id, row.scan_no, row.page_no) in places:
                    found[batch_id, row.scan_no, row.page_no] = page_of(row)
        return found

    # What is said of crops by any model

    def said_of(self, crop_ids: Collection[str]) -> dict[str, list[Prediction]]:
        """All that models said of these crops but to be examined or replayed, in the order of time."""
        said, found = schema.predictions, dict[str, list[Prediction]]()
        for some in _chunks(crop_ids):
            query = select(said).where(said.c.crop_id.in_(some), said.c.purpose.in_(("production", "trial")))
            for row in self._rows(query.order_by(said.c.created_at, said.c.prediction_id)):
                found.setdefault(row.crop_id, []).append(prediction_of(row))
        return found

    def unsettled(self, most: int) -> list[str]:
        """Crops of production of which no person has said anything, that are no gold; the latest first."""
        said = schema.predictions
        settled = exists().where(verdicts.c.crop_id == said.c.crop_id)
        known = exists().where(schema.gold.c.crop_id == said.c.crop_id)
        query = (
            select(said.c.crop_id, func.max(said.c.created_at))
            .where(said.c.purpose == "production", ~settled, ~known, ~_erased(said.c.crop_id))
            .group_by(said.c.crop_id)
            .order_by(func.max(said.c.created_at).desc(), said.c.crop_id)
        )
        return [row[0] for row in self._rows(query.limit(most))]

    def seconds(self) -> dict[str, float]:
        """What a vote takes on average, by kind of field, in seconds; kinds without votes are missing."""
        tasks, votes = schema.tasks, schema.votes
        query = select(tasks.c.kind, func.avg(votes.c.seconds).label("mean")).join(
            tasks, tasks.c.task_id == votes.c.task_id
        )
        return {row.kind: float(row.mean) for row in self._rows(query.group_by(tasks.c.kind))}

    # Sides of training

    def splits(self, page_ids: Collection[str]) -> dict[str, str]:
        """On which side pages stand; those for which none was drawn are missing."""
        table = example_splits
        return {row.page_id: row.split for some in _chunks(page_ids) for row in self._rows(
            select(table).where(table.c.page_id.in_(some)))}  # fmt: skip

    def note_splits(self, drawn: Mapping[str, str]) -> None:
        """Keep the sides of these pages. One that has a side keeps it."""
        now = utc_now()
        rows = [{"page_id": page_id, "split": split, "at": now} for page_id, split in sorted(drawn.items())]
        if rows:
            self._connection.execute(insert(self._connection, example_splits).on_conflict_do_nothing(), rows)

    # Sets that were learned from

    def note_set(self, learned: ExampleSet) -> None:
        """Keep that a bundle was made of a set of examples."""
        self._connection.execute(example_sets.insert().values(
            set_digest=learned.set_digest, bundle_id=learned.bundle_id, known_at=learned.known_at,
            facts=canonical(dict(learned.facts)), at=utc_now(),
        ))  # fmt: skip

    def sets(self) -> list[ExampleSet]:
        """The sets that were learned from, in their order."""
        return [
            ExampleSet(set_digest=row.set_digest, bundle_id=row.bundle_id, known_at=row.known_at,
                       facts=json.loads(row.facts), at=row.at)
            for row in self._rows(select(example_sets).order_by(example_sets.c.seq))
        ]  # fmt: skip

    def _rows(self, query: Select[Any]) -> list[Row[Any]]:
        return list(self._connection.execute(query))


def _erased(crop_id: Any) -> Any:
    table = schema.erased
    return exists().where(and_(table.c.table_name == "crops", table.c.row_key == crop_id))


def _chunks(items: Iterable[str]) -> list[list[str]]:
    listed = list(dict.fromkeys(items))
    return [listed[start : start + CHUNK] for start in range(0, len(listed), CHUNK)]
