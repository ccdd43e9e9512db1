"""Columns, types, and what spreadsheets do to texts."""

from datetime import date
from decimal import Decimal
from pathlib import Path

import pyarrow.parquet as pq
import pytest
from openpyxl import load_workbook
from openpyxl.utils.escape import unescape

from recognizer.errors import InputError
from recognizer.form import Field, Rules
from serving.export import spreadsheet
from serving.export.columns import columns_of, typed
from serving.export.parquet import ParquetTable
from serving.export.spreadsheet import MOST_CHARS, Workbook, timeless

BORN = Field(name="born", kind="date", box=(0, 0, 9, 9), rules=Rules(date_order="mdy", not_after=date(2010, 1, 1)))


@pytest.mark.parametrize(
    ("text", "kind", "means"),
    [
        ("$1,250.00", "amount", Decimal("1250.00")),
        ("1.250", "amount", None),  # one and a quarter, or twelve hundred and fifty
        ("0,5", "number", Decimal("0.5")),
        ("0.1234567", "number", None),  # more places than the column has
        ("1" * 19, "number", None),
        ("twelve", "number", None),
        ("02/03/1971", "date", date(1971, 2, 3)),
        ("1971-02-03", "date", date(1971, 2, 3)),
        ("02/03/71", "date", date(1971, 2, 3)),  # 2071 is later than the field allows
        ("02/03/05", "date", None),  # 1905 or 2005
        ("02/30/1971", "date", None),
        ("20301231", "date", None),
        ("yes", "checkbox", True),
        ("no", "checkbox", False),
        ("007", "digits", None),
        ("123-45-6789", "ssn", None),
        ("5", "text", None),
    ],
)
def test_a_value_has_a_type_only_where_it_can_only_mean_one(text: str, kind: str, means: object) -> None:
    assert typed(text, kind, BORN if kind == "date" else None) == means


def test_columns_of_several_forms_never_share_a_name_by_accident() -> None:
    named = [("amount", "amount"), ("scan", "code"), ("amount_outcome", "text"), ("amount", "text"), ("amount", "date")]
    columns = columns_of(named)
    names = [column.name for column in columns]
    assert len(names) == len(set(names))
    assert names[8:] == [
        "amount", "amount__outcome", "amount_number", "amount_day", "field_scan", "field_scan_outcome",
        "amount_outcome", "amount_outcome_outcome",
    ]  # fmt: skip
    assert [column.type for column in columns if column.of == "typed"] == ["decimal", "day"]


def test_parquet_has_types(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("serving.export.parquet.ROWS_PER_GROUP", 2)
    table = ParquetTable(tmp_path / "t.parquet", ["text", "number", "day", "ok"], ["text", "decimal", "day", "truth"])
    rows: list[list[object]] = [["007", Decimal("1250.00"), date(1971, 2, 3), True], *[[None] * 4] * 4]
    for row in rows:
        table.add(row)  # type: ignore[arg-type]
    table.close()
    found = pq.read_table(tmp_path / "t.parquet")
    assert [str(field.type) for field in found.schema] == ["string", "decimal128(24, 6)", "date32[day]", "bool"]
    assert [list(row.values()) for row in found.to_pylist()] == rows
    ParquetTable(tmp_path / "none.parquet", ["text"], ["text"]).close()
    assert pq.read_table(tmp_path / "none.parquet").num_rows == 0


def test_a_workbook_keeps_every_character(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(spreadsheet, "MOST_ROWS", 4)
    long = "".join(chr(97 + n % 26) for n in range(3 * MOST_CHARS))
    texts = ["two\nlines", "bell \x07, return \r", "looks like _x0041_ escaped", " spaces ", "ﬀ 手書き 🖊", long]
    book = Workbook(tmp_path / "t.xlsx")
    sheet = book.table("values", ["text", "number", "day"], ["text", "decimal", "day"])
    for text in texts:
        sheet.add([text, Decimal("1250.50"), date(1899, 5, 5)])
    sheet.add(["", Decimal("1234567890.1234567"), date(1971, 2, 3)])
    book.close()
    found = load_workbook(tmp_path / "t.xlsx")
    assert found.sheetnames[:4] == ["values", "values 2", "values 3", "long_texts"]
    rows = [row for name in found.sheetnames[:3] for row in list(found[name].values)[1:]]
    assert [unescape(row[0]) for row in rows[:5]] == texts[:5]
    assert rows[5][0] == f"{len(long):,} characters: see the sheet long_texts"
    pieces = [row for name in found.sheetnames[3:] for row in list(found[name].values)[1:]]
    assert "".join(str(piece[4]) for piece in pieces) == long and pieces[0][:4] == ("values 2", 4, "text", 1)
    assert rows[0][1:] == (1250.5, None) and rows[6][:2] == (None, None) and rows[6][2].date() == date(1971, 2, 3)
    with pytest.raises(InputError, match="more than Excel can hold"):
        Workbook(tmp_path / "wide.xlsx").table("records", ["x"] * 20_000, ["text"] * 20_000)


def test_an_archive_without_times_can_be_made_so_again(tmp_path: Path) -> None:
    book = Workbook(tmp_path / "t.xlsx")
    book.table("records", ["x"], ["text"]).add(["=1+1"])
    book.close()
    data = (tmp_path / "t.xlsx").read_bytes()
    assert timeless(data) == data and b"<f>" not in data
