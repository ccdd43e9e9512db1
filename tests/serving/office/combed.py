"""Pages with a social security number in a comb of nine cells, drawn, read by a script, and keyed in parts."""

from collections.abc import Mapping
from pathlib import Path

import cv2
import numpy as np

from recognizer.form import Field, Form, PageSize, PrintedBoxes, ReviewPolicy
from recognizer.page import Step
from recognizer.reading import Crop, Reading, View
from serving.batch.run import ReadyPage, run_batch
from serving.consensus import Entry
from serving.door import Door
from serving.ledger import BatchStart, Ledger, PageEntry, ScanEntry, digest, page_key, schema
from serving.ledger.clock import utc_now
from serving.ledger.desk import Lease
from serving.ledger.parts import CropPart
from serving.office import Office, Submitted
from serving.promise import Policy, Promise
from tests.serving.truth import talk

CELL_PX, MARGIN_PX, AROUND_PX = 24, 6, 30
FORM_DIGEST = "c" * 32
ALWAYS = ReviewPolicy(always=True)
SURE = ReviewPolicy(threshold=0.5)


def form_of(comb: int | None = 9, review: ReviewPolicy = ALWAYS) -> Form:
    """A form with a combed number and a name."""
    fields = (
        Field(name="ssn", kind="ssn", box=(10, 10, 9 * CELL_PX, 32), comb=comb, label="Social security number",
              review=review),
        Field(name="surname", kind="name", box=(10, 80, 200, 32), label="Surname", review=ALWAYS),
    )  # fmt: skip
    return Form(
        name="claim", page=PageSize(width=600, height=800, dpi=150), registration=PrintedBoxes(method="boxes"),
        fields=fields, folder=Path("/forms"),
    )  # fmt: skip


def number_of(n: int) -> str:
    """The number that stands on a page."""
    return f"{123456789 + 1117 * n:09d}"


class Scripted:
    """Reads what stands on the page that the crop's first pixel names; `misread` says where it reads another."""

    bundle_id = "d" * 32
    version = "1"
    settings: Mapping[str, object] = {}

    def __init__(self, misread: Mapping[int, str] | None = None, confidence: float = 0.9) -> None:
        self.misread, self.confidence = misread or {}, confidence

    def read(self, crop: Crop, folder: Path = Path()) -> Reading:
        n = int(crop.image[0, 0])
        text = self.misread.get(n, number_of(n)) if crop.field.kind == "ssn" else "Webb"
        outcome = "text" if text else "blank"
        return Reading(text=text, outcome=outcome, confidence=self.confidence)  # type: ignore[arg-type]


def picture(text: str, margin_px: int) -> np.ndarray:
    """A comb with one sign to a cell; its lines are removed, as on a crop."""
    image = np.full((32 + 2 * margin_px, 9 * CELL_PX + 2 * margin_px), 245, np.uint8)
    for cell, sign in enumerate(text):
        at = margin_px + cell * CELL_PX + 4, margin_px + 26
        cv2.putText(image, sign, at, cv2.FONT_HERSHEY_SCRIPT_SIMPLEX, 0.8, 30, 2)
    return image


def crop_of(n: int, field: Field) -> Crop:
    text = number_of(n) if field.kind == "ssn" else "Webb"
    image, view = picture(text, MARGIN_PX), picture(text, AROUND_PX)
    image[0, 0] = n
    steps = (Step(name="cut", settings={"dpi": 150.0, "margin_px": MARGIN_PX, "x": 10, "y": 10, "w": 216, "h": 32}),)
    jpeg = cv2.imencode(".jpg", view)[1].tobytes()
    box = (AROUND_PX, AROUND_PX, 9 * CELL_PX, 32)
    return Crop(
        crop_id=digest("combed", field.name, n), image=image, dpi=150, field=field, quality=talk.quality(), steps=steps,
        view=View(jpeg=jpeg, dpi=150.0, box=box),
    )  # fmt: skip


def read_batch(
    ledger: Ledger, pages: int = 2, *, batch_id: str = "combed", form: Form | None = None,
    reader: Scripted | None = None, audit: float = 0.0,
) -> str:  # fmt: skip
    """Read so many pages through the door."""
    form = form or form_of()
    with ledger.writing() as writing:  # not by lot: the same are drawn on every run
        writing._add(schema.secrets, name="audits", value="5a" * 16, created_at=utc_now())
    start = BatchStart(
        batch_id=batch_id, bundle_id=Scripted.bundle_id, bundle_info={"version": "1"}, purpose="production", params={},
        forms={FORM_DIGEST: form.model_dump(mode="json")},
        scans=tuple(ScanEntry(scan_no=n, path=f"p{n}.png", scan_digest=f"p{n}") for n in range(pages)),
    )  # fmt: skip
    door = Door(reader or Scripted(), ledger, promise=Promise(policy=Policy(audit=audit)))
    run_batch(start, lambda scan, skip: iter(_page(scan, skip, form)), door, ledger, talk.Quiet())
    return batch_id


def _page(scan: ScanEntry, skip: frozenset[int], form: Form) -> list[ReadyPage]:
    entry = PageEntry(
        page_key=page_key(scan.scan_digest, 1, "combed"), page_id=f"{scan.scan_digest}-1",
        scan_digest=scan.scan_digest, page_no=1, setup_digest="combed", status="read", form=form.name,
        form_digest=FORM_DIGEST, quality=talk.quality(),
    )  # fmt: skip
    crops = tuple(crop_of(scan.scan_no, field) for field in form.fields)
    return [] if skip else [ReadyPage(entry=entry, crops=crops, form=form)]


def part_of(ledger: Ledger, lease: Lease) -> CropPart | None:
    """The part that a lease is of."""
    with ledger.truth() as truth:
        return truth.parts.known([lease.crop_id]).get(lease.crop_id)


def page_of(ledger: Ledger, crop_id: str) -> int:
    """The number of the page that a crop is of."""
    with ledger.truth() as truth:
        return truth.uses_of([crop_id])[0].scan_no


def written(ledger: Ledger, lease: Lease) -> str:
    """What stands in a field or in a part of it."""
    part = part_of(ledger, lease)
    if part is None:
        return number_of(page_of(ledger, lease.crop_id)) if lease.kind == "ssn" else "Webb"
    return number_of(page_of(ledger, part.crop_id))[part.first_sign : part.end_sign]


def key_in(office: Office, person: str, lease: Lease, text: str | None = None, outcome: str = "text") -> Submitted:
    """Key what is written there, or something else."""
    said = written(office.ledger, lease) if text is None else text
    entry = Entry(text=said if outcome == "text" else "", outcome=outcome)  # type: ignore[arg-type]
    answer = office.submit(lease.token, person, entry, seconds=2.0, keystrokes=len(said), confirmed=True)
    assert isinstance(answer, Submitted), answer
    return answer
