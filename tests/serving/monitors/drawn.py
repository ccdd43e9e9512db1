"""Ledgers of pages whose measures and readings are drawn: filed row by row, so that hundreds of pages take a second."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

import numpy as np
from sqlalchemy import create_engine, select

from benchmarks.drawn_ledger import FORM, FORM_DIGEST, Rows, at
from recognizer.form import Form
from serving.ledger import Ledger, schema
from serving.ledger.plain import canonical
from serving.ledger.schema.truth import verdicts

QUALITY = {
    "resolution_dpi": (300.0, 1.0), "sharpness": (0.6, 0.05), "contrast": (0.7, 0.05), "noise": (0.02, 0.004),
    "skew_deg": (0.0, 0.4), "illumination": (0.9, 0.02), "clipping": (0.01, 0.002), "compression": (0.1, 0.02),
    "ink_coverage": (0.08, 0.02), "bleed_through": (0.0, 0.01),
}  # fmt: skip
"""Mean and spread of each measure."""


@dataclass(kw_only=True)
class Page:
    """What is drawn of one page; a fault changes it."""

    number: int
    source: str
    quality: dict[str, float]
    scanner: str | None = None
    readings: list[dict[str, Any]] = field(default_factory=list)


Fault = Callable[[Page, np.random.Generator], None]


def pages(
    ledger: Ledger, count: int, *, first: int = 0, fault: Fault | None = None, sources: Sequence[str] = ("a", "b"),
    seed: int = 1, model: str = "bundle", form: Form = FORM, scanners: Sequence[str | None] = (None,),
) -> None:  # fmt: skip
    """File so many pages in a batch of their own, one a minute from page number `first` on."""
    engine = create_engine(ledger.url)
    with engine.begin() as connection:
        rows = Rows(connection)
        if not first:
            definition = canonical(form.model_dump(mode="json"))
            rows.add(schema.forms, form_digest=FORM_DIGEST, name=form.name, definition=definition, created_at=at(0))
            for name in {"bundle", "other", model}:
                rows.add(schema.bundles, bundle_id=name, info="{}", created_at=at(0))
        batch = f"batch-{first}"
        rows.add(
            schema.batches, batch_id=batch, bundle_id=model, purpose="production", params="{}",
            started_at=at(60 * first),
        )  # fmt: skip
        for number in range(first, first + count):
            rng = np.random.default_rng([seed, number])
            page = drawn(number, sources[number % len(sources)], rng, form)
            page.scanner = scanners[number // len(sources) % len(scanners)]
            if fault is not None:
                fault(page, rng)
            _file(rows, batch, number - first, page, model, form)
        rows.flush()
    engine.dispose()


def drawn(number: int, source: str, rng: np.random.Generator, form: Form = FORM) -> Page:
    """A page as it usually is: its fields share the hand, and so how surely they are read."""
    quality = {name: float(rng.normal(mean, spread)) for name, (mean, spread) in QUALITY.items()}
    hand = rng.normal()
    page = Page(number=number, source=source, quality=quality)
    for position, item in enumerate(form.fields):
        sure = 1 / (1 + np.exp(-(3 + hand + 0.5 * rng.normal())))
        text = "yes" if item.kind == "checkbox" and rng.random() < 0.5 else f"{position}{rng.integers(10**6):06}"
        blank = rng.random() < 0.05
        page.readings.append({
            "text": "" if blank else text, "outcome": "blank" if blank else "text", "confidence": float(sure),
            "measured": {"log_mass": float(-0.1 + 0.05 * hand)}, "latency_ms": 5.0,
        })  # fmt: skip
    return page


def _file(rows: Rows, batch: str, scan_no: int, page: Page, model: str, form: Form) -> None:
    key, second = f"page-{page.number}", 60.0 * page.number
    place = {"batch_id": batch, "scan_no": scan_no, "page_no": 1}
    path, scan = f"{page.source}/{page.number}.png", f"scan-{page.number}"
    rows.add(schema.scans, batch_id=batch, scan_no=scan_no, path=path, scan_digest=scan)
    rows.add(
        schema.pages, page_key=key, page_id=key, scan_digest=scan, page_no=1, setup_digest="setup", status="read",
        reason="", form=form.name, form_digest=FORM_DIGEST, width_px=2480, height_px=3508, steps="[]",
        scanner=page.scanner, quality=canonical(page.quality), alignment=canonical({"residual_px": 0.3}),
        stage_ms=canonical({"cut": 300}), created_at=at(second),
    )  # fmt: skip
    rows.add(schema.batch_pages, **place, page_key=key)
    for position, (item, said) in enumerate(zip(form.fields, page.readings, strict=True)):
        crop_id, prediction_id = f"c-{page.number}-{position}", f"p-{page.number}-{position}"
        rows.add(
            schema.crops, crop_id=crop_id, png=said.pop("png", b"png"), dpi=150.0, steps="[]", marks="[]",
            quality=canonical(page.quality),
        )  # fmt: skip
        rows.add(
            schema.page_fields, page_key=key, field=item.name, position=position, kind=item.kind, crop_id=crop_id,
            sensitive=item.is_sensitive,
        )  # fmt: skip
        rows.add(
            schema.predictions, prediction_id=prediction_id, crop_id=crop_id, bundle_id=model, language_digest="l",
            purpose="production", alternatives="[]", parts=said.pop("parts", "[]"), created_at=at(second),
            **_plain(said),
        )  # fmt: skip
        accepted = said["confidence"] > 0.9
        rows.add(
            schema.decisions, prediction_id=prediction_id, policy_digest="policy", code="code", reason="reason",
            decision="accept" if accepted else "review", threshold=0.9, probability=0.1 if accepted else None,
            created_at=at(second + 1),
        )  # fmt: skip
        rows.add(
            schema.batch_fields, **place, field=item.name, prediction_id=prediction_id, policy_digest="policy"
        )  # fmt: skip
    rows.add(schema.scan_ends, batch_id=batch, scan_no=scan_no, page_count=1, at=at(second + 2))


def _plain(said: Mapping[str, Any]) -> dict[str, Any]:
    return {**said, "measured": canonical(said["measured"])}


Answers = Callable[[str, int, np.random.Generator], tuple[str, float]]
"""Of a person and a page: what is keyed (`right`, or something else), and the seconds that it took."""
STAFF = ("ann", "ben", "cyd")


def keyed(ledger: Ledger, first: int, count: int, answers: Answers, *, right: float = 0.95, seed: int = 7) -> None:
    """Two people in turn key the first field of each of these pages, and what they say is settled: the reading is what
    they say so often (`right`)."""
    engine = create_engine(ledger.url)
    with engine.begin() as connection:
        rows = Rows(connection)
        for person in STAFF if not first else ():
            rows.add(schema.people, person_id=person, name=person, created_at=at(0))
        for number in range(first, first + count):
            rng = np.random.default_rng([seed, number])
            said = connection.execute(
                select(schema.predictions.c.text).where(schema.predictions.c.prediction_id == f"p-{number}-0")
            ).scalar_one()
            truth = said if said and rng.random() < right else f"{said}9"
            _ask(rows, number)
            for place in range(2):
                person = STAFF[(number + place) % len(STAFF)]
                text, seconds = answers(person, number, rng)
                _vote(rows, number, place, person, truth if text == "right" else text, seconds)
            rows.add(
                verdicts, verdict_id=f"v-{number}", crop_id=f"c-{number}-0", source="crowd", outcome="text", text=truth,
                confidence=None, valid_at=at(0), known_at=at(60 * number + 40), by="crowd", evidence="{}",
            )  # fmt: skip
        rows.flush()
    engine.dispose()


def _ask(rows: Rows, number: int) -> None:
    rows.add(
        schema.tasks, task_id=f"t-{number}", crop_id=f"c-{number}-0", prediction_id=f"p-{number}-0",
        purpose="production", batch_id=None, record_id=None, form=FORM.name, field=FORM.fields[0].name,
        kind=FORM.fields[0].kind, value=1.0, due_at=None, consensus="two", created_at=at(60 * number + 10),
    )  # fmt: skip


def _vote(rows: Rows, number: int, place: int, person: str, text: str, seconds: float) -> None:
    token, second = 2 * number + place + 1, 60 * number + 20 + 5 * place
    rows.add(
        schema.leases, token=token, task_id=f"t-{number}", person_id=person, role="reviewer", sitting="s",
        crop_id=f"c-{number}-0", record_id=None, relaxed=0, granted_at=at(second), expires_at=at(second + 300),
    )  # fmt: skip
    rows.add(
        schema.votes, token=token, task_id=f"t-{number}", person_id=person, outcome="text", text=text,
        seconds=seconds, keystrokes=5, at=at(second + 1),
    )  # fmt: skip


def tried(ledger: Ledger, first: int, count: int, agrees: float, *, seed: int = 8) -> None:
    """A challenger reads these pages too, and says so often what the champion says."""
    engine, said = create_engine(ledger.url), schema.predictions
    with engine.begin() as connection:
        rows = Rows(connection)
        for number in range(first, first + count):
            rng = np.random.default_rng([seed, number])
            for position in range(len(FORM.fields)):
                own = said.c.prediction_id == f"p-{number}-{position}"
                row = dict(connection.execute(select(said).where(own)).one()._mapping)
                other = {} if rng.random() < agrees else {"text": "otherwise", "outcome": "text"}
                row |= {"prediction_id": f"x-{number}-{position}", "bundle_id": "other", "purpose": "trial"}
                rows.add(said, **{**row, **other})
        rows.flush()
    engine.dispose()
