import csv
import json
from collections.abc import Callable, Iterator
from pathlib import Path

import pandas as pd
import pytest

from recognizer.reading import Crop, Reading
from serving.batch.records import harmless, write_records
from serving.batch.run import ReadyPage, run_batch
from serving.door import Door
from serving.ledger import BatchFacts, Ledger, ScanEntry, open_ledger
from tests.serving import specimens as sample


@pytest.fixture
def ledger(tmp_path: Path) -> Iterator[Ledger]:
    with open_ledger(f"sqlite:///{tmp_path}/ledger.db") as opened:
        yield opened


class Quiet:
    def begins(self, scans: int, done: int) -> None:
        self.scans, self.done = scans, done

    def page(self, entry: object, answers: object) -> None:
        pass

    def scan_ends(self) -> None:
        pass


DIGESTS = ("s1", "s2", "s3")


def read_all(
    ledger: Ledger,
    reader: sample.InkReader | None = None,
    intake: Callable[[ScanEntry, frozenset[int]], Iterator[ReadyPage]] | None = None,
    batch_id: str = "batch",
) -> BatchFacts:
    door = Door(reader or sample.InkReader(), ledger)
    return run_batch(sample.start(batch_id, DIGESTS), intake or sample.two_pages, door, ledger, Quiet())


def test_a_batch_reads_every_field_once_and_says_so(ledger: Ledger) -> None:
    reader = sample.InkReader()
    facts = read_all(ledger, reader)
    assert (facts.scans, facts.pages, facts.fields) == (3, 6, 18) and reader.read_crops == 18
    assert facts.accepted + facts.review == 18 and facts.finished_at is not None
    assert len(ledger.predictions_frame("batch")) == 18
    assert [parcel.kind for parcel in ledger.pending()] == ["batch_started", *["page"] * 6, "batch_finished"]


def test_the_same_batch_again_reads_nothing(ledger: Ledger) -> None:
    read_all(ledger)
    reader = sample.InkReader()

    def no_intake(scan: ScanEntry, skip: frozenset[int]) -> Iterator[ReadyPage]:
        raise AssertionError("a finished batch is not taken in again")

    facts = read_all(ledger, reader, no_intake)
    assert reader.read_crops == 0 and facts.resumed == 0 and len(ledger.pending()) == 8


def test_another_batch_of_the_same_pages_reuses_their_predictions(ledger: Ledger) -> None:
    read_all(ledger)
    reader = sample.InkReader()
    facts = read_all(ledger, reader, batch_id="other")
    assert reader.read_crops == 0 and facts.fields == 18
    ids = [list(ledger.predictions_frame(batch).prediction_id) for batch in ("batch", "other")]
    assert ids[0] == ids[1]


class Interrupted(BaseException):
    pass


def test_an_interrupted_batch_goes_on_and_gives_the_same_records(ledger: Ledger, tmp_path: Path) -> None:
    undisturbed = open_ledger(f"sqlite:///{tmp_path}/other.db")
    (tmp_path / "undisturbed").mkdir()
    (tmp_path / "out").mkdir()
    write_records(undisturbed, read_all(undisturbed), [sample.FORM], tmp_path / "undisturbed")

    class Stops(sample.InkReader):
        def read(self, crop: Crop, folder: Path = Path()) -> Reading:
            if self.read_crops == 10:  # in the middle of the fourth page
                raise Interrupted
            return super().read(crop, folder)

    with pytest.raises(Interrupted):
        read_all(ledger, Stops())
    assert len(ledger.predictions_frame("batch")) == 9  # whole pages only
    skipped = []

    def watched(scan: ScanEntry, skip: frozenset[int]) -> Iterator[ReadyPage]:
        skipped.append((scan.scan_no, set(skip)))
        return sample.two_pages(scan, skip)

    reader = sample.InkReader()
    facts = read_all(ledger, reader, watched)
    assert reader.read_crops == 9 and facts.resumed == 1
    assert skipped == [(2, {1}), (3, set())]
    write_records(ledger, facts, [sample.FORM], tmp_path / "out")
    for name in ("records.jsonl", "records.csv"):
        assert (tmp_path / "out" / name).read_bytes() == (tmp_path / "undisturbed" / name).read_bytes()
    undisturbed.close()


def test_a_model_that_stumbles_over_a_page_does_not_end_the_batch(ledger: Ledger) -> None:
    class Stumbles(sample.InkReader):
        def read(self, crop: Crop, folder: Path = Path()) -> Reading:
            if self.read_crops == 4:
                self.read_crops += 1
                raise ValueError("secret 123-45-6789")
            return super().read(crop, folder)

    facts = read_all(ledger, Stumbles())
    assert facts.pages_by_status == {"read": 5, "rejected: failed": 1} and facts.fields == 15
    reason = next(page.reason for page in ledger.pages("batch") if page.status == "rejected: failed")
    assert "ssn" in reason and "secret" not in reason


def test_an_intake_that_fails_ends_the_batch_with_its_error(ledger: Ledger) -> None:
    def broken(scan: ScanEntry, skip: frozenset[int]) -> Iterator[ReadyPage]:
        yield from sample.two_pages(scan, skip)
        raise RuntimeError("broken")

    with pytest.raises(RuntimeError, match="broken"):
        read_all(ledger, intake=broken)
    assert ledger.batch("batch").pages == 2 and ledger.batch("batch").finished_at is None


def test_records_hold_what_was_read_and_parquet_masks_it(ledger: Ledger, tmp_path: Path) -> None:
    facts = read_all(ledger)
    write_records(ledger, facts, [sample.FORM], tmp_path)
    records = [json.loads(line) for line in (tmp_path / "records.jsonl").read_text().splitlines()]
    assert [(r["scan"], r["page"]) for r in records] == [(f"{d}.png", n) for d in DIGESTS for n in (1, 2)]
    assert list(records[0]) == ["page_id", "scan", "page", "form", "status", "reason", "fields"]
    ssn = records[0]["fields"]["ssn"]
    assert ssn["value"] == "123-45-6789" and ssn["source"] == f"model:{sample.BUNDLE[:12]}"
    assert list(ssn) == ["value", "outcome", "confidence", "decision", "source", "prediction_id"]
    frame = pd.read_parquet(tmp_path / "predictions.parquet")
    assert set(frame[frame.field == "ssn"].text) == {"***-**-6789"}
    assert set(frame.prediction_id) == {f["prediction_id"] for r in records for f in r["fields"].values()}
    assert len(frame) == ledger.batch("batch").fields
    with (tmp_path / "records.csv").open(newline="") as file:
        rows = list(csv.DictReader(file))
    assert [row["ssn"] for row in rows] == ["123-45-6789"] * 6 and rows[0]["born_decision"] == "review"
    assert sorted(path.name for path in tmp_path.iterdir() if "ledger" not in path.name) == [
        "predictions.parquet",
        "records.csv",
        "records.jsonl",
    ]


@pytest.mark.parametrize("value", ["=1+1", "+1", "-1", "@x", "\tx", "\rx", '=HYPERLINK("x")'])
def test_no_cell_is_a_formula(value: str) -> None:
    assert harmless(value) == f"'{value}"


def test_harmless_cells_stay_as_they_are() -> None:
    assert [harmless(cell) for cell in ("a=1", "", 3, "F757558")] == ["a=1", "", 3, "F757558"]
