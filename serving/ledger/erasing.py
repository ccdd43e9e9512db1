"""Erasure in SQL: finds what the ledger holds of a page, sets the tombstones, and blanks what has one."""

import json
from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from typing import Any

from sqlalchemy import Column, Connection, Integer, Select, and_, bindparam, select, text

from serving.ledger import schema
from serving.ledger.clock import utc_now
from serving.ledger.desk import Desk
from serving.ledger.erasure import PICTURE, PagePlace, Personal, Said, Tombstone
from serving.ledger.ids import digest
from serving.ledger.plain import canonical
from serving.ledger.queries import CHUNK
from serving.ledger.schema.truth import record_events, verdicts
from serving.ledger.statement import RecordKey
from serving.ledger.tombstones import is_erased, note, tombstones
from serving.ledger.writing import Writing

MACHINE_KEYS = frozenset(
    {"tokens", "task", "task_id", "parts", "policy", "policy_digest", "rule", "purpose", "by", "votes"}
)
"""What a verdict's evidence may keep: names and numbers that we made. Whatever else stands there goes."""


class Erasing:
    """One transaction that erases; `writing` and `desk` belong to it."""

    def __init__(self, connection: Connection) -> None:
        self._connection = connection
        self.writing = Writing(connection)
        self.desk = Desk(connection)
        self.now = utc_now()
        if connection.dialect.name == "sqlite":  # what is overwritten is overwritten with zeros
            connection.execute(text("PRAGMA secure_delete=ON"))

    # What is there

    def personal(self, page: PagePlace) -> Personal:
        """What the ledger holds of a page. What was erased before is not among it."""
        crops = self._crops(page)
        records = self._records(page)
        tasks = self._of(select(schema.tasks.c.task_id), schema.tasks.c.crop_id, crops)
        said = [*self._texts(schema.predictions, schema.predictions.c.prediction_id, crops),
                *self._votes(crops), *self._texts(verdicts, verdicts.c.seq, crops),
                *self._texts(schema.gold, schema.gold.c.crop_id, crops)]  # fmt: skip
        rows: dict[str, list[str]] = {"pages": self._page_keys(page), "crops": crops}
        if views := self._of(select(schema.views.c.crop_id), schema.views.c.crop_id, crops):
            rows[schema.views.name] = views
        for each in said:
            rows.setdefault(each.table, []).append(each.key)
        if any(each.table == verdicts.name for each in said):
            rows[record_events.name] = self._events(records)
        return Personal(page=page, rows=rows, said=said, records=records, tasks=tasks)

    def _page_keys(self, page: PagePlace) -> list[str]:
        table = schema.pages
        here = table.c.scan_digest == page.scan_digest, table.c.page_no == page.page_no
        return list(
            self._connection.scalars(select(table.c.page_key).where(*here, ~is_erased(table.c.page_key, "pages")))
        )

    def _crops(self, page: PagePlace) -> list[str]:
        cut, pages = schema.page_fields, schema.pages
        query = (
            select(cut.c.crop_id).distinct()
            .join(pages, pages.c.page_key == cut.c.page_key)
            .where(pages.c.scan_digest == page.scan_digest, pages.c.page_no == page.page_no)
            .where(~is_erased(cut.c.crop_id, "crops"))
        )  # fmt: skip
        found = list(self._connection.scalars(query.order_by(cut.c.crop_id)))
        return found + self._of(select(schema.crop_parts.c.part_id), schema.crop_parts.c.crop_id, found)

    def _records(self, page: PagePlace) -> list[RecordKey]:
        filed, pages = schema.batch_pages, schema.pages
        query = (
            select(filed.c.batch_id, filed.c.scan_no, filed.c.page_no)
            .join(pages, pages.c.page_key == filed.c.page_key)
            .where(pages.c.scan_digest == page.scan_digest, pages.c.page_no == page.page_no)
            .where(~is_erased(pages.c.page_key, "pages"))
        )
        return [(row.batch_id, row.scan_no, row.page_no) for row in self._connection.execute(query)]

    def _texts(self, table: Any, key: Column[Any], crops: Sequence[str]) -> list[Said]:
        query = select(key.label("row_key"), table.c.crop_id, table.c.outcome, table.c.text)
        return [_said(table.name, row) for some in _chunks(crops)
                for row in self._connection.execute(query.where(table.c.crop_id.in_(some)).order_by(key))]  # fmt: skip

    def _votes(self, crops: Sequence[str]) -> list[Said]:
        votes, tasks = schema.votes, schema.tasks
        query = select(votes.c.token.label("row_key"), tasks.c.crop_id, votes.c.outcome, votes.c.text).join(
            tasks, tasks.c.task_id == votes.c.task_id
        )
        ordered = query.order_by(votes.c.token)
        rows = [
            row for some in _chunks(crops) for row in self._connection.execute(ordered.where(tasks.c.crop_id.in_(some)))
        ]
        return [_said("votes", row) for row in rows]

    def _events(self, records: Iterable[RecordKey]) -> list[str]:
        table = record_events
        found: list[str] = []
        for batch_id, scan_no, page_no in records:
            here = and_(table.c.batch_id == batch_id, table.c.scan_no == scan_no, table.c.page_no == page_no)
            found += map(str, self._connection.scalars(select(table.c.seq).where(here).order_by(table.c.seq)))
        return found

    def _of(self, query: Select[Any], column: Any, ids: Collection[str]) -> list[str]:
        return [str(one) for some in _chunks(ids) for one in self._connection.scalars(query.where(column.in_(some)))]

    # Tombstones

    def tombstone(self, found: Personal, reason: str, by: str) -> Tombstone:
        """Set the tombstone of a page and of each of its rows. From here on these may be blanked."""
        page = found.page
        times = len(tombstones(self._connection, [page.scan_digest]).get((page.scan_digest, page.page_no), ()))
        stone = Tombstone(
            erasure_id=digest("erasure", page.scan_digest, page.page_no, times),
            scan_digest=page.scan_digest,
            page_no=page.page_no,
            page_id=page.page_id,
            reason=reason,
            by=by,
            at=self.now,
            counts=found.counts,
        )
        row = {column.name: getattr(stone, column.name) for column in schema.erasures.columns}
        self._connection.execute(schema.erasures.insert(), row | {"counts": canonical(found.counts)})
        rows = [
            {"table_name": table, "row_key": key, "erasure_id": stone.erasure_id}
            for table, keys in found.rows.items() for key in keys
        ]  # fmt: skip
        self._connection.execute(schema.erased.insert(), rows)
        return stone

    def last(self, page: PagePlace) -> Tombstone:
        """The latest tombstone of a page that has one."""
        return tombstones(self._connection, [page.scan_digest])[page.scan_digest, page.page_no][-1]

    def note(self, stone: Tombstone, event: str) -> None:
        """Note something about an erasure, once."""
        note(self._connection, stone.erasure_id, event, self.now)

    # Blanking

    def blank(self, found: Personal, texts: Mapping[tuple[str, str], str]) -> None:
        """Blank all rows of a page; `texts` are what the texts become, by table and key."""
        named = self._renamed([said for said in found.said if said.table == verdicts.name])
        self._update(schema.crops, "crop_id", [{"row_key": key, "png": PICTURE} for key in found.rows["crops"]])
        views = [{"row_key": key, "jpeg": PICTURE} for key in found.rows.get(schema.views.name, ())]
        self._update(schema.views, "crop_id", views)
        for table, key in _WITH_TEXT.items():
            rows = [
                {"row_key": said.key, "text": texts[said.table, said.key]} | self._beside(said)
                for said in found.said
                if said.table == table.name
            ]
            self._update(table, key, rows)
        self._update(record_events, "seq", list(self._events_renamed(found.rows.get(record_events.name, ()), named)))

    def _beside(self, said: Said) -> dict[str, Any]:
        """What else of a row with a text is blanked."""
        if said.table == "predictions":
            return {"alternatives": "[]", "parts": "[]", "measured": "{}"}
        if said.table != verdicts.name:
            return {}
        stands = self._connection.execute(select(verdicts).where(verdicts.c.seq == int(said.key))).one()
        return {
            "verdict_id": f"erased-{said.key}",
            "by": "erased" if stands.source == "customer" else stands.by,
            "evidence": stands.evidence if set(json.loads(stands.evidence)) <= MACHINE_KEYS else "{}",
        }

    def _renamed(self, said: Sequence[Said]) -> dict[str, str]:
        """Ids of verdicts, old to new: the old is a digest of what the verdict says, which might be found by trying."""
        keys = [int(each.key) for each in said]
        query = select(verdicts.c.seq, verdicts.c.verdict_id)
        rows = [
            row for some in _chunks(keys) for row in self._connection.execute(query.where(verdicts.c.seq.in_(some)))
        ]
        return {row.verdict_id: f"erased-{row.seq}" for row in rows}

    def _events_renamed(self, keys: Iterable[str], named: Mapping[str, str]) -> Iterator[dict[str, str]]:
        for key in keys:
            facts = str(self._connection.scalar(select(record_events.c.facts).where(record_events.c.seq == int(key))))
            for before, after in named.items():
                facts = facts.replace(before, after)
            yield {"row_key": key, "facts": facts}

    def _update(self, table: Any, key: str, rows: Sequence[Mapping[str, Any]]) -> None:
        if not rows:
            return
        values: dict[str, Any] = {name: bindparam(f"new_{name}") for name in rows[0] if name != "row_key"}
        at = int if isinstance(table.c[key].type, Integer) else str
        named = [
            {"at_key": at(row["row_key"])} | {f"new_{name}": row[name] for name in values} for row in rows
        ]  # fmt: skip
        self._connection.execute(table.update().where(table.c[key] == bindparam("at_key")).values(values), named)


_WITH_TEXT = {schema.predictions: "prediction_id", schema.votes: "token", verdicts: "seq", schema.gold: "crop_id"}


def _said(table: str, row: Any) -> Said:
    return Said(table=table, key=str(row.row_key), crop_id=row.crop_id, outcome=row.outcome, text=row.text)


def _chunks(ids: Collection[Any]) -> list[list[Any]]:
    listed = list(ids)
    return [listed[start : start + CHUNK] for start in range(0, len(listed), CHUNK)]
