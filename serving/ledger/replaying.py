"""The questions of those who make predictions again, and the rows that say what came of it."""

import json
import random
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import replace
from typing import Any

from sqlalchemy import Connection, Row, and_, select

from serving.ledger import schema
from serving.ledger.clock import utc_now
from serving.ledger.origin import KnownForm, Origin, PageAnswers, Replayed, Use
from serving.ledger.queries import CHUNK, answers, erased_at, stored_crops
from serving.ledger.rows import crop_of, page_of, prediction_of
from serving.ledger.schema.origin import environments, replays, setups
from serving.ledger.values import PageEntry
from serving.ledger.writing import Writing

MOST_NAMED = 3
"""So many of several predictions with one name are found."""


class Replaying:
    """Answers within one transaction."""

    def __init__(self, connection: Connection) -> None:
        self._connection = connection
        self._environments: dict[str | None, dict[str, Any] | None] = {}

    # Which predictions

    def named(self, text: str) -> list[str]:
        """The predictions whose id begins with the text, some of them where there are many."""
        said = schema.predictions.c.prediction_id
        query = select(said).where(said.startswith(text, autoescape=True)).order_by(said).limit(MOST_NAMED)
        return list(self._connection.scalars(query))

    def drawn(self, count: int, seed: int) -> list[str]:
        """So many predictions at random, or all where there are no more; none that were made by replays."""
        said = schema.predictions
        query = select(said.c.prediction_id).where(said.c.purpose != "replay").order_by(said.c.prediction_id)
        ids = list(self._connection.scalars(query))
        return ids if len(ids) <= count else random.Random(seed).sample(ids, count)

    def of_batch(self, batch_id: str) -> list[str]:
        """The predictions that a batch used, in the order of its scans and pages."""
        table = schema.batch_fields
        query = select(table.c.prediction_id).where(table.c.batch_id == batch_id)
        order = table.c.scan_no, table.c.page_no, table.c.field
        return list(dict.fromkeys(self._connection.scalars(query.order_by(*order))))

    def by_page(self, prediction_ids: Iterable[str]) -> list[str]:
        """The same ids, each once, those together whose pages were prepared under one setup, and page by page."""
        said, cut, pages = schema.predictions, schema.page_fields, schema.pages
        ids = list(dict.fromkeys(prediction_ids))
        places: dict[str, tuple[Any, ...]] = {}
        for start in range(0, len(ids), CHUNK):
            query = (
                select(said.c.prediction_id, pages.c.setup_digest, pages.c.scan_digest, pages.c.page_no)
                .join(cut, cut.c.crop_id == said.c.crop_id)
                .join(pages, pages.c.page_key == cut.c.page_key)
                .where(said.c.prediction_id.in_(ids[start : start + CHUNK]))
            )
            for row in self._connection.execute(query.order_by(pages.c.created_at.desc(), cut.c.position)):
                places[row.prediction_id] = tuple(row)[1:]
        return sorted(ids, key=lambda name: places.get(name, ("", "", 0)))

    # How one came to be

    def origin(self, prediction_id: str) -> Origin | None:
        """How a prediction came to be, None where there is none of this id or its crop is of no page."""
        said = schema.predictions
        row = self._connection.execute(select(said).where(said.c.prediction_id == prediction_id)).one_or_none()
        use = None if row is None else self._use(prediction_id)
        found = None if row is None else self._page(row.crop_id, use)
        if row is None or found is None:
            return None
        crop = self._crop(row.crop_id)
        return Origin(
            prediction=prediction_of(row),
            kind=found.kind,
            page=self._with_setup(found),
            crop=crop_of(crop),
            page_environment=self._environment(found.environment_id),
            environment=self._environment(row.environment_id),
            scans=self._scans(found.scan_digest),
            use=use,
            sensitive=found.sensitive,
            erased_at=crop.erased_at,
        )

    def form(self, form_digest: str) -> KnownForm | None:
        """A form as it was filed."""
        table = schema.forms
        row = self._connection.execute(select(table).where(table.c.form_digest == form_digest)).one_or_none()
        return None if row is None else KnownForm(definition=json.loads(row.definition), folder=row.folder)

    def page_answers(self, use: Use, page_key: str) -> PageAnswers:
        """All that a batch read and decided on a page."""
        place = use.scan_no, use.page_no
        found = answers(self._connection, use.batch_id, place).get(place, ())
        return PageAnswers(answers=found, crops=stored_crops(self._connection, page_key))

    def secret(self, name: str) -> str | None:
        """A secret of this ledger, None where it was never asked for."""
        table = schema.secrets
        return self._connection.scalar(select(table.c.value).where(table.c.name == name))

    def _use(self, prediction_id: str) -> Use | None:
        fields, batches = schema.batch_fields, schema.batches
        query = (
            select(fields.c.batch_id, fields.c.scan_no, fields.c.page_no, batches.c.params)
            .join(batches, batches.c.batch_id == fields.c.batch_id)
            .where(fields.c.prediction_id == prediction_id)
            .order_by(batches.c.seq.desc())
            .limit(1)
        )
        row = self._connection.execute(query).one_or_none()
        return None if row is None else Use(**{**row._mapping, "params": json.loads(row.params)})

    def _page(self, crop_id: str, use: Use | None) -> Row[Any] | None:
        """The page on which the crop was used, else the first that has it, with the kind of its field."""
        cut, pages, filed = schema.page_fields, schema.pages, schema.batch_pages
        query = (
            select(pages, cut.c.kind, cut.c.sensitive)
            .join(cut, cut.c.page_key == pages.c.page_key)
            .where(cut.c.crop_id == crop_id)
        ).order_by(pages.c.created_at, pages.c.page_key)
        if use is not None:
            at = and_(filed.c.batch_id == use.batch_id, filed.c.scan_no == use.scan_no, filed.c.page_no == use.page_no)
            query = query.join(filed, and_(filed.c.page_key == pages.c.page_key, at))
        return self._connection.execute(query.limit(1)).one_or_none()

    def _crop(self, crop_id: str) -> Row[Any]:
        cut, crops = schema.page_fields, schema.crops
        query = (
            select(cut.c.field, crops, erased_at(crops.c.crop_id).label("erased_at"))
            .join(crops, crops.c.crop_id == cut.c.crop_id)
            .where(crops.c.crop_id == crop_id)
        )
        return self._connection.execute(query.limit(1)).one()

    def _with_setup(self, row: Row[Any]) -> PageEntry:
        table = setups
        facts = self._connection.scalar(select(table.c.facts).where(table.c.setup_digest == row.setup_digest))
        return replace(page_of(row), setup=json.loads(facts) if facts else {})

    def _environment(self, environment_id: str | None) -> Mapping[str, Any] | None:
        if environment_id not in self._environments:
            query = select(environments.c.facts).where(environments.c.environment_id == environment_id)
            facts = self._connection.scalar(query)
            self._environments[environment_id] = json.loads(facts) if facts else None
        return self._environments[environment_id]

    def _scans(self, scan_digest: str) -> tuple[tuple[str, str | None], ...]:
        scans, batches = schema.scans, schema.batches
        query = (
            select(scans.c.path, scans.c.place)
            .join(batches, batches.c.batch_id == scans.c.batch_id)
            .where(scans.c.scan_digest == scan_digest)
            .order_by(batches.c.seq.desc(), scans.c.scan_no)
        )
        return tuple(dict.fromkeys((row.path, row.place) for row in self._connection.execute(query)))

    # What came of it

    def file(self, replayed: Iterable[Replayed], environment: Mapping[str, Any]) -> None:
        """Note what came of replays in this environment."""
        environment_id = Writing(self._connection).environment(environment)
        rows: Sequence[dict[str, Any]] = [
            {
                "prediction_id": each.prediction_id,
                "stage": each.stage,
                "code": each.code,
                "environment_id": environment_id,
                "at": utc_now(),
            }
            for each in replayed
        ]
        if rows:
            self._connection.execute(replays.insert(), rows)
