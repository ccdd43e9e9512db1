"""What `penfield query` is asked, and how it shows the answer."""

import json
import sys
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Any

from rich.console import Console
from rich.table import Table

from recognizer.errors import UsageError

if TYPE_CHECKING:
    import pyarrow as pa

FORMATS = ("table", "csv", "json", "parquet")
WIDE = 200
"""Columns of a table that goes to a file or another program."""
LONG = 5_000
"""Rows that come in before it is worth telling."""


def asked(sql: str | None, views: bool) -> str | None:
    """The question; None where the views are asked for. Raises UsageError."""
    if views:
        return None
    text = sys.stdin.read() if sql == "-" else sql
    if not text or not text.strip():
        raise UsageError('no question - mend: penfield query "SELECT ...", or --views to see what there is')
    return text


def named(parquet: Sequence[str]) -> dict[str, Path]:
    """NAME=FILE, each."""
    pairs = [item.partition("=") for item in parquet]
    if any(not equals for _, equals, _ in pairs):
        raise UsageError("--parquet - mend: NAME=FILE, such as --parquet old=out/predictions.parquet")
    return {name: Path(path) for name, _, path in pairs}


@contextmanager
def syncing() -> Iterator[Callable[[int], None]]:
    """Says on standard error how many rows came in, where it takes long enough to be asked why."""
    console = Console(stderr=True)
    with console.status("bringing the columns up to the ledger") as status:

        def heard(rows: int) -> None:
            if rows >= LONG:
                status.update(f"bringing the columns up to the ledger: {rows:,} rows")

        yield heard


def show_views(views: Mapping[str, Sequence[tuple[str, str]]]) -> None:
    """The views, each with its columns."""
    console = Console()
    for name, columns in views.items():
        console.print(f"[bold]{name}[/bold]")
        console.print("  " + ", ".join(f"{column} [dim]{kind.lower()}[/dim]" for column, kind in columns))


def show_answer(answer: "pa.Table", form: str, out: Path | None, most: int) -> None:
    """The answer as it was wanted. Raises UsageError."""
    if form not in FORMATS:
        raise UsageError(f"--format {form} - mend: one of {', '.join(FORMATS)}")
    if form == "parquet":
        _write_parquet(answer, out)
    elif form == "table" and out is None:
        _print(answer, most)
    else:
        text = _json(answer) if form == "json" else _csv(answer)
        sys.stdout.write(text) if out is None else out.write_text(text, encoding="utf-8")


def _write_parquet(answer: "pa.Table", out: Path | None) -> None:
    import pyarrow.parquet as pq

    if out is None:
        raise UsageError("--format parquet - mend: name a file with --out")
    pq.write_table(answer, out)


def _json(answer: "pa.Table") -> str:
    return "".join(json.dumps(row, default=str, ensure_ascii=False) + "\n" for row in answer.to_pylist())


def _csv(answer: "pa.Table") -> str:
    return answer.to_pandas().to_csv(index=False)


def _print(answer: "pa.Table", most: int) -> None:
    table = Table()
    rows = answer.slice(0, most).to_pylist()
    for item in answer.schema:
        number = all(isinstance(row[item.name], int | float) or row[item.name] is None for row in rows)
        table.add_column(item.name, justify="right" if number and rows else "left", overflow="fold")
    for row in rows:
        table.add_row(*[_shown(value) for value in row.values()])
    console = Console() if sys.stdout.isatty() else Console(width=WIDE)
    console.print(table)
    rest = answer.num_rows - len(rows)
    told = "1 row" if answer.num_rows == 1 else f"{answer.num_rows:,} rows"
    console.print(told + (f"; the first {len(rows):,} are shown (--most)" if rest else ""))


def _shown(value: Any) -> str:
    if value is None:
        return ""
    if isinstance(value, bool):
        return "yes" if value else "no"
    if isinstance(value, float):
        return f"{value:,.4g}" if abs(value) < 1000 else f"{value:,.0f}"
    return f"{value:,}" if isinstance(value, int) else str(value)
