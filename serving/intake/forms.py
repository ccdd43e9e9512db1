"""From the scans of a batch to pages that are ready to be read; what the ledger has already is taken from there."""

import time
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import asdict, dataclass
from functools import cached_property, partial
from pathlib import Path
from typing import Any

import cv2
import numpy as np

from recognizer.errors import LedgerError
from recognizer.form import Field, Form
from recognizer.page import Page, Quality
from recognizer.prepare import PREPARATION_VERSION, PreparedPage, Preparer
from recognizer.reading import Crop
from recognizer.scan import Limits, PageRejected
from serving.batch.run import ReadyPage, rejected_page
from serving.intake.again import CODE, ERASED_TIMES, REASON, Again, again
from serving.intake.workshop import PageDone, Workshop
from serving.ledger import Ledger, PageEntry, ScanEntry, StoredCrop, digest, page_key

NOT_MEASURED = Quality(**dict.fromkeys(Quality.__dataclass_fields__, float("nan")))


SIZES = ("working_dpi", "working_pixels", "pdf_dpi")
"""The limits that crops depend on."""


def setup_facts(form_digests: Sequence[str], limits: Limits) -> dict[str, Any]:
    """Everything that the crops of a scan depend on beside its bytes, as plain data."""
    sizes = {name: getattr(limits, name) for name in SIZES}
    return {"preparation": PREPARATION_VERSION, "forms": sorted(form_digests), **sizes}


def setup_digest(facts: Mapping[str, Any]) -> str:
    """The id of such a setup."""
    return digest("setup", facts["preparation"], facts["forms"], [facts[name] for name in SIZES])


@dataclass(frozen=True, kw_only=True)
class FormIntake:
    """Takes in the scans of a batch of filled-in forms. `forms` are by digest, `paths` of the files by scan number,
    `setup` is what `setup_facts` says."""

    workshop: Workshop[PreparedPage]
    ledger: Ledger
    forms: Mapping[str, Form]
    paths: Mapping[int, Path]
    batch_id: str
    setup: Mapping[str, Any]

    @cached_property
    def setup_digest(self) -> str:
        """The id of the setup."""
        return setup_digest(self.setup)

    def __call__(self, scan: ScanEntry, skip: frozenset[int]) -> Iterator[ReadyPage]:
        """The pages of a scan but those in `skip`: first the known ones, then those to be decoded."""
        erased = again(self.ledger, scan.scan_digest)
        known = self._known(scan, erased)
        for page_no in sorted(known.keys() - skip):
            yield self._stored(known[page_no])
        have = skip | known.keys()
        for page_no in sorted(number for number, page in erased.items() if page.refused and number not in have):
            entry = rejected_page(scan, page_no, CODE, REASON, setup_digest=self.setup_digest, batch_id=self.batch_id)
            yield ReadyPage(entry=entry)
            have = have | {page_no}
        page_count = self.ledger.page_count(scan.scan_digest) if have else None
        if page_count is not None and have >= set(range(1, page_count + 1)):
            return
        for item in self.workshop.pages(self.paths[scan.scan_no], skip=frozenset(have)):
            yield self._fresh(item, scan, erased)

    def _known(self, scan: ScanEntry, erased: Mapping[int, Again]) -> dict[int, PageEntry]:
        """The pages that were prepared before; one that was erased since is known only as it was read again."""
        found = self.ledger.stored_pages(scan.scan_digest, self.setup_digest)
        found = {number: page for number, page in found.items() if number not in erased}
        for number, page in erased.items():
            anew = self.ledger.stored_pages(scan.scan_digest, page.setup(self.setup_digest))
            found |= {} if page.refused else {no: entry for no, entry in anew.items() if no == number}
        return found

    def _stored(self, entry: PageEntry) -> ReadyPage:
        form = self.forms.get(entry.form_digest or "")
        fields = {field.name: field for field in form.fields} if form is not None else {}
        crops = tuple(restored(crop, fields[crop.field]) for crop in self.ledger.stored_crops(entry.page_key))
        return ReadyPage(entry=entry, crops=crops, form=form)

    def _fresh(
        self, item: PageDone[PreparedPage] | PageRejected, scan: ScanEntry, erased: Mapping[int, Again]
    ) -> ReadyPage:
        refused = refusal(item, scan, self.setup_digest, self.batch_id)
        if refused is not None:
            return refused
        assert isinstance(item, PageDone)
        page = item.result
        before = erased.get(page.page_no, Again())
        setup = before.setup(self.setup_digest)
        entry = PageEntry(
            page_key=page_key(page.scan_digest, page.page_no, setup),
            page_id=page.page_id,
            scan_digest=page.scan_digest,
            page_no=page.page_no,
            setup_digest=setup,
            status=page.status,
            reason=page.reason,
            form=page.form or None,
            form_digest=page.form_digest or None,
            width_px=page.width_px,
            height_px=page.height_px,
            scanner=page.scanner or None,
            quality=page.quality,
            steps=page.steps,
            alignment=asdict(page.fit) if page.fit is not None else {},
            stage_ms={"decode": round(item.decode_s * 1000, 3), **dict(page.timings)},
            setup={**self.setup, ERASED_TIMES: before.times},
        )
        return ReadyPage(entry=entry, crops=before.crops(page.crops), form=self.forms.get(page.form_digest))


def form_workshop(forms: Sequence[Form], limits: Limits) -> Workshop[PreparedPage]:
    """A workshop that prepares pages of these forms."""
    return Workshop(partial(Preparer, tuple(forms), clock=time.perf_counter), limits)


def refusal(
    item: PageDone[PreparedPage] | PageDone[Page] | PageRejected, scan: ScanEntry, setup: str, batch_id: str
) -> ReadyPage | None:
    """The page as rejected where it was, or where the file is no longer the one that the batch began with."""
    if isinstance(item, PageRejected):
        page_no, code, reason = item.page_no or 0, item.code, item.reason
    elif item.result.scan_digest != scan.scan_digest:
        page_no, code, reason = item.page_no, "changed", "The file was changed while the batch was running."
    else:
        return None
    return ReadyPage(entry=rejected_page(scan, page_no, code, reason, setup_digest=setup, batch_id=batch_id))


def restored(stored: StoredCrop, field: Field) -> Crop:
    """The crop as it was filed. Raises LedgerError where its image is damaged."""
    image = cv2.imdecode(np.frombuffer(stored.png, np.uint8), cv2.IMREAD_GRAYSCALE)
    if image is None:
        raise LedgerError(f"the image of crop {stored.crop_id} in the ledger is damaged")
    return Crop(
        crop_id=stored.crop_id,
        image=image,
        dpi=stored.dpi,
        field=field,
        quality=stored.quality or NOT_MEASURED,
        steps=stored.steps,
        marks=stored.marks,
    )
