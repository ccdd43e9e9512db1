"""The talk's story: a policy number is read as F757558, surely enough to be accepted; it is E757558."""

from collections.abc import Mapping
from pathlib import Path

import cv2
import numpy as np

from recognizer.form import Field, Form, PageSize, PrintedBoxes, ReviewPolicy
from recognizer.page import Quality
from recognizer.reading import Alternative, Crop, Reading
from serving.batch.records import write_records
from serving.batch.run import ReadyPage, run_batch
from serving.door import Door
from serving.ledger import BatchFacts, BatchStart, Ledger, PageEntry, ScanEntry, digest, page_key
from serving.promise import Policy, Promise

BUNDLE = "a" * 32
FORM_DIGEST = "e" * 32
BOX = (10, 10, 100, 30)
SURE = ReviewPolicy(threshold=0.9)
FORM = Form(
    name="claim",
    page=PageSize(width=600, height=800, dpi=150),
    registration=PrintedBoxes(method="boxes"),
    fields=(
        Field(name="policy", kind="code", box=BOX, review=SURE),
        Field(name="old_policy", kind="code", box=BOX, review=SURE),
        Field(name="ssn", kind="ssn", box=BOX, review=SURE),
        Field(name="surname", kind="name", box=BOX, review=SURE),
    ),
    folder=Path("/forms"),
)

PAGES: Mapping[str, tuple[tuple[str, float], ...]] = {
    "s1": (("F757558", 0.98), ("F112233", 0.97), ("123-45-6789", 0.99), ("Fisher", 0.97)),
    "s2": (("F757600", 0.96), ("A112233", 0.99), ("123-45-6780", 0.99), ("Miller", 0.95)),
    "s3": (("G998877", 0.97), ("B445566", 0.99), ("123-45-6781", 0.99), ("Webb", 0.5)),
}
"""What the model says of each scan's one page, and how sure it is: all is accepted, but for one surname."""

ALTERNATIVES = {"F757558": "E757558", "F757600": "E757600"}


class Scripted:
    """Reads what is written on the crop: an index into PAGES, in its first pixels."""

    bundle_id = BUNDLE
    version = "1"
    settings: Mapping[str, object] = {}

    def read(self, crop: Crop, folder: Path = Path()) -> Reading:
        scan, number = list(PAGES)[int(crop.image[0, 0])], int(crop.image[0, 1])
        text, confidence = PAGES[scan][number]
        other = ALTERNATIVES.get(text)
        alternatives = (Alternative(text=other, confidence=0.015),) if other else ()
        return Reading(text=text, outcome="text", confidence=confidence, alternatives=alternatives)


def quality() -> Quality:
    return Quality(
        resolution_dpi=150, sharpness=0.5, contrast=0.9, noise=2.0, skew_deg=0.1, illumination=0.9, clipping=0.0,
        compression=0.0, ink_coverage=0.1, bleed_through=0.0,
    )  # fmt: skip


def crop_of(scan: str, number: int, salt: int = 0) -> Crop:
    image = np.full((44, 200), 245, np.uint8)
    cv2.putText(image, PAGES[scan][number][0], (8, 32), cv2.FONT_HERSHEY_SCRIPT_SIMPLEX, 1.1, 30, 2)
    image[0, :2] = list(PAGES).index(scan), number
    return Crop(
        crop_id=digest("crop", scan, number, *([salt] if salt else [])),
        image=image,
        dpi=150,
        field=FORM.fields[number],
        quality=quality(),
    )


def one_page(scan: ScanEntry, skip: frozenset[int], form: Form, salt: int) -> "list[ReadyPage]":
    entry = PageEntry(
        page_key=page_key(scan.scan_digest, 1, f"setup {salt}"),
        page_id=f"{scan.scan_digest}-1",
        scan_digest=scan.scan_digest,
        page_no=1,
        setup_digest=f"setup {salt}",
        status="read",
        form=FORM.name,
        form_digest=FORM_DIGEST,
        quality=quality(),
    )
    crops = tuple(crop_of(scan.scan_digest, number, salt) for number in range(len(FORM.fields)))
    return [] if skip else [ReadyPage(entry=entry, crops=crops, form=form)]


class Quiet:
    def begins(self, scans: int, done: int) -> None:
        pass

    def page(self, entry: object, answers: object) -> None:
        pass

    def scan_ends(self) -> None:
        pass


def read_scans(
    ledger: Ledger, out: Path | None = None, batch_id: str = "batch", doubtful: tuple[str, ...] = (), salt: int = 0
) -> BatchFacts:
    """Read the three scans through the door; deliver their records where a folder is given.

    Fields that are `doubtful` all go to review. Scans with another `salt` are others, though they say the same.
    """
    always = ReviewPolicy(always=True)
    fields = [field.model_copy(update={"review": always}) if field.name in doubtful else field for field in FORM.fields]
    form = FORM.model_copy(update={"fields": tuple(fields)})
    start = BatchStart(
        batch_id=batch_id,
        bundle_id=BUNDLE,
        bundle_info={"version": "1"},
        purpose="production",
        params={},
        forms={FORM_DIGEST: FORM.model_dump(mode="json")},
        scans=tuple(ScanEntry(scan_no=n, path=f"{name}.png", scan_digest=name) for n, name in enumerate(PAGES, 1)),
    )
    door = Door(Scripted(), ledger, promise=Promise(policy=Policy(audit=0)))  # audits are drawn by lot
    facts = run_batch(start, lambda scan, skip: iter(one_page(scan, skip, form, salt)), door, ledger, Quiet())
    if out is not None:
        out.mkdir(exist_ok=True)
        write_records(ledger, facts, [FORM], out)
    return facts
