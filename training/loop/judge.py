"""Champion and challenger on held-out examples, through serving's own door: every reading is a prediction on record."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path

from recognizer.alphabet import normal_text
from recognizer.errors import FormError, ScanRejected
from serving.door import open_door
from serving.ledger import BatchStart, Ledger, ScanEntry, digest
from serving.truth.agreement import agree
from training.examples.pictures import Lesson


@dataclass(frozen=True, kw_only=True)
class Judged:
    """How a bundle reads held-out examples: (right, all) by kind of field."""

    kinds: Mapping[str, tuple[int, int]]

    @property
    def right(self) -> int:
        """Fields read as people read them."""
        return sum(right for right, _ in self.kinds.values())

    @property
    def count(self) -> int:
        """Fields in all."""
        return sum(count for _, count in self.kinds.values())

    @property
    def accuracy(self) -> float:
        """The share that is right; 0 of none."""
        return self.right / max(1, self.count)


def judge(bundle: Path, found: Sequence[Lesson], ledger: Ledger, version: str) -> Judged:
    """Read examples with a bundle for the purpose `evaluation`; `version` names their set. Fields whose list lies
    beside a form that is not at hand cannot be read and are left out.

    Raises BundleError and LedgerError.
    """
    door = open_door(bundle, ledger, purpose="evaluation")
    by_record = _by_record(found)
    with ledger.lessons_to_read() as lessons:
        pages = lessons.pages(list(by_record))
    numbered = {record: number for number, record in enumerate(sorted(set(by_record) & set(pages)), start=1)}
    start = _start(
        door.bundle_id, door.facts, version, {n: pages[record].scan_digest for record, n in numbered.items()}
    )
    with ledger.writing() as writing:
        writing.start_batch(start)
    counts: dict[str, list[int]] = {}
    for record, number in numbered.items():
        here = by_record[record]
        try:
            answers = door.read(
                pages[record], [each.crop for each in here], None, batch_id=start.batch_id, scan_no=number
            )
        except (FormError, ScanRejected):
            continue
        for each, answer in zip(here, answers, strict=True):
            tally = counts.setdefault(each.example.use.kind, [0, 0])
            tally[0] += _is_right(each, answer.prediction.reading.outcome, answer.prediction.reading.text)
            tally[1] += 1
    with ledger.writing() as writing:
        writing.finish_batch(start.batch_id, {"examples": sum(count for _, count in counts.values())})
    return Judged(kinds={kind: (right, count) for kind, (right, count) in sorted(counts.items())})


def _by_record(found: Sequence[Lesson]) -> dict[tuple[str, int, int], list[Lesson]]:
    records: dict[tuple[str, int, int], list[Lesson]] = {}
    for each in found:
        records.setdefault(each.example.use.record, []).append(each)
    return records


def _start(bundle_id: str, facts: Mapping[str, object], version: str, scans: Mapping[int, str]) -> BatchStart:
    return BatchStart(
        batch_id=digest("examples", bundle_id, facts, version, sorted(scans.items())),
        bundle_id=bundle_id,
        bundle_info=facts,
        purpose="evaluation",
        params={"bundle_id": bundle_id, "examples": version},
        forms={},
        scans=tuple(
            ScanEntry(scan_no=number, path=f"example page {number}", scan_digest=scan)
            for number, scan in sorted(scans.items())
        ),
    )


def _is_right(each: Lesson, outcome: str, text: str) -> bool:
    said = each.example.verdict
    if outcome == said.outcome and normal_text(text) == normal_text(each.example.text):
        return True
    return agree(replace(said, outcome=outcome, text=text), said, each.example.field)
