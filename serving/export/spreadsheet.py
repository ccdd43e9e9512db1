"""The tables of an export as CSV and as Excel workbook, safe to open in a spreadsheet."""

import csv
import re
import zipfile
from collections.abc import Sequence
from datetime import date, datetime
from decimal import Decimal
from io import BytesIO
from pathlib import Path
from typing import TYPE_CHECKING, Any

from recognizer.errors import InputError
from serving.export.columns import Cell, Type

if TYPE_CHECKING:
    from openpyxl.cell import WriteOnlyCell

RISKY = ("=", "+", "-", "@", "\t", "\r", "\n")
"""What a spreadsheet may take for the beginning of a formula, or skip before one."""

MOST_ROWS, MOST_COLUMNS, MOST_CHARS = 1_048_576, 16_384, 32_767
"""What one sheet, and one cell, of Excel can hold."""

EXACT_DIGITS = 15
FIRST_DAY = date(1900, 3, 1)
"""Excel counts days from 1900, and believes that this was a leap year: earlier ones stay text."""

SAME_TIME = (1980, 1, 1, 0, 0, 0)
LONG = "long_texts"


def harmless(cell: object) -> object:
    """The cell so that no spreadsheet runs it as a formula: an apostrophe goes before a risky first character."""
    return f"'{cell}" if isinstance(cell, str) and cell.startswith(RISKY) else cell


class CsvTable:
    """A table as CSV (RFC 4180, UTF-8)."""

    def __init__(self, path: Path, names: Sequence[str]) -> None:
        self._file = path.open("w", encoding="utf-8", newline="")
        self._writer = csv.writer(self._file, lineterminator="\r\n")
        self._writer.writerow(names)

    def add(self, row: Sequence[Cell]) -> None:
        """Write a row."""
        self._writer.writerow([harmless(_written(cell)) for cell in row])

    def close(self) -> None:
        """End the file."""
        self._file.close()


def _written(cell: Cell) -> object:
    if isinstance(cell, bool):
        return "yes" if cell else "no"
    if isinstance(cell, datetime):
        return cell.isoformat()
    return "" if cell is None else cell


class Workbook:
    """Tables as the sheets of an Excel workbook.

    Texts are texts, whatever they begin with: neither formulas nor numbers, not even when somebody edits them. A table
    with more rows than a sheet may have goes on in the next; a text with more characters than a cell may have stands in
    pieces on a sheet of its own, and its cell says so.
    """

    def __init__(self, path: Path) -> None:
        from openpyxl import Workbook as Book

        self._path = path
        self._book = Book(write_only=True)
        self._long: list[list[Cell]] = []

    def table(self, title: str, names: Sequence[str], types: Sequence[Type]) -> "Sheet":
        """A new table. Raises InputError where it has too many columns."""
        if len(names) > MOST_COLUMNS:
            raise InputError(f"{len(names):,} columns are more than Excel can hold - mend: --format csv,parquet")
        return Sheet(self._book, title, names, types, self._long)

    def close(self) -> None:
        """Write the file: the same tables make the same bytes."""
        if self._long:
            sheet = Sheet(self._book, LONG, ("sheet", "row", "column", "piece", "text"), ("text",) * 5, [])
            for row in self._long:
                sheet.add(row)
        data = BytesIO()
        self._book.save(data)
        self._path.write_bytes(timeless(data.getvalue()))


class Sheet:
    """One table of a workbook."""

    def __init__(
        self, book: Any, title: str, names: Sequence[str], types: Sequence[Type], long: list[list[Cell]]
    ) -> None:
        self._book, self._title, self._names, self._types, self._long = book, title, names, types, long
        self._number = 0
        self._begin()

    def _begin(self) -> None:
        from openpyxl.styles import Font

        self._number += 1
        self._rows = 1
        title = self._title if self._number == 1 else f"{self._title} {self._number}"
        self._sheet = self._book.create_sheet(title)
        self._sheet.freeze_panes = "A2"
        heads = [self._text(name) for name in self._names]
        for head in heads:
            head.font = Font(bold=True)
        self._sheet.append(heads)

    def add(self, row: Sequence[Cell]) -> None:
        """Write a row."""
        if self._rows == MOST_ROWS:
            self._begin()
        self._rows += 1
        self._sheet.append([self._cell(cell, number) for number, cell in enumerate(row)])

    def _cell(self, cell: Cell, number: int) -> object:
        if isinstance(cell, str):
            return self._text(self._whole_or_note(cell, number)) if cell else None
        if isinstance(cell, datetime):
            return self._styled(cell.replace(tzinfo=None), "yyyy-mm-dd hh:mm:ss")  # UTC: Excel knows no zones
        if isinstance(cell, date):
            return self._styled(cell, "yyyy-mm-dd") if cell >= FIRST_DAY else None
        if isinstance(cell, Decimal):
            return float(cell) if len(cell.normalize().as_tuple().digits) <= EXACT_DIGITS else None
        return cell

    def _whole_or_note(self, text: str, number: int) -> str:
        if len(_xml(text)) <= MOST_CHARS:
            return text
        pieces = [text[start : start + MOST_CHARS // 8] for start in range(0, len(text), MOST_CHARS // 8)]
        place = f"{self._title} {self._number}" if self._number > 1 else self._title
        self._long += [[place, self._rows, self._names[number], n, piece] for n, piece in enumerate(pieces, 1)]
        return f"{len(text):,} characters: see the sheet {LONG}"

    def _text(self, text: str) -> "WriteOnlyCell":
        found = self._styled(_xml(text), "@")
        found.data_type = "s"  # openpyxl takes what begins with = for a formula
        found.quotePrefix = True
        return found

    def _styled(self, value: object, number_format: str) -> Any:
        from openpyxl.cell import WriteOnlyCell

        found = WriteOnlyCell(self._sheet, value=value)
        found.number_format = number_format
        return found


def _xml(text: str) -> str:
    """The text as Office Open XML writes it (ECMA-376, ST_Xstring): what XML cannot hold as `_xHHHH_`."""
    guarded = re.sub(r"_(?=x[0-9A-Fa-f]{4}_)", "_x005F_", text)
    return re.sub(r"[\x00-\x08\x0b-\x1f\ud800-\udfff\ufffe\uffff]", lambda found: f"_x{ord(found[0]):04X}_", guarded)


def timeless(data: bytes) -> bytes:
    """A workbook without the time at which it was made: in its properties, and in every entry of its archive."""
    out = BytesIO()
    with zipfile.ZipFile(BytesIO(data)) as made, zipfile.ZipFile(out, "w", zipfile.ZIP_DEFLATED) as same:
        for name in made.namelist():
            content = made.read(name)
            if name == "docProps/core.xml":
                content = re.sub(rb"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\dZ", b"1980-01-01T00:00:00Z", content)
            entry = zipfile.ZipInfo(name, SAME_TIME)
            entry.compress_type = zipfile.ZIP_DEFLATED
            entry.external_attr = 0o600 << 16
            same.writestr(entry, content)
    return out.getvalue()
