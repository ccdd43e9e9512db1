"""Asking the log: how long questions take on ten million predictions, and how fast columns follow a ledger.

The questions of docs/QUERIES.md are asked of a drawn ledger's columns that were copied until there are as many rows
as wanted, each copy under names of its own and a day later.
"""

import argparse
import re
import shutil
import statistics
import tempfile
import time
from dataclasses import replace
from pathlib import Path

import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.parquet as pq

from benchmarks.drawn_ledger import draw
from serving.columns import Asking, Keep, columns_of, sync
from serving.columns.keep import Part, Parts
from serving.columns.shape import SHAPES
from serving.ledger import open_ledger

IDS = ("prediction_id", "crop_id", "page_id", "verdict_id", "task_id", "batch_id")
QUESTION = re.compile(r"### (\d+)\. (.*?)\n.*?```sql\n(.*?)```", flags=re.S)
PAGE = Path(__file__).parents[1] / "docs" / "QUERIES.md"


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--predictions", type=int, default=10_000_000)
    parser.add_argument("--pages", type=int, default=12_500, help="of the ledger that is drawn, eight fields each")
    parser.add_argument("--repeats", type=int, default=3)
    chosen = parser.parse_args()
    with tempfile.TemporaryDirectory() as folder:
        keep = drawn(Path(folder), chosen.pages)
        parts = copied(keep, keep.parts(), chosen.predictions)
        print(f"{parts_rows(parts, 'fields'):,} fields, {parts_rows(parts, 'votes'):,} votes, "
              f"{parts_rows(parts, 'verdicts'):,} verdicts; {size(keep.folder) / 1e6:,.0f} MB")  # fmt: skip
        with Asking(keep) as asking:
            for number, title, sql in QUESTION.findall(PAGE.read_text()):
                seconds = [timed(asking, sql) for _ in range(chosen.repeats)]
                print(f"{number:>3}. {title:<70} {statistics.median(seconds):6.2f} s (median of {chosen.repeats})")


def drawn(folder: Path, pages: int) -> Keep:
    keep = columns_of(folder)
    with open_ledger(f"sqlite:///{folder}/ledger.db") as ledger:
        draw(ledger, pages)
        started = time.perf_counter()
        came = sync(ledger, keep)
        seconds = time.perf_counter() - started
        rows = sum(came.rows.values())
        print(f"a first sync: {came.rows['fields']:,} fields, {rows:,} rows in all: {seconds:.1f} s, "
              f"{came.rows['fields'] / seconds:,.0f} fields/s")  # fmt: skip
        started = time.perf_counter()
        sync(ledger, keep)
        print(f"again, with nothing new: {time.perf_counter() - started:.2f} s")
    return keep


def copied(keep: Keep, parts: Parts, wanted: int) -> Parts:
    times = -(-wanted // parts_rows(parts, "fields"))
    tables = {name: tuple(copies(keep, name, parts.of(name), times)) for name in parts.tables}
    grown = replace(parts, tables=tables)
    keep._count(grown)
    return grown


def copies(keep: Keep, name: str, parts: tuple[Part, ...], times: int) -> list[Part]:
    found = list(parts)
    for part in parts:
        table = pq.read_table(keep.folder / part.file)
        for number in range(1, times):
            file = f"{part.file.removesuffix('.parquet')}-{number}.parquet"
            pq.write_table(renamed(table, number), keep.folder / file, compression="zstd", row_group_size=125_000)
            found.append(replace(part, file=file))
    return found


def renamed(table: pa.Table, number: int) -> pa.Table:
    for index, item in enumerate(table.schema):
        column = table[item.name]
        if item.name in IDS:
            plain = column.cast(pa.string())
            table = table.set_column(index, item.name, pc.binary_join_element_wise(plain, f"{number}", "-"))
        elif pa.types.is_timestamp(item.type):
            moved = pc.add(column.cast(pa.int64()), number * 86_400_000_000).cast(item.type)
            table = table.set_column(index, item.name, moved)
    return table


def timed(asking: Asking, sql: str) -> float:
    started = time.perf_counter()
    asking.ask(sql)
    return time.perf_counter() - started


def parts_rows(parts: Parts, name: str) -> int:
    return sum(part.rows for part in parts.of(name))


def size(folder: Path) -> int:
    return sum(path.stat().st_size for path in folder.rglob("*.parquet"))


if __name__ == "__main__":
    assert set(SHAPES) and shutil.disk_usage(tempfile.gettempdir()).free > 5e9, "five gigabytes of room are needed"
    main()
