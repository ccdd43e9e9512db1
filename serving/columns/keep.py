"""The columns on disk: Parquet files that are written once, and a list that says which of them count."""

import fcntl
import json
import shutil
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import asdict, dataclass, field, replace
from datetime import datetime
from pathlib import Path
from typing import TYPE_CHECKING, Any
from uuid import uuid4

from recognizer.errors import LedgerError
from serving.columns.shape import SHAPES, VERSION, Shape

if TYPE_CHECKING:
    import pyarrow as pa

FULL = 500_000
"""Rows of a file to which no more are added."""
LIST = "columns.json"


@dataclass(frozen=True, kw_only=True)
class Part:
    """A file of a table: its rows, and the latest time in it (ISO 8601)."""

    file: str
    rows: int
    until: str


@dataclass(frozen=True, kw_only=True)
class Parts:
    """All files that count, by table. `ledger` names the database, `erasures` how many pages were erased in it."""

    version: int = VERSION
    ledger: str = ""
    erasures: int = 0
    tables: Mapping[str, tuple[Part, ...]] = field(default_factory=dict)

    def of(self, table: str) -> tuple[Part, ...]:
        """The files of a table."""
        return self.tables.get(table, ())

    def until(self, table: str) -> str:
        """The latest time in a table; "" where it is empty."""
        return max((part.until for part in self.of(table)), default="")


class Keep:
    """A folder of columns. One process at a time adds to it; readers need no lock: what they read stays as it is."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder

    @contextmanager
    def alone(self) -> Iterator[None]:
        """Wait until nobody else adds; the system lets go when a process dies."""
        self.folder.mkdir(parents=True, exist_ok=True)
        with (self.folder / "lock").open("a") as lock:
            fcntl.flock(lock, fcntl.LOCK_EX)
            yield

    def parts(self) -> Parts:
        """What counts now; nothing where there is no list, or one of another version."""
        try:
            plain = json.loads((self.folder / LIST).read_text())
        except FileNotFoundError:
            return Parts()
        except (OSError, ValueError) as error:
            raise LedgerError(
                f"cannot read {self.folder / LIST} - mend: remove the folder, it is made again"
            ) from error
        if plain.get("version") != VERSION:
            return Parts()
        tables = {name: tuple(Part(**part) for part in parts) for name, parts in plain["tables"].items()}
        return Parts(ledger=plain["ledger"], erasures=plain["erasures"], tables=tables)

    def paths(self, parts: Parts, table: str) -> list[str]:
        """The files of a table, for whoever reads them."""
        return [str(self.folder / part.file) for part in parts.of(table)]

    def begin(self, ledger: str, erasures: int) -> Parts:
        """Forget everything: what was erased in the ledger must not be found here."""
        parts = Parts(ledger=ledger, erasures=erasures)
        self._count(parts)
        return parts

    def add(self, parts: Parts, fresh: Mapping[str, Sequence[Mapping[str, Any]]]) -> Parts:
        """Write rows of several tables; they count together or not at all. A last file that is not full is written
        again with the new rows, so that there are few files however often some are added."""
        tables = dict(parts.tables)
        for name, rows in fresh.items():
            if rows:
                tables[name] = self._grown(name, parts.of(name), arrow(SHAPES[name], rows))
        grown = replace(parts, tables=tables)
        self._count(grown)
        return grown

    def remove(self) -> None:
        """Remove the folder; the next who asks makes it again from the ledger."""
        if self.folder.is_dir():
            with self.alone():
                for path in self.folder.iterdir():
                    shutil.rmtree(path) if path.is_dir() else path.unlink()

    def known(self, parts: Parts, table: str, since: str) -> set[tuple[Any, ...]]:
        """The keys of rows whose time is `since` or later."""
        import pyarrow.compute as pc
        import pyarrow.parquet as pq

        shape, found = SHAPES[table], set[tuple[Any, ...]]()
        for part in parts.of(table):
            if part.until < since:
                continue
            rows = pq.read_table(self.folder / part.file, columns=[*shape.key, shape.time])
            late = rows.filter(pc.greater_equal(rows[shape.time], datetime.fromisoformat(since)))
            found |= set(zip(*[late[name].to_pylist() for name in shape.key], strict=True))
        return found

    def _grown(self, name: str, parts: tuple[Part, ...], fresh: "pa.Table") -> tuple[Part, ...]:
        import pyarrow as pa
        import pyarrow.parquet as pq

        if parts and parts[-1].rows < FULL:
            before = pq.read_table(self.folder / parts[-1].file, schema=SHAPES[name].schema)
            fresh, parts = pa.concat_tables([before, fresh]), parts[:-1]
        for start in range(0, fresh.num_rows, FULL):
            parts = (*parts, self._write(name, fresh.slice(start, FULL)))
        return parts

    def _write(self, name: str, rows: "pa.Table") -> Part:
        import pyarrow.compute as pc
        import pyarrow.parquet as pq

        file = f"{name}/{uuid4().hex}.parquet"
        path = self.folder / file
        path.parent.mkdir(exist_ok=True)
        pq.write_table(rows.combine_chunks(), path, compression="zstd", row_group_size=125_000)
        latest = pc.max(rows[SHAPES[name].time]).as_py()
        return Part(file=file, rows=rows.num_rows, until=latest.isoformat(timespec="microseconds"))

    def _count(self, parts: Parts) -> None:
        """Have these files count and no others: first the list, then the files that nobody will look for."""
        self.folder.mkdir(parents=True, exist_ok=True)
        waiting = self.folder / f"{LIST}.new"
        waiting.write_text(json.dumps(asdict(parts), indent=1))
        before = self._listed()
        waiting.replace(self.folder / LIST)
        now = {part.file for listed in parts.tables.values() for part in listed}
        for file in before - now:
            (self.folder / file).unlink(missing_ok=True)

    def _listed(self) -> set[str]:
        """Every file that is there: also what a killed process left."""
        return {str(path.relative_to(self.folder)) for path in self.folder.glob("*/*.parquet")}


def arrow(shape: Shape, rows: Sequence[Mapping[str, Any]]) -> "pa.Table":
    """Rows as columns of the table's types; times are the ledger's texts."""
    import pyarrow as pa

    schema = shape.schema
    columns = [_column([row.get(item.name) for row in rows], item.type) for item in schema]
    return pa.Table.from_arrays(columns, schema=schema)


def _column(values: list[Any], wanted: "pa.DataType") -> "pa.Array":
    import pyarrow as pa

    if pa.types.is_dictionary(wanted):
        return pa.array(values, type=pa.string()).dictionary_encode()
    if pa.types.is_timestamp(wanted):
        return pa.array(values, type=pa.string()).cast(wanted)
    if pa.types.is_boolean(wanted):
        return pa.array([None if value is None else bool(value) for value in values], type=wanted)
    return pa.array(values, type=wanted)
