"""`penfield demo`: the sample scans that ship, read as any batch is, and compared with what is written on them."""

import json
from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from recognizer.form import load_form
from serving.batch.recognize import Order, recognize
from serving.batch.records import Record, records_of
from serving.commands.session import Session
from serving.intake.scans import find_scans
from serving.ledger import ACCEPTED, BatchFacts, Ledger
from serving.ledger.clock import utc_now

DATA = Path(__file__).parents[2] / "data"
FORMS = ("insurance_application", "nist_hsf")
NOT_READ = ("illegible", "struck_out", "wrong_crop", "ambiguous", "unaligned")


@dataclass(frozen=True, kw_only=True)
class Compared:
    """One field beside its truth. `read` is False for an explicit non-answer, which is never right."""

    kind: str
    right: bool
    accepted: bool
    read: bool


@dataclass(frozen=True, kw_only=True)
class Score:
    """Compared fields, counted."""

    fields: int
    right: int
    accepted: int
    accepted_right: int
    not_read: int

    @property
    def review(self) -> int:
        """How many go to a person."""
        return self.fields - self.accepted


@dataclass(frozen=True, kw_only=True)
class DemoResult:
    """What the demo came to. `pages_right` are those of which status and form are what the truth says."""

    batch: BatchFacts
    pages: int
    pages_right: int
    fields: tuple[Compared, ...]
    new_predictions: int

    @property
    def whole(self) -> Score:
        """All fields together."""
        return score(self.fields)

    @property
    def by_kind(self) -> dict[str, Score]:
        """The fields of each kind, in the order of the alphabet."""
        kinds = sorted({field.kind for field in self.fields})
        return {kind: score(field for field in self.fields if field.kind == kind) for kind in kinds}


def demo(work: Session, out: Path) -> DemoResult:
    """Recognize the sample scans into `out`, by the same way as any scans, and compare with their truth."""
    forms = tuple(load_form(DATA / "forms" / f"{name}.yaml") for name in FORMS)
    order = Order(forms=forms, scans=find_scans([DATA / "samples" / "scans"]), out=out)
    began = utc_now()
    batch = recognize(order, work.door, work.ledger, work.bar)
    truth = json.loads((DATA / "samples" / "truth.json").read_text(encoding="utf-8"))["pages"]
    pairs = paired(truth, records_of(work.ledger, batch))
    kinds = {(form.name, field.name): field.kind for form in forms for field in form.fields}
    return DemoResult(
        batch=batch,
        pages=len(pairs),
        pages_right=sum(page_right(page, record) for page, record in pairs),
        fields=tuple(field for page, record in pairs for field in compared(page, record, kinds)),
        new_predictions=_made_since(began, work.ledger, batch),
    )


def _made_since(began: str, ledger: Ledger, batch: BatchFacts) -> int:
    """How many of the batch's predictions were made since; the others were in the ledger already."""
    said = (answer.prediction for answers in ledger.answers(batch.batch_id).values() for answer in answers)
    return len({prediction.prediction_id for prediction in said if prediction.created_at >= began})


def paired(truth: Sequence[Record], records: Iterable[Record]) -> list[tuple[Record, Record]]:
    """Each page of the truth with its record; a file that was rejected as a whole has one record for all its pages."""
    found = {(record["scan"], record["page"]): record for record in records}
    return [(page, found.get((page["scan"], page["page"])) or found[page["scan"], None]) for page in truth]


def page_right(page: Record, record: Record) -> bool:
    """Whether the page is what it was taken for."""
    form = page["form"] if page["status"] == "read" else None
    return bool(record["status"].partition(":")[0] == page["status"] and record["form"] == form)


def compared(page: Record, record: Record, kinds: Mapping[tuple[str, str], str]) -> list[Compared]:
    """The fields of a page beside their truth; one that has no reading counts as not read."""
    return [
        _compared(kinds[page["form"], name], truth, record["fields"].get(name))
        for name, truth in page["fields"].items()
    ]


def _compared(kind: str, truth: str, field: Mapping[str, Any] | None) -> Compared:
    if field is None or field["outcome"] in NOT_READ:
        return Compared(kind=kind, right=False, accepted=False, read=False)
    return Compared(kind=kind, right=field["value"] == truth, accepted=field["decision"] in ACCEPTED, read=True)


def score(fields: Iterable[Compared]) -> Score:
    """Count compared fields."""
    count = Counter[str]()
    for field in fields:
        count["fields"] += 1
        count["right"] += field.right
        count["accepted"] += field.accepted
        count["accepted_right"] += field.accepted and field.right
        count["not_read"] += not field.read
    return Score(**{name: count[name] for name in Score.__dataclass_fields__})
