"""Records out of the house: what is in an export, that it is the same each time, and what a correction changes."""

import csv
import hashlib
import json
import shutil
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pyarrow.parquet as pq
import pytest
from openpyxl import load_workbook

from recognizer.errors import InputError, UsageError
from serving.export.export import FORMATS, Exported, Order, export
from serving.ledger import Ledger, open_ledger
from serving.ledger.statement import Verdict
from serving.truth.correct import Row, correct
from serving.truth.settle import settle
from tests.serving.truth import talk

FILES = {
    "records.csv", "values.csv", "records.jsonl", "records.parquet", "values.parquet", "records.xlsx", "manifest.json",
}  # fmt: skip


@pytest.fixture
def ledger(empty_database: str) -> Iterator[Ledger]:
    with open_ledger(empty_database) as opened:
        talk.read_scans(opened)
        yield opened


def out_of(ledger: Ledger, out: Path, **settings: Any) -> Exported:
    return export(ledger, Order(batches=("batch",), out=out, **settings))


def lines(path: Path) -> list[dict[str, Any]]:
    return [json.loads(line) for line in path.read_text().splitlines()]


def manifest(out: Path) -> dict[str, Any]:
    found: dict[str, Any] = json.loads((out / "manifest.json").read_text())
    return found


def read(out: Path) -> dict[str, bytes]:
    return {path.name: path.read_bytes() for path in out.iterdir()}


def settle_surname(ledger: Ledger) -> None:
    crop_id = talk.crop_of("s3", 3).crop_id
    with ledger.writing() as writing:
        settle(
            writing, [Verdict(crop_id=crop_id, source="crowd", outcome="text", text="Weber", by="two", confidence=0.99)]
        )


def events(ledger: Ledger, scan_no: int) -> list[str]:
    with ledger.truth() as truth:
        return [event.event for event in truth.events(records=[("batch", scan_no, 1)])]


def test_only_complete_records_leave_and_the_manifest_says_what_stayed_and_why(ledger: Ledger, tmp_path: Path) -> None:
    done = out_of(ledger, tmp_path / "new" / "out")
    out = tmp_path / "new" / "out"
    assert (done.records, done.values, done.left_out, done.corrections) == (2, 8, 1, 0)
    assert {path.name for path in out.iterdir()} == FILES == set(done.files)
    assert [line["scan"] for line in lines(out / "records.jsonl")] == ["s1.png", "s2.png"]
    said = manifest(out)
    assert said["left_out"] == [
        {
            "batch_id": "batch", "page_id": "s3-1", "scan": "s3.png", "page": 1, "status": "read",
            "why": "fields are not settled yet", "open_fields": ["surname"],
        }
    ]  # fmt: skip
    assert said["counts"]["values_by_source"] == {"model": 8} and said["counts"]["left_out"] == 1
    assert said["batches"] == {"batch": {"exported": 2, "left_out": 1}}
    for name in FILES - {"manifest.json"}:
        data = (out / name).read_bytes()
        assert said["files"][name] == {"bytes": len(data), "sha256": hashlib.sha256(data).hexdigest()}
    assert events(ledger, 1) == ["completed", "delivered"] and events(ledger, 3) == []
    assert out_of(ledger, out, also_incomplete=True).records == 3
    assert [line["complete"] for line in lines(out / "records.jsonl")] == [True, True, False]
    assert events(ledger, 3) == ["delivered"]


def test_each_value_says_whose_it_is_how_sure_and_since_when_it_is_known(ledger: Ledger, tmp_path: Path) -> None:
    settle_surname(ledger)
    out_of(ledger, tmp_path)
    field = lines(tmp_path / "records.jsonl")[2]["fields"]["surname"]
    assert (field["value"], field["source"], field["confidence"], field["outcome"]) == ("Weber", "crowd", 0.99, "text")
    with ledger.truth() as truth:
        filed = truth.verdicts_on([talk.crop_of("s3", 3).crop_id])[talk.crop_of("s3", 3).crop_id][0]
    assert field["known_at"] == filed.known_at and field["verdict_id"] == filed.statement_id
    rows = pq.read_table(tmp_path / "values.parquet").to_pylist()
    assert rows[11]["source"] == "crowd" and rows[11]["known_at"] == datetime.fromisoformat(filed.known_at)
    assert rows[0]["source"].startswith("model:") and rows[0]["confidence"] == 0.98 and rows[0]["kind"] == "code"
    assert rows[0]["known_at"].tzinfo is not None and rows[0]["known_at"] < datetime.now(UTC)
    with (tmp_path / "values.csv").open(newline="") as file:
        text = list(csv.DictReader(file))
    assert [row["value"] for row in text] == [row["value"] for row in rows] and len(rows) == 12


def test_the_same_state_makes_the_same_bytes(ledger: Ledger, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    out_of(ledger, tmp_path / "one")
    import time

    later = time.time() + 86_400 * 400  # zip archives and office documents like to say when they were made
    monkeypatch.setattr(time, "time", lambda: later)
    monkeypatch.setattr("openpyxl.writer.excel.datetime.datetime", Later)
    out_of(ledger, tmp_path / "two")
    assert read(tmp_path / "one") == read(tmp_path / "two")
    before = read(tmp_path / "one")
    out_of(ledger, tmp_path / "one")
    assert read(tmp_path / "one") == before and events(ledger, 1) == ["completed", "delivered"]


class Later(datetime):
    @classmethod
    def now(cls, tz: Any = None) -> "Later":
        return cls(2044, 1, 2, 3, 4, 5, tzinfo=tz)


def test_a_correction_is_written_beside_the_whole(ledger: Ledger, tmp_path: Path) -> None:
    out_of(ledger, tmp_path)
    before = lines(tmp_path / "records.jsonl")
    rows = [
        Row(line=2, field="s1.png:1:policy", value="E757558", reason="misread"),
        Row(line=3, field="s2.png:1:ssn", value="123-45-9999"),
    ]
    correct(ledger, rows, by="acme.csv:1")
    assert events(ledger, 1)[2:] == ["reopened"]
    assert out_of(ledger, tmp_path).corrections == 2 and events(ledger, 1)[3:] == ["delivered", "corrected"]
    changed = lines(tmp_path / "corrections.jsonl")
    assert [(line["field"], line["delivered"]["value"], line["now"]["value"]) for line in changed] == [
        ("policy", "F757558", "E757558"),
        ("ssn", "123-45-6780", "123-45-9999"),
    ]
    after = lines(tmp_path / "records.jsonl")
    assert after[0]["fields"]["policy"]["value"] == "E757558" and after[0]["fields"]["policy"]["source"] == "customer"
    del (
        before[0]["fields"]["policy"],
        after[0]["fields"]["policy"],
        before[1]["fields"]["ssn"],
        after[1]["fields"]["ssn"],
    )
    assert before == after
    same = read(tmp_path)
    out_of(ledger, tmp_path)
    assert read(tmp_path) == same and events(ledger, 1)[5:] == []
    out_of(ledger, tmp_path / "masked", mask=True)
    assert "***-**-9999" in (tmp_path / "masked" / "corrections.jsonl").read_text()


def test_sensitive_values_are_masked_on_request(ledger: Ledger, tmp_path: Path) -> None:
    out_of(ledger, tmp_path / "plain")
    out_of(ledger, tmp_path / "masked", mask=True)
    assert lines(tmp_path / "plain" / "records.jsonl")[0]["fields"]["ssn"]["value"] == "123-45-6789"
    assert pq.read_table(tmp_path / "plain" / "records.parquet").column("ssn").to_pylist()[0] == "123-45-6789"
    assert manifest(tmp_path / "masked")["masked"]
    shutil.unpack_archive(tmp_path / "masked" / "records.xlsx", tmp_path / "masked" / "book", "zip")
    for path in (tmp_path / "masked").rglob("*"):
        if path.is_file() and path.suffix != ".xlsx":
            assert b"123-45" not in path.read_bytes(), path.name
    assert pq.read_table(tmp_path / "masked" / "values.parquet").column("value").to_pylist()[2] == "***-**-6789"


def test_files_that_are_not_made_any_more_go_but_nobody_elses(ledger: Ledger, tmp_path: Path) -> None:
    out_of(ledger, tmp_path)
    (tmp_path / "notes.txt").write_text("mine")
    (tmp_path / "values.csv").write_text("changed by somebody")
    assert set(out_of(ledger, tmp_path, formats=("jsonl",)).files) == {"records.jsonl", "manifest.json"}
    assert {path.name for path in tmp_path.iterdir()} == {"records.jsonl", "manifest.json", "notes.txt", "values.csv"}


def test_an_export_that_fails_changes_nothing(ledger: Ledger, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    out_of(ledger, tmp_path)
    correct(ledger, [Row(line=2, field="s1.png:1:policy", value="E757558")], by="acme.csv:1")
    before = read(tmp_path)

    def full(*_: object, **__: object) -> bytes:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr("serving.export.export.manifest_json", full)
    with pytest.raises(OSError, match="No space"):
        out_of(ledger, tmp_path)
    assert read(tmp_path) == before and events(ledger, 1) == ["completed", "delivered", "reopened"]


def test_what_cannot_be_exported_is_said(ledger: Ledger, tmp_path: Path) -> None:
    with pytest.raises(UsageError, match="no format pdf - mend: of csv, jsonl, parquet, xlsx"):
        out_of(ledger, tmp_path, formats=("pdf",))
    with pytest.raises(UsageError, match="no batch"):
        export(ledger, Order(batches=(), out=tmp_path))
    (tmp_path / "file").write_text("")
    with pytest.raises(InputError, match="cannot be written to"):
        out_of(ledger, tmp_path / "file")


def test_a_workbook_holds_texts_as_texts(ledger: Ledger, tmp_path: Path) -> None:
    values = ["=HYPERLINK(1)", "-2+3", "007", "E12"]
    rows = [
        Row(line=n, field=f"s{1 + n // 2}.png:1:{name}", value=value)
        for n, (name, value) in enumerate(zip(["surname", "old_policy"] * 2, values, strict=True))
    ]
    correct(ledger, rows, by="acme.csv:1", any_value=True)
    out_of(ledger, tmp_path, formats=("xlsx", "csv", "parquet"))
    sheet = load_workbook(tmp_path / "records.xlsx")["records"]
    names = [cell.value for cell in sheet[1]]
    cells = [sheet.cell(row=row, column=names.index(name) + 1) for row in (2, 3) for name in ("surname", "old_policy")]
    assert [cell.value for cell in cells] == values
    assert {(cell.data_type, cell.number_format, cell.quotePrefix) for cell in cells} == {("s", "@", True)}
    ssn = sheet.cell(row=2, column=names.index("ssn") + 1)
    assert (ssn.value, ssn.data_type) == ("123-45-6789", "s")
    with (tmp_path / "records.csv").open(newline="") as file:
        written = list(csv.DictReader(file))
    assert [row[name] for row in written for name in ("surname", "old_policy")] == [
        "'=HYPERLINK(1)",
        "'-2+3",
        "007",
        "E12",
    ]
    table = pq.read_table(tmp_path / "records.parquet").to_pylist()
    assert [row[name] for row in table for name in ("surname", "old_policy")] == values


def test_every_format_is_tried() -> None:
    assert set(FORMATS) == {name.rpartition(".")[2] for name in FILES} - {"json"}
