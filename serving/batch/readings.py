"""Field images in, readings out: what `penfield read` does. The same door, the same ledger, the same log."""

import csv
import io
from collections.abc import Callable, Iterator, Mapping
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

from recognizer.cut import cut_image
from recognizer.form import Field
from recognizer.form.language import language_digest
from recognizer.page import Page
from recognizer.prepare import PREPARATION_VERSION, page_id
from recognizer.scan import Limits
from serving.batch.begun import ORDER, as_begun, order_digest
from serving.batch.recognize import code_version, scan_entries
from serving.batch.records import check_folder, harmless, write_whole
from serving.batch.run import ReadyPage, Watcher, rejected_page, run_batch
from serving.door import Door
from serving.intake.again import CODE, ERASED_TIMES, REASON, Again, again
from serving.intake.field_list import ANSWERS, FieldRow, load_field_list
from serving.intake.forms import refusal
from serving.intake.scans import NamedScan
from serving.intake.workshop import Workshop
from serving.ledger import BatchFacts, BatchStart, Ledger, PageEntry, ScanEntry, digest, page_key

FIELD_LIMITS = Limits(min_edge_px=8, max_pixels=20_000_000)
"""A field is smaller than a page."""


def read_fields(source: Path, out: Path, door: Door, ledger: Ledger, watcher: Watcher) -> BatchFacts:
    """Read the fields that the CSV file `source` lists and write its rows, with the readings, to the file `out`.

    A row that cannot be read has the outcome `rejected: <code>`. Repeating and resuming are as for `recognize`.
    Raises InputError where the list cannot be read or `out` not be written, and LedgerError.
    """
    rows = load_field_list(source)
    check_folder(out.parent)
    scans = [NamedScan(path=row.image, name=row.cells["image"]) for row in rows]
    entries = scan_entries(scans, FIELD_LIMITS)
    start = as_begun(_start(entries, rows, door), door, ledger)
    with Workshop(whole_pages, FIELD_LIMITS) as workshop:
        intake = FieldIntake(
            workshop=workshop, ledger=ledger, rows=dict(enumerate(rows, start=1)), batch_id=start.batch_id
        )
        facts = run_batch(start, intake, door, ledger, watcher)
    write_whole(out, _csv(rows, ledger, facts.batch_id).encode())
    return facts


def whole_pages() -> Callable[[Page], Page]:
    """Work for a workshop that only decodes."""
    return _as_it_is


def _as_it_is(page: Page) -> Page:
    return page


@dataclass(frozen=True, kw_only=True)
class FieldIntake:
    """Takes in field images; `rows` are by scan number. Of an image with several pages, the first counts."""

    workshop: Workshop[Page]
    ledger: Ledger
    rows: Mapping[int, FieldRow]
    batch_id: str

    def __call__(self, scan: ScanEntry, skip: frozenset[int]) -> Iterator[ReadyPage]:
        """The one page of an image, or why there is none."""
        row = self.rows[scan.scan_no]
        setup = _setup(row)
        if skip:
            return
        if row.field is None:
            entry = rejected_page(scan, 0, row.code, row.reason, setup_digest=setup, batch_id=self.batch_id)
            yield ReadyPage(entry=entry)
            return
        erased = again(self.ledger, scan.scan_digest).get(1, Again())
        if erased.refused:
            entry = rejected_page(scan, 1, CODE, REASON, setup_digest=setup, batch_id=self.batch_id)
            yield ReadyPage(entry=entry)
            return
        setup = erased.setup(setup)
        others = frozenset(range(2, FIELD_LIMITS.max_pages + 1))
        for item in self.workshop.pages(row.image, skip=others):
            refused = refusal(item, scan, setup, self.batch_id)
            yield refused or _ready(item.result, row, setup, item.decode_s, erased)  # type: ignore[union-attr]


def _ready(page: Page, row: FieldRow, setup: str, decode_s: float, erased: Again) -> ReadyPage:
    assert row.field is not None
    crop = cut_image(page.image, row.field, page.dpi)
    entry = PageEntry(
        page_key=page_key(page.scan_digest, page.page_no, setup),
        page_id=page_id(page.scan_digest, page.page_no),
        scan_digest=page.scan_digest,
        page_no=page.page_no,
        setup_digest=setup,
        status="read",
        width_px=page.image.shape[1],
        height_px=page.image.shape[0],
        scanner=page.scanner or None,
        quality=crop.quality,
        stage_ms={"decode": round(decode_s * 1000, 3)},
        setup=_setup_facts(row.field, erased.times),
    )
    return ReadyPage(entry=entry, crops=erased.crops([crop]))


def _setup(row: FieldRow) -> str:
    """What the crop and its answer depend on beside the image: one image may be listed as two kinds of field."""
    if row.field is None:
        return digest("no field", row.code)
    language = language_digest(row.field, Path())
    return digest("field setup", PREPARATION_VERSION, row.field.kind, row.field.pattern, language)


def _setup_facts(field: Field, erased: int) -> dict[str, Any]:
    return {"preparation": PREPARATION_VERSION, "field": field.model_dump(mode="json"), ERASED_TIMES: erased}


def _start(entries: tuple[ScanEntry, ...], rows: tuple[FieldRow, ...], door: Door) -> BatchStart:
    limits, lineup = asdict(FIELD_LIMITS), door.lineup
    facts, bundle_id = lineup.facts, lineup.general.reader.bundle_id
    what = [bundle_id, facts, door.purpose, lineup.policy_digest, limits]
    fields = [(entry.path, entry.scan_digest, _setup(row)) for entry, row in zip(entries, rows, strict=True)]
    params: dict[str, Any] = {
        "code_version": code_version(),
        "bundle_id": bundle_id,
        "purpose": door.purpose,
        "policy": lineup.policy_digest,
        ORDER: order_digest(door, limits, fields),
        "fields": len(rows),
        **{f"engine.{name}": value for name, value in facts["settings"].items()},
        **{f"bundle_id.{kind}": own for kind, own in lineup.bundle_ids.items() if kind},
    }
    return BatchStart(
        batch_id=digest("fields", what, fields),
        bundle_id=bundle_id,
        bundle_info=lineup.general.facts,
        purpose=door.purpose,
        params=params,
        forms={},
        scans=entries,
    )


def _csv(rows: tuple[FieldRow, ...], ledger: Ledger, batch_id: str) -> str:
    """The rows as they came, with four more columns."""
    status = {page.scan_no: page.status for page in ledger.pages(batch_id)}
    answers = {scan_no: items[0] for (scan_no, _), items in ledger.answers(batch_id).items()}
    text = io.StringIO()
    writer = csv.writer(text, lineterminator="\r\n")
    writer.writerow([*(rows[0].cells if rows else ("image", "kind")), *ANSWERS])
    for scan_no, row in enumerate(rows, start=1):
        cells: list[object] = ["", status[scan_no], "", ""]
        if scan_no in answers:
            prediction = answers[scan_no].prediction
            reading = prediction.reading
            cells = [harmless(reading.text), reading.outcome, reading.confidence, prediction.prediction_id]
        writer.writerow([*row.cells.values(), *cells])
    return text.getvalue()
