"""Records out of the house, into a folder: what `penfield export` does.

The same state of the ledger gives the same bytes. After a correction the whole is written again, and beside it, in
`corrections.jsonl`, only what has changed.
"""

import json
from collections.abc import Iterable, Iterator, Sequence
from contextlib import ExitStack
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Literal, Protocol, get_args

from recognizer.errors import UsageError
from serving.export.columns import VALUE, Cell, Column, Rows, columns_of
from serving.export.folder import Staged, check_folder, held, remove
from serving.export.leave import leave_as
from serving.export.manifest import NAME, Tally, facts_of, manifest_json, unchanged
from serving.export.record import Record, records_in
from serving.ledger import Ledger
from serving.ledger.statement import FieldUse
from serving.truth.agreement import Fields
from serving.truth.corrections import corrections
from serving.truth.gone import gone
from serving.truth.settle import Content

Format = Literal["csv", "jsonl", "parquet", "xlsx"]
FORMATS: tuple[Format, ...] = get_args(Format)
CORRECTIONS = "corrections.jsonl"


@dataclass(frozen=True, kw_only=True)
class Order:
    """What to export: batches, in their order, to a folder, in these formats.

    Without `also_incomplete` only records whose fields are all settled. With `mask`, sensitive values are masked.
    """

    batches: tuple[str, ...]
    out: Path
    formats: tuple[Format, ...] = FORMATS
    also_incomplete: bool = False
    mask: bool = False


@dataclass(frozen=True, kw_only=True)
class Exported:
    """What an export came to; `files` by name, with the manifest."""

    records: int
    values: int
    left_out: int
    corrections: int
    files: tuple[str, ...]


class Table(Protocol):
    """Takes one kind of rows."""

    def add(self, row: Sequence[Cell]) -> None:
        """Write a row."""


def export(ledger: Ledger, order: Order) -> Exported:
    """Write the records of the order, each file at once or not at all and the manifest last, and note that they left.

    Files of an earlier export to that folder which this one does not make are removed, unless somebody changed them.
    Raises InputError for a folder that cannot be written to, UsageError for an unknown format, and LedgerError.
    """
    _check(order)
    check_folder(order.out)
    with held(order.out), Staged(order.out) as staged:
        tally, contents, columns = _write(ledger, order, staged)
        lines = _correction_lines(ledger, order)
        if lines:
            staged.new(CORRECTIONS).write_bytes(json_lines(lines))
        files = {name: facts_of(path) for name, path in staged.paths()}
        manifest = manifest_json(
            tally, columns, files, masked=order.mask, also_incomplete=order.also_incomplete, corrections=len(lines)
        )
        staged.new(NAME).write_bytes(manifest)
        outdated = [name for name in unchanged(order.out) if name not in files]
        leave_as(ledger, contents)
        staged.publish()
        remove(order.out, outdated)
    return Exported(
        records=tally.records,
        values=tally.values,
        left_out=len(tally.left_out),
        corrections=len(lines),
        files=(*files, NAME),
    )


def _check(order: Order) -> None:
    unknown = [name for name in order.formats if name not in FORMATS]
    if unknown or not order.formats:
        raise UsageError(f"there is no format {', '.join(unknown) or 'named'} - mend: of {', '.join(FORMATS)}")
    if not order.batches:
        raise UsageError("there is no batch to export - mend: penfield recognize makes one")


def _write(ledger: Ledger, order: Order, staged: Staged) -> tuple[Tally, list[Content], tuple[Column, ...]]:
    with ledger.truth() as truth:
        fields = Fields(truth.form_definition)
        named = [(name, kind) for batch in order.batches for _, name, kind in truth.fields_in(batch)]
        columns = columns_of(named)
        rows = Rows(columns=columns, fields=fields, mask=order.mask)
        tally, contents = Tally(), list[Content]()
        with ExitStack() as stack:
            tables = list(_tables(order, staged, rows, stack))
            for record in _records(ledger, order):
                if not (record.is_complete or order.also_incomplete):
                    tally.leaves(record)
                    continue
                tally.takes(record)
                contents.append(record.content)
                for table in tables:
                    table.add(record)
    return tally, contents, columns


def _records(ledger: Ledger, order: Order) -> Iterator[Record]:
    for batch_id in order.batches:
        yield from records_in(ledger, batch_id)


class _Lines:
    """`records.jsonl`."""

    def __init__(self, path: Path, mask: bool) -> None:
        self._file, self._mask = path.open("w", encoding="utf-8"), mask

    def add(self, record: Record) -> None:
        self._file.write(json.dumps(export_line(record, mask=self._mask), ensure_ascii=False) + "\n")

    def close(self) -> None:
        self._file.close()


@dataclass(frozen=True, kw_only=True)
class _Tables:
    """Both tables in one format."""

    rows: Rows
    records: Table
    values: Table

    def add(self, record: Record) -> None:
        self.records.add(self.rows.record(record))
        for row in self.rows.values(record):
            self.values.add(row)


def _tables(order: Order, staged: Staged, rows: Rows, stack: ExitStack) -> Iterator[_Lines | _Tables]:
    """What takes the records in each of the formats."""
    plain = [column for column in rows.columns if column.of != "typed"]
    names, types = [column.name for column in rows.columns], [column.type for column in rows.columns]
    for name in dict.fromkeys(order.formats):
        if name == "jsonl":
            lines = _Lines(staged.new("records.jsonl"), order.mask)
            stack.callback(lines.close)
            yield lines
        elif name == "csv":
            from serving.export.spreadsheet import CsvTable

            text = Rows(columns=tuple(plain), fields=rows.fields, mask=rows.mask)
            wide = CsvTable(staged.new("records.csv"), [column.name for column in plain])
            long = CsvTable(staged.new("values.csv"), list(VALUE))
            stack.callback(wide.close)
            stack.callback(long.close)
            yield _Tables(rows=text, records=wide, values=long)
        elif name == "parquet":
            from serving.export.parquet import ParquetTable

            first = ParquetTable(staged.new("records.parquet"), names, types)
            second = ParquetTable(staged.new("values.parquet"), list(VALUE), list(VALUE.values()))
            stack.callback(first.close)
            stack.callback(second.close)
            yield _Tables(rows=rows, records=first, values=second)
        else:
            from serving.export.spreadsheet import Workbook

            book = Workbook(staged.new("records.xlsx"))
            sheets = book.table("records", names, types), book.table("values", list(VALUE), list(VALUE.values()))
            stack.callback(book.close)
            yield _Tables(rows=rows, records=sheets[0], values=sheets[1])


def export_line(record: Record, *, mask: bool = False) -> dict[str, Any]:
    """A line of an export's `records.jsonl`: the record, whose it is, and when each of its values was learned."""
    plain = record.plain(mask=mask)
    for item in record.items:
        plain["fields"][item.use.field]["known_at"] = item.said.known_at
    return {"batch_id": record.batch_id, "complete": record.is_complete} | plain


def json_lines(rows: Iterable[Any]) -> bytes:
    """One line of JSON for each."""
    return "".join(json.dumps(row, ensure_ascii=False) + "\n" for row in rows).encode()


def _correction_lines(ledger: Ledger, order: Order) -> list[dict[str, Any]]:
    """What was delivered otherwise before."""
    lines: list[dict[str, Any]] = []
    with ledger.truth() as truth:
        for batch_id in order.batches:
            lines += [
                masked_line(item.plain, item.use) if order.mask else item.plain for item in corrections(truth, batch_id)
            ]
            lines += [item.plain for item in gone(truth, batch_id)]
    return lines


def masked_line(line: dict[str, Any], use: FieldUse) -> dict[str, Any]:
    """A line of corrections with its values masked where they are sensitive."""
    if not use.is_sensitive:
        return line
    sides = "delivered", "now"
    return line | {side: line[side] | {"value": use.shown(line[side]["value"])} for side in sides}
