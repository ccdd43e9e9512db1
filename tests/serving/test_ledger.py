import dataclasses
import json
import math
import multiprocessing
import sqlite3
from collections.abc import Iterator
from pathlib import Path

import cv2
import numpy as np
import pytest

from recognizer.errors import LedgerError
from serving.ledger import Answer, Ledger, open_ledger
from tests.serving import specimens as sample


@pytest.fixture
def ledger(tmp_path: Path) -> Iterator[Ledger]:
    with open_ledger(f"sqlite:///{tmp_path}/ledger.db") as opened:
        yield opened


def file_page(ledger: Ledger, batch_id: str, scan_no: int, digest: str) -> tuple[Answer, ...]:
    """What the door does, in one transaction."""
    crops = [sample.crop(field, seed=scan_no * 100 + n) for n, field in enumerate(sample.FORM.fields)]
    fresh = [sample.fresh(crop, sample.InkReader()) for crop in crops]
    entry = sample.entry(digest)
    with ledger.writing() as writing:
        writing.page(entry, crops)
        writing.predictions(sample.BUNDLE, fresh)
        predictions = writing.read_back([item.prediction_id for item in fresh])
        decisions = [sample.accepted(item.prediction_id) for item in fresh]
        writing.decisions(decisions)
        answers = tuple(
            Answer(field=crop.field.name, prediction=predictions[decision.prediction_id], decision=decision)
            for crop, decision in zip(crops, decisions, strict=True)
        )
        writing.batch_page(batch_id, scan_no, entry, answers)
    return answers


def begin(ledger: Ledger, batch_id: str = "batch", digests: tuple[str, ...] = ("s1", "s2")) -> None:
    with ledger.writing() as writing:
        writing.start_batch(sample.start(batch_id, digests))


def test_what_is_written_comes_back(ledger: Ledger) -> None:
    begin(ledger)
    answers = file_page(ledger, "batch", 1, "s1")
    assert ledger.answers("batch") == {(1, 1): answers}
    assert [answer.field for answer in answers] == ["policy", "ssn", "born"]
    assert answers[0].prediction.reading.parts[0].confidence == 0.5
    page = ledger.stored_pages("s1", sample.SETUP)[1]
    assert dataclasses.replace(page, quality=None) == dataclasses.replace(sample.entry("s1"), quality=None)
    assert page.quality is not None and math.isnan(page.quality.bleed_through)
    crop = sample.crop(sample.FORM.fields[0], seed=100)
    stored = ledger.stored_crops(page.page_key)
    assert [item.field for item in stored] == ["policy", "ssn", "born"]
    assert stored[0].steps == crop.steps and stored[0].marks == crop.marks
    pixels = cv2.imdecode(np.frombuffer(ledger.crop_png(crop.crop_id), np.uint8), cv2.IMREAD_GRAYSCALE)
    assert np.array_equal(pixels, crop.image)


def test_writing_again_changes_nothing(ledger: Ledger) -> None:
    begin(ledger)
    once = file_page(ledger, "batch", 1, "s1")
    begin(ledger)
    assert file_page(ledger, "batch", 1, "s1") == once  # created_at too: the first one stands
    assert len(ledger.pending()) == 2
    assert ledger.batch("batch").fields == 3


def test_a_transaction_that_fails_leaves_nothing(ledger: Ledger) -> None:
    with pytest.raises(ZeroDivisionError), ledger.writing() as writing:
        writing.start_batch(sample.start("batch", ("s1",)))
        raise ZeroDivisionError
    assert not ledger.has_batch("batch") and ledger.pending() == []


def test_rows_are_durable_before_the_block_ends(ledger: Ledger, tmp_path: Path) -> None:
    begin(ledger)
    with sqlite3.connect(tmp_path / "ledger.db") as other:
        assert other.execute("select count(*) from scans").fetchone() == (2,)
    with ledger._reading() as connection:
        assert connection.exec_driver_sql("PRAGMA synchronous").scalar() == 2  # FULL
        assert connection.exec_driver_sql("PRAGMA journal_mode").scalar() == "wal"


@pytest.mark.parametrize("table", ["predictions", "decisions", "pages", "crops", "batches", "outbox", "scans"])
def test_no_row_can_be_changed_or_removed(ledger: Ledger, tmp_path: Path, table: str) -> None:
    begin(ledger)
    file_page(ledger, "batch", 1, "s1")
    other = sqlite3.connect(tmp_path / "ledger.db")
    column = other.execute(f"select name from pragma_table_info('{table}')").fetchone()[0]
    for statement in (f"update {table} set {column} = {column}", f"delete from {table}"):
        with pytest.raises(sqlite3.IntegrityError, match="append-only"):
            other.execute(statement)
    other.close()


def test_frames_mask_what_is_sensitive_and_count_like_the_ledger(ledger: Ledger) -> None:
    begin(ledger)
    file_page(ledger, "batch", 1, "s1")
    file_page(ledger, "batch", 2, "s2")
    frame = ledger.predictions_frame("batch")
    assert len(frame) == ledger.batch("batch").fields == 6
    ssn = frame[frame.field == "ssn"]
    assert set(ssn.text) == {"***-**-6789"} and set(ssn.alternatives) == {"[]"}
    assert json.loads(frame[frame.field == "policy"].alternatives.iloc[0])[0]["text"] == "999-99-9999"
    assert frame.quality_sharpness.tolist() == [0.5] * 6
    assert str(frame.created_at.dt.tz) == "UTC"
    keys = [sample.entry("s2").page_key]
    assert ledger.predictions_frame("batch", keys).prediction_id.tolist() == frame.prediction_id.tolist()[3:]
    pages = ledger.pages_frame("batch")
    assert pages[["scan", "page", "align_error_px", "ms_clean"]].values.tolist() == [
        ["s1.png", 1, 0.4, 12.5],
        ["s2.png", 1, 0.4, 12.5],
    ]


def test_the_same_file_twice_is_predicted_once(ledger: Ledger) -> None:
    begin(ledger, digests=("s1", "s1"))
    for scan_no in (1, 2):
        entry = sample.entry("s1")
        crop = sample.crop(sample.FORM.fields[0], seed=1)
        item = sample.fresh(crop, sample.InkReader())
        with ledger.writing() as writing:
            writing.page(entry, [crop])
            writing.predictions(sample.BUNDLE, [item])
            prediction = writing.read_back([item.prediction_id])[item.prediction_id]
            decision = sample.accepted(item.prediction_id)
            writing.decisions([decision])
            writing.batch_page(
                "batch", scan_no, entry, [Answer(field="policy", prediction=prediction, decision=decision)]
            )
    assert len(ledger.predictions_frame("batch")) == 1
    assert ledger.batch("batch").pages == 2 and ledger.batch("batch").fields == 2


def test_an_empty_batch_has_empty_frames_with_their_columns(ledger: Ledger) -> None:
    begin(ledger, digests=())
    assert ledger.predictions_frame("batch").empty and "decision" in ledger.predictions_frame("batch")
    assert ledger.pages_frame("batch").empty


def test_the_outbox_gives_parcels_in_order_until_they_are_delivered(ledger: Ledger) -> None:
    begin(ledger)
    file_page(ledger, "batch", 1, "s1")
    with ledger.writing() as writing:
        writing.finish_batch("batch", {"seconds": 1.5})
    parcels = ledger.pending()
    assert [parcel.kind for parcel in parcels] == ["batch_started", "page", "batch_finished"]
    assert parcels[1].payload == {"page_key": sample.entry("s1").page_key, "scan_no": 1, "page_no": 1}
    ledger.mark_delivered([parcels[0].key, parcels[2].key])
    ledger.mark_delivered([parcels[0].key])
    assert ledger.pending() == [parcels[1]]
    facts = ledger.batch("batch")
    assert facts.finished_at is not None and facts.finish_facts == {"seconds": 1.5}
    assert ledger.latest_batch() == "batch"


def _open(url: str, start: "multiprocessing.synchronize.Event", answers: "multiprocessing.Queue[str]") -> None:
    start.wait()
    try:
        with open_ledger(url) as ledger, ledger.writing() as writing:
            writing.start_batch(sample.start("batch", ("s1",)))
        answers.put("")
    except BaseException as error:
        answers.put(repr(error))


def test_several_processes_may_create_the_ledger_at_once(tmp_path: Path) -> None:
    context = multiprocessing.get_context("fork")
    start, answers = context.Event(), context.Queue()
    url = f"sqlite:///{tmp_path}/new/ledger.db"
    workers = [context.Process(target=_open, args=(url, start, answers)) for _ in range(4)]
    for worker in workers:
        worker.start()
    start.set()
    assert [answers.get(timeout=30) for _ in workers] == [""] * 4
    for worker in workers:
        worker.join()
    with open_ledger(url) as ledger:
        assert ledger.batch("batch").scans == 1 and len(ledger.pending()) == 1


@pytest.mark.parametrize(
    ("url", "words"),
    [
        ("ledger.db", "not a database URL"),
        ("mysql://host/x", "SQLite or PostgreSQL"),
        ("sqlite://", "must be a file"),
        ("sqlite:////dev/null/ledger.db", "cannot open the ledger"),
    ],
)
def test_a_wrong_address_is_one_clear_line(url: str, words: str) -> None:
    with pytest.raises(LedgerError, match=words) as caught:
        open_ledger(url)
    assert "\n" not in str(caught.value)


def test_a_file_that_is_no_database_is_refused(tmp_path: Path) -> None:
    (tmp_path / "ledger.db").write_bytes(b"no database, just text " * 100)
    with pytest.raises(LedgerError, match="not a database"):
        open_ledger(f"sqlite:///{tmp_path}/ledger.db")


def test_a_ledger_of_another_version_is_refused(tmp_path: Path) -> None:
    url = f"sqlite:///{tmp_path}/ledger.db"
    open_ledger(url).close()
    other = sqlite3.connect(tmp_path / "ledger.db")
    other.execute("insert into schema_versions values (99, '2099')")
    other.commit()
    other.close()
    with pytest.raises(LedgerError, match="schema version 99"):
        open_ledger(url)
