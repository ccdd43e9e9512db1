"""The tables of an export as Parquet, with types."""

from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING

from serving.export.columns import DIGITS, PLACES, Cell, Type

if TYPE_CHECKING:
    import pyarrow as pa

ROWS_PER_GROUP = 20_000


class ParquetTable:
    """A table as Parquet, in groups of rows: memory stays flat. The same rows make the same bytes."""

    def __init__(self, path: Path, names: Sequence[str], types: Sequence[Type]) -> None:
        import pyarrow as pa
        import pyarrow.parquet as pq

        self._schema = pa.schema([(name, _arrow(kind)) for name, kind in zip(names, types, strict=True)])
        self._writer = pq.ParquetWriter(path, self._schema, compression="zstd")
        self._rows: list[Sequence[Cell]] = []

    def add(self, row: Sequence[Cell]) -> None:
        """Write a row."""
        self._rows.append(row)
        if len(self._rows) == ROWS_PER_GROUP:
            self._flush()

    def close(self) -> None:
        """End the file."""
        self._flush()
        self._writer.close()

    def _flush(self) -> None:
        import pyarrow as pa

        if self._rows:
            cells = zip(*self._rows, strict=True)
            columns = [pa.array(of, field.type) for of, field in zip(cells, self._schema, strict=True)]
            self._writer.write_table(pa.Table.from_arrays(columns, schema=self._schema))
        self._rows = []


def _arrow(kind: Type) -> "pa.DataType":
    import pyarrow as pa

    return {
        "text": pa.string(),
        "integer": pa.int32(),
        "real": pa.float64(),
        "truth": pa.bool_(),
        "decimal": pa.decimal128(DIGITS, PLACES),
        "day": pa.date32(),
        "moment": pa.timestamp("us", tz="UTC"),
    }[kind]
