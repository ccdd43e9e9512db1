"""A ledger as years of production leave it, drawn row by row: fields, audits, votes, gold, verdicts, corrections.

Nothing is read and nobody is asked, so a million fields take a minute. Every oddity that occurs in production occurs:
batches that share readings, batches that are no production, fields decided twice, void votes, audits that wait, people
who write a value otherwise, customers who take back what they said.
"""

from collections.abc import Iterator
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

import numpy as np
from sqlalchemy import Connection, Table, create_engine

from recognizer.form import Field, Form, Option, PageSize, PrintedBoxes
from serving.ledger import Ledger, digest, schema
from serving.ledger.plain import canonical
from serving.ledger.schema.truth import record_events, verdicts

BOX = (0, 0, 300, 40)
FORM = Form(
    name="claim",
    page=PageSize(width=600, height=800, dpi=150),
    registration=PrintedBoxes(method="boxes"),
    fields=(
        Field(name="policy", kind="code", box=BOX),
        Field(name="amount", kind="amount", box=BOX),
        Field(name="born", kind="date", box=BOX),
        Field(name="surname", kind="name", box=BOX),
        Field(name="ssn", kind="ssn", box=BOX),
        Field(name="smoker", kind="checkbox", box=BOX),
        Field(name="remark", kind="text", box=BOX),
        Field(name="state", kind="choice", box=BOX, options=(Option(value="single"), Option(value="married"))),
    ),
    folder=Path("/forms"),
)
FORM_DIGEST = digest("form", FORM.name)
TEXTS = {
    "code": ("F757558", "E757558", "f757558"), "amount": ("1250.00", "1260.00", "1,250.00"),
    "date": ("01/02/1985", "01/03/1985", "1/2/1985"), "name": ("Smith", "Smyth", "SMITH"),
    "ssn": ("123-45-6789", "123-45-6780", "123456789"), "checkbox": ("yes", "no", "yes"),
    "text": ("back pain", "neck pain", "Back pain."), "choice": ("single", "married", "Single"),
}  # fmt: skip
"""By kind: what is true, what is read or keyed wrong, and the truth written otherwise."""
SCANNERS = ("Borealis S300", "Larch Flatbed 1", None)
"""One does not say what it is."""

START = datetime.fromisoformat("2026-01-05T08:00:00+00:00")
MOST_AT_ONCE = 20_000


def at(seconds: float) -> str:
    """So many seconds after the start, as the ledger writes times."""
    return (START + timedelta(seconds=seconds)).isoformat(timespec="microseconds")


class Rows:
    """Rows for the tables, filed many at once."""

    def __init__(self, connection: Connection) -> None:
        self._connection = connection
        self._waiting: dict[Table, list[dict[str, Any]]] = {}
        self._count = 0

    def add(self, table: Table, **row: Any) -> None:
        self._waiting.setdefault(table, []).append(row)
        self._count += 1
        if self._count >= MOST_AT_ONCE:
            self.flush()

    def flush(self) -> None:
        for table in schema.metadata.sorted_tables:
            if rows := self._waiting.pop(table, []):
                self._connection.execute(table.insert(), rows)
        self._count = 0


def draw(
    ledger: Ledger, pages: int, seed: int = 1, *, pages_per_batch: int = 50, audit: float = 0.05,
    every_s: float = 60.0,
) -> None:  # fmt: skip
    """File so many pages of eight fields, one every so many seconds, in batches, with all that people did."""
    engine = create_engine(ledger.url)
    with engine.begin() as connection:
        rows = Rows(connection)
        _Office(rows, np.random.default_rng(seed), audit, every_s).run(pages, pages_per_batch)
        rows.flush()
    engine.dispose()


class _Office:
    def __init__(self, rows: Rows, rng: np.random.Generator, audit: float, every_s: float) -> None:
        self.rows, self.rng, self.audit, self.every_s = rows, rng, audit, every_s
        self.token = self.event = 0

    def chance(self, share: float) -> bool:
        return bool(self.rng.random() < share)

    def run(self, pages: int, per_batch: int) -> None:
        self.rows.add(schema.bundles, bundle_id="bundle", info="{}", created_at=at(0))
        definition = canonical(FORM.model_dump(mode="json"))
        self.rows.add(schema.forms, form_digest=FORM_DIGEST, name=FORM.name, definition=definition, created_at=at(0))
        for person in PEOPLE:
            self.rows.add(schema.people, person_id=person, name=person, created_at=at(0))
        self.file_gold()
        for page in range(pages):
            batch, scan_no = divmod(page, per_batch)
            if scan_no == 0:
                self.start_batch(f"batch-{batch}", "evaluation" if batch % 7 == 5 else "production", page)
            self.file_page(f"batch-{batch}", scan_no, page, shared=batch > 0 and self.chance(0.05))

    def start_batch(self, batch_id: str, purpose: str, page: int) -> None:
        self.rows.add(
            schema.batches,
            batch_id=batch_id,
            bundle_id="bundle",
            purpose=purpose,
            params="{}",
            started_at=at(self.every_s * page),
        )

    def file_gold(self) -> None:
        for number, field in enumerate(FORM.fields):
            crop_id = f"gold-{number}"
            self.file_crop(crop_id)
            self.rows.add(
                schema.gold, crop_id=crop_id, outcome="text", text=TEXTS[field.kind][0], by="expert", at=at(0)
            )
            self.file_task(f"gold-{number}", crop_id, field, "gold", None, None, None, 0)
            for _ in range(3):
                self.vote(f"gold-{number}", crop_id, field, None, float(self.rng.integers(1, 10_000)), right=0.9)

    def file_crop(self, crop_id: str) -> None:
        self.rows.add(schema.crops, crop_id=crop_id, png=b"png", dpi=150.0, steps="[]", marks="[]")

    def file_page(self, batch_id: str, scan_no: int, page: int, *, shared: bool) -> None:
        """A page; a `shared` one is a page of the first batch once more, with what was read and decided then."""
        number = int(self.rng.integers(min(page, 50))) if shared else page
        key, second = f"page-{number}", self.every_s * page
        place = {"batch_id": batch_id, "scan_no": scan_no, "page_no": 1}
        self.rows.add(schema.scans, batch_id=batch_id, scan_no=scan_no, path=f"{page}.png", scan_digest=f"scan-{page}")
        if not shared:
            self.rows.add(
                schema.pages, page_key=key, page_id=key, scan_digest=f"scan-{page}", page_no=1, setup_digest="setup",
                status="read", reason="", form=FORM.name, form_digest=FORM_DIGEST, steps="[]",
                scanner=SCANNERS[page % len(SCANNERS)], alignment="{}", stage_ms="{}", created_at=at(second),
            )  # fmt: skip
        self.rows.add(schema.batch_pages, **place, page_key=key)
        for position, field in enumerate(FORM.fields):
            prediction_id = f"p-{number}-{position}"
            policy = "first" if not shared or self.chance(0.8) else f"again-{page}"
            if not shared:
                self.file_field(field, key, prediction_id, position, batch_id, second)
            elif policy != "first":
                self.decide(prediction_id, policy, second)
            self.rows.add(
                schema.batch_fields, **place, field=field.name, prediction_id=prediction_id, policy_digest=policy
            )
        self.rows.add(schema.scan_ends, batch_id=batch_id, scan_no=scan_no, page_count=1, at=at(second + 2))
        self.happens(place, second)

    def file_field(
        self, field: Field, key: str, prediction_id: str, position: int, batch_id: str, second: float
    ) -> None:
        crop_id = prediction_id.replace("p-", "c-")
        self.file_crop(crop_id)
        self.rows.add(
            schema.page_fields, page_key=key, field=field.name, position=position, kind=field.kind, crop_id=crop_id
        )
        text = TEXTS[field.kind][1 if self.chance(0.1) else 0]
        outcome = self.rng.choice(["text", "blank", "unaligned"], p=[0.94, 0.05, 0.01])
        self.rows.add(
            schema.predictions, prediction_id=prediction_id, crop_id=crop_id, bundle_id="bundle", language_digest="l",
            purpose="production", outcome=outcome, text=text if outcome == "text" else "", latency_ms=1.0,
            confidence=float(self.rng.beta(9, 1)), alternatives="[]", parts="[]", measured="{}", created_at=at(second),
        )  # fmt: skip
        decision = self.decide(prediction_id, "first", second)
        if decision in ("review", "audit"):
            purpose = "production" if decision == "review" else "audit"
            self.ask(f"task-{prediction_id}", crop_id, field, purpose, prediction_id, batch_id, key, second)
        elif self.chance(0.02):
            self.judge(crop_id, field, "customer", second + 9e5, {})

    def decide(self, prediction_id: str, policy: str, second: float) -> str:
        decision = str(self.rng.choice(["accept", "review", "rescan"], p=[0.75, 0.24, 0.01]))
        probability = None
        if decision == "accept" and not self.chance(0.05):
            probability = self.audit * float(self.rng.uniform(0.6, 3))
            decision = "audit" if self.chance(probability) else "accept"
        self.rows.add(
            schema.decisions, prediction_id=prediction_id, policy_digest=policy, decision=decision, code="code",
            reason="reason", threshold=0.9, probability=probability, created_at=at(second + 1),
        )  # fmt: skip
        return decision

    def file_task(
        self, task_id: str, crop_id: str, field: Field, purpose: str, prediction_id: str | None, batch_id: str | None,
        record_id: str | None, second: float,
    ) -> None:  # fmt: skip
        self.rows.add(
            schema.tasks, task_id=task_id, crop_id=crop_id, prediction_id=prediction_id, purpose=purpose,
            batch_id=batch_id, record_id=record_id, form=FORM.name, field=field.name, kind=field.kind, value=1.0,
            due_at=None, consensus="one_plus_model", created_at=at(second + 2),
        )  # fmt: skip

    def ask(
        self, task_id: str, crop_id: str, field: Field, purpose: str, prediction_id: str, batch_id: str, record: str,
        second: float,
    ) -> None:  # fmt: skip
        self.file_task(task_id, crop_id, field, purpose, prediction_id, batch_id, record, second)
        answered = self.chance(0.85)
        for _ in range(int(self.rng.integers(1, 4)) if answered else 0):
            self.vote(task_id, crop_id, field, record, second + float(self.rng.integers(60, 200_000)), right=0.93)
        if not answered:
            self.wait(task_id, crop_id, field, record, second)
        elif self.chance(0.95):
            source = "expert" if self.chance(0.05) else "crowd"
            self.judge(crop_id, field, source, second + 2e5, {"purpose": purpose} if self.chance(0.5) else {})
        if self.chance(0.02):
            self.judge(crop_id, field, "customer", second + 9e5, {"reason": "misread"})

    def vote(
        self, task_id: str, crop_id: str, field: Field, record: str | None, second: float, *, right: float
    ) -> None:
        self.token += 1
        person = PEOPLE[int(self.rng.integers(len(PEOPLE)))]
        texts = TEXTS[field.kind]
        text = self.rng.choice(texts, p=[right - 0.2, 1 - right, 0.2]) if self.chance(0.95) else ""
        self.rows.add(
            schema.leases, token=self.token, task_id=task_id, person_id=person, role="reviewer", sitting="s",
            crop_id=crop_id, record_id=record, relaxed=0, granted_at=at(second), expires_at=at(second + 300),
        )  # fmt: skip
        self.rows.add(
            schema.votes, token=self.token, task_id=task_id, person_id=person, outcome="text" if text else "blank",
            text=str(text), seconds=float(self.rng.gamma(2, 2)), keystrokes=len(text) + 1, at=at(second + 5),
        )  # fmt: skip
        if not task_id.startswith("gold") and self.chance(0.03):
            self.rows.add(schema.vote_voids, token=self.token, reason="voided", by="judge", at=at(second + 9e4))

    def wait(self, task_id: str, crop_id: str, field: Field, record: str, second: float) -> None:
        for _ in range(int(self.rng.integers(1, 3))):
            leased = self.chance(0.1)
            self.rows.add(
                schema.slots, task_id=task_id, role="reviewer", kind=field.kind, crop_id=crop_id, record_id=record,
                target_at=at(second + (1e9 if self.chance(0.5) else 0)), waits_since=at(second + 2), token=None,
                free_from=at(second + (1e9 if leased else 0)),
            )  # fmt: skip

    def judge(self, crop_id: str, field: Field, source: str, second: float, evidence: dict[str, str]) -> None:
        texts = TEXTS[field.kind]
        outcome = "withdrawn" if source == "customer" and self.chance(0.2) else "text"
        text = str(self.rng.choice(texts, p=[0.8, 0.1, 0.1])) if outcome == "text" else ""
        self.event += 1
        known = at(second + float(self.rng.integers(1000)))
        valid = known if self.chance(0.05) else at(0)
        self.rows.add(
            verdicts, verdict_id=f"v-{self.event}", crop_id=crop_id, source=source, outcome=outcome, text=text,
            confidence=None, valid_at=valid, known_at=known, by=source, evidence=canonical(evidence),
        )  # fmt: skip

    def happens(self, place: dict[str, Any], second: float) -> None:
        for name, later, share in (("completed", 1e5, 0.9), ("delivered", 2e5, 0.8), ("reopened", 9e5, 0.1)):
            if not self.chance(share):
                return
            self.rows.add(record_events, **place, event=name, facts="{}", at=at(second + later))
        if self.chance(0.6):
            for name in ("delivered", "corrected"):
                self.rows.add(record_events, **place, event=name, facts="{}", at=at(second + 1e6))


PEOPLE = tuple(f"person-{n}" for n in range(12))


def times(pages: int) -> Iterator[str]:
    """Moments in and after the time in which so many pages were read."""
    yield from (at(60.0 * pages * share) for share in (0.2, 0.6))
    yield at(60.0 * pages + 3e5)
