"""What can be added to the ledger within one transaction. Whatever is there already stays as it is."""

from collections.abc import Iterable, Mapping, Sequence
from secrets import token_hex
from typing import Any

import cv2
from sqlalchemy import Connection, Table, func, select
from sqlalchemy.dialects import postgresql, sqlite

from recognizer.errors import LedgerError
from recognizer.reading import Crop
from serving.ledger import queries, schema
from serving.ledger.clock import utc_now
from serving.ledger.desk import Desk
from serving.ledger.ids import digest
from serving.ledger.outside import Outside
from serving.ledger.parting import cut
from serving.ledger.parts import CropPart
from serving.ledger.plain import canonical, quality_json
from serving.ledger.statement import FieldUse, RecordEvent, RecordKey, Statement, Verdict
from serving.ledger.tombstones import tombstone_of
from serving.ledger.truth import Truth
from serving.ledger.values import Answer, BatchStart, Decision, FreshReading, PageEntry, Prediction


class Writing:
    """One open transaction on the ledger; nothing of it can be seen before it is durable, and then all of it."""

    def __init__(self, connection: Connection) -> None:
        self._connection = connection
        self._insert = postgresql.insert if connection.dialect.name == "postgresql" else sqlite.insert
        self._now = utc_now()

    def start_batch(self, start: BatchStart) -> None:
        """File a batch with its bundle, forms and scans; the parcel that announces it goes with it."""
        self.bundle(start.bundle_id, start.bundle_info)
        for form_digest, definition in start.forms.items():
            self._add(
                schema.forms,
                form_digest=form_digest,
                name=definition["name"],
                definition=canonical(definition),
                created_at=self._now,
                folder=start.folders.get(form_digest),
            )
        self._add(
            schema.batches,
            batch_id=start.batch_id,
            bundle_id=start.bundle_id,
            purpose=start.purpose,
            params=canonical(start.params),
            started_at=self._now,
        )
        self._add_all(
            schema.scans,
            [
                {
                    "batch_id": start.batch_id,
                    "scan_no": scan.scan_no,
                    "path": scan.path,
                    "scan_digest": scan.scan_digest,
                    "place": scan.place,
                }
                for scan in start.scans
            ],
        )
        self._parcel("batch_started", start.batch_id, "", start.params)

    def resume_batch(self, batch_id: str) -> None:
        """Note that an interrupted batch goes on."""
        self._event(batch_id, "resumed", {})

    def finish_batch(self, batch_id: str, facts: Mapping[str, Any]) -> None:
        """Note that a batch is complete; its last parcel goes with it."""
        self._event(batch_id, "finished", facts)
        self._parcel("batch_finished", batch_id, "", facts)

    def end_scan(self, batch_id: str, scan_no: int, page_count: int) -> None:
        """Note that every page of a scan is in."""
        self._add(schema.scan_ends, batch_id=batch_id, scan_no=scan_no, page_count=page_count, at=self._now)

    def environment(self, facts: Mapping[str, Any]) -> str:
        """File under what something is made; returns its id."""
        environment_id = digest("environment", facts)
        self._add(
            schema.origin.environments, environment_id=environment_id, facts=canonical(facts), created_at=self._now
        )
        return environment_id

    def page(self, entry: PageEntry, crops: Sequence[Crop], environment_id: str | None = None) -> None:
        """File a page and the crops of its fields; nothing to do where it is filed already."""
        if entry.setup:
            setup = {"setup_digest": entry.setup_digest, "facts": canonical(entry.setup), "created_at": self._now}
            self._add(schema.origin.setups, **setup)
        added = self._add(
            schema.pages,
            page_key=entry.page_key,
            page_id=entry.page_id,
            scan_digest=entry.scan_digest,
            page_no=entry.page_no,
            setup_digest=entry.setup_digest,
            status=entry.status,
            reason=entry.reason,
            form=entry.form,
            form_digest=entry.form_digest,
            width_px=entry.width_px,
            height_px=entry.height_px,
            scanner=entry.scanner,
            quality=quality_json(entry.quality),
            steps=canonical(entry.steps),
            alignment=canonical(entry.alignment),
            stage_ms=canonical(entry.stage_ms),
            created_at=self._now,
            environment_id=environment_id,
        )
        if not added:
            return
        self._add_all(schema.crops, [_crop_row(crop) for crop in crops])
        self._add_all(
            schema.page_fields,
            [
                {
                    "page_key": entry.page_key,
                    "field": crop.field.name,
                    "position": position,
                    "kind": crop.field.kind,
                    "crop_id": crop.crop_id,
                    "sensitive": crop.field.is_sensitive,
                }
                for position, crop in enumerate(crops)
            ],
        )

    def views(self, crops: Iterable[Crop]) -> None:
        """File what people will be shown of these crops, where the cut made a view."""
        rows = [
            {"crop_id": crop.crop_id, "jpeg": crop.view.jpeg, "dpi": crop.view.dpi, "box": canonical(crop.view.box)}
            for crop in crops
            if crop.view is not None
        ]
        self._add_all(schema.views, rows)

    def bundle(self, bundle_id: str, info: Mapping[str, Any]) -> None:
        """File a model that reads, with how it does."""
        self._add(schema.bundles, bundle_id=bundle_id, info=canonical(info), created_at=self._now)

    def cut(self, crop_id: str, parts: int, cells: int) -> tuple[CropPart, ...]:
        """Cut a crop into parts, for people who are to see no more of it (`serving.ledger.parting`). Its records must
        be held, so that nobody erases it meanwhile."""
        return cut(self._connection, crop_id, parts, cells)

    def predictions(self, bundle_id: str, fresh: Iterable[FreshReading], environment_id: str | None = None) -> None:
        """File what the model said."""
        rows = [_prediction_row(bundle_id, item, self._now) | {"environment_id": environment_id} for item in fresh]
        self._add_all(schema.predictions, rows)

    def read_back(self, prediction_ids: Sequence[str]) -> dict[str, Prediction]:
        """Predictions as they stand, by id; where another process was first, its row is the one."""
        return queries.predictions(self._connection, list(prediction_ids))

    def decisions(self, decisions: Iterable[Decision]) -> None:
        """File what was decided."""
        rows = [
            {
                "prediction_id": decision.prediction_id,
                "policy_digest": decision.policy_digest,
                "decision": decision.decision,
                "code": decision.code,
                "reason": decision.reason,
                "threshold": decision.threshold,
                "probability": decision.probability,
                "created_at": self._now,
            }
            for decision in decisions
        ]
        self._add_all(schema.decisions, rows)

    def batch_page(self, batch_id: str, scan_no: int, entry: PageEntry, answers: Iterable[Answer]) -> None:
        """Note that a page, with these answers, is part of a batch; its parcel goes with it."""
        place = {"batch_id": batch_id, "scan_no": scan_no, "page_no": entry.page_no}
        self._add(schema.batch_pages, **place, page_key=entry.page_key)
        rows = [
            {
                **place,
                "field": answer.field,
                "prediction_id": answer.prediction.prediction_id,
                "policy_digest": answer.decision.policy_digest,
            }
            for answer in answers
        ]
        self._add_all(schema.batch_fields, rows)
        payload = {"page_key": entry.page_key, "scan_no": scan_no, "page_no": entry.page_no}
        self._parcel("page", batch_id, f":{scan_no}:{entry.page_no}", payload)

    def secret(self, name: str) -> str:
        """A random secret of this ledger, 32 hexadecimal digits, made when it is first asked for."""
        self._add(schema.secrets, name=name, value=token_hex(16), created_at=self._now)
        table = schema.secrets
        return str(self._connection.scalar(select(table.c.value).where(table.c.name == name)))

    @property
    def truth(self) -> Truth:
        """What is believed, this transaction's own verdicts included."""
        return Truth(self._connection)

    @property
    def outside(self) -> Outside:
        """Who is told and may ask, within this transaction."""
        return Outside(self._connection)

    @property
    def desk(self) -> Desk:
        """People's work, within this transaction: a verdict comes in and its task goes out together."""
        return Desk(self._connection)

    def hold(self, records: Iterable[RecordKey]) -> None:
        """Let nobody else change what these records come to before this transaction has ended.

        SQLite has one writer at a time anyway. PostgreSQL locks their batches, since it has room for some thousand
        locks and not for one per record; in one order, so that no two wait for each other.
        """
        if self._connection.dialect.name == "postgresql":
            for batch_id in sorted({key[0] for key in records}):
                lock = func.pg_advisory_xact_lock(func.hashtextextended(f"records of {batch_id}", 0))
                self._connection.execute(select(lock))

    def verdicts(self, verdicts: Iterable[Verdict]) -> tuple[Statement, ...]:
        """File verdicts; returns those that were new. Raises LedgerError for a crop that was never read,
        or was erased.

        What follows for the records is not done here: `serving.truth.settle` is the way for verdicts to come in.
        """
        given = list(verdicts)
        self.refuse_erased(verdict.crop_id for verdict in given)
        first_read = self._first_read([verdict.crop_id for verdict in given])
        rows = [self._verdict_row(verdict, first_read) for verdict in given]
        added = {row["verdict_id"] for row in rows if self._add(schema.truth.verdicts, **row)}
        filed = self.truth.verdicts_on([row["crop_id"] for row in rows])
        return tuple(said for items in filed.values() for said in items if said.statement_id in added)

    def _first_read(self, crop_ids: Sequence[str]) -> dict[str, str]:
        """When these crops were first read; a part was when its whole was."""
        parts = self.truth.parts.known(crop_ids)
        read = self.truth.first_read({*crop_ids, *(part.crop_id for part in parts.values())})
        return read | {part_id: read[part.crop_id] for part_id, part in parts.items() if part.crop_id in read}

    def refuse_erased(self, crop_ids: Iterable[str]) -> None:
        """Raises LedgerError where one of these crops was erased."""
        for crop_id in dict.fromkeys(crop_ids):
            stone = tombstone_of(self._connection, "crops", crop_id)
            if stone is not None:
                raise LedgerError(f"nothing can be said of the crop {crop_id}: it was {stone.words}")

    def _verdict_row(self, verdict: Verdict, first_read: Mapping[str, str]) -> dict[str, Any]:
        if verdict.crop_id not in first_read:
            raise LedgerError(f"there is no verdict without a reading: nothing has read the crop {verdict.crop_id}")
        return {
            "verdict_id": digest("verdict", verdict),
            "crop_id": verdict.crop_id,
            "source": verdict.source,
            "outcome": verdict.outcome,
            "text": verdict.text,
            "confidence": verdict.confidence,
            "valid_at": verdict.valid_at or first_read[verdict.crop_id],
            "known_at": self._now,
            "by": verdict.by,
            "evidence": canonical(verdict.evidence),
        }

    def record_events(self, events: Iterable[RecordEvent]) -> None:
        """Note what happened to records."""
        rows = [
            {
                "batch_id": event.batch_id,
                "scan_no": event.scan_no,
                "page_no": event.page_no,
                "event": event.event,
                "facts": canonical(event.facts),
                "at": self._now,
            }
            for event in events
        ]
        self._add_all(schema.truth.record_events, rows)

    def verdict_parcels(self, verdicts: Iterable[Statement], uses: Iterable[FieldUse]) -> None:
        """Have MLflow told of verdicts, in every batch that uses their crops. They are named by their number: ids are
        digests of values, and nothing that an erasure does not reach may hold one."""
        by_crop: dict[str, set[str]] = {}
        for use in uses:
            by_crop.setdefault(use.crop_id, set()).add(use.batch_id)
        added = {said.statement_id: said.crop_id for said in verdicts}
        for verdict_id, number in sorted(self.truth.verdict_numbers(added).items(), key=lambda item: item[1]):
            for batch_id in sorted(by_crop.get(added[verdict_id], ())):
                self._parcel("verdict", batch_id, f":{number}", {"verdict": number})

    def erasure(self, batch_id: str, erasure_id: str, page_id: str) -> None:
        """Have MLflow told that a page of a batch was erased."""
        self._parcel("erasure", batch_id, f":{erasure_id}", {"page_id": page_id})

    def delivered(self, keys: Iterable[str]) -> None:
        """Note that these parcels have arrived."""
        self._add_all(schema.deliveries, [{"key": key, "at": self._now} for key in keys])

    def _event(self, batch_id: str, name: str, facts: Mapping[str, Any]) -> None:
        self._add(schema.batch_events, batch_id=batch_id, event=name, facts=canonical(facts), at=self._now)

    def _parcel(self, kind: str, batch_id: str, place: str, payload: Mapping[str, Any]) -> None:
        key = f"{kind}:{batch_id}{place}"
        self._add(
            schema.outbox, key=key, kind=kind, batch_id=batch_id, payload=canonical(payload), created_at=self._now
        )

    def _add(self, table: Table, **row: object) -> bool:
        """Add one row; False where it is there already."""
        insert = self._insert(table).values(row).on_conflict_do_nothing()
        return self._connection.execute(insert, execution_options={"preserve_rowcount": True}).rowcount == 1

    def _add_all(self, table: Table, rows: Sequence[Mapping[str, Any]]) -> None:
        if rows:
            self._connection.execute(self._insert(table).on_conflict_do_nothing(), [dict(row) for row in rows])


def _crop_row(crop: Crop) -> dict[str, Any]:
    encoded, png = cv2.imencode(".png", crop.image)  # the default is the fastest, and small
    if not encoded:
        raise LedgerError(f"the crop of field {crop.field.name} cannot be stored as PNG")
    return {
        "crop_id": crop.crop_id,
        "png": png.tobytes(),
        "dpi": crop.dpi,
        "quality": quality_json(crop.quality),
        "steps": canonical(crop.steps),
        "marks": canonical(crop.marks),
    }


def _prediction_row(bundle_id: str, fresh: FreshReading, now: str) -> dict[str, Any]:
    reading = fresh.reading
    return {
        "prediction_id": fresh.prediction_id,
        "crop_id": fresh.crop.crop_id,
        "bundle_id": bundle_id,
        "language_digest": fresh.language_digest,
        "purpose": fresh.purpose,
        "outcome": reading.outcome,
        "text": reading.text,
        "confidence": float(reading.confidence),
        "alternatives": canonical(reading.alternatives),
        "parts": canonical(reading.parts),
        "measured": canonical(reading.measured),
        "latency_ms": fresh.latency_ms,
        "created_at": now,
    }
