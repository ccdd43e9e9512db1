"""What the demo says at its end."""

import os
from collections.abc import Iterable
from pathlib import Path

from rich.console import Console
from rich.padding import Padding
from rich.table import Table

from serving.commands.demo import DATA, DemoResult
from serving.store import Places

NEXT = (
    ("make ui", "every prediction, the report and the doubtful pages, in MLflow"),
    ("make review", "the page on which people key what is doubtful (docs/REVIEW.md)"),
    ("make recognize FORM=... SCANS=... OUT=...", "scans and a form of your own (docs/FORMS.md says how)"),
    ("make train", "a model of your own"),
)


def demo_summary(console: Console, result: DemoResult, out: Path, where: Places, delivery: str, seconds: float) -> None:
    """Print how well the samples were read, where everything lies and what to do next."""
    console.print(_headline(result, seconds), highlight=False)
    for part in (_pages(result), _fields(result), _kinds(result)):
        console.print(Padding(part, (1, 0, 0, 2), expand=False))
    console.print()
    lines = [("records", _short(out / "records.jsonl") + ", records.csv, predictions.parquet"),
             ("truth", _short(DATA / "samples" / "truth.json")), *_stores(where, delivery)]  # fmt: skip
    for name, value in lines:
        console.print(f"  [bold]{name:<9}[/]{value}", highlight=False)
    console.print("\n[bold]Next[/]")
    for command, what in NEXT:
        console.print(f"  [cyan]{command:<43}[/]{what}", highlight=False)


def _headline(result: DemoResult, seconds: float) -> str:
    if not result.new_predictions:
        return (
            f"[bold]All {result.whole.fields} fields were read before: no new predictions.[/] "
            "This is what the ledger holds of them."
        )
    what = f"{result.batch.scans} files with {result.pages} pages and {result.whole.fields} fields of handwriting"
    return f"[bold]Penfield read {what} in {seconds:.0f} seconds.[/] {result.new_predictions} new predictions."


def _pages(result: DemoResult) -> Table:
    table = _table("pages", "")
    for status, count in result.batch.pages_by_status.items():
        table.add_row(status, str(count), "")
    table.add_row("as they should be", f"{result.pages_right} of {result.pages}", "")
    return table


def _fields(result: DemoResult) -> Table:
    table, whole = _table("fields", "", "right"), result.whole
    review_right = whole.right - whole.accepted_right
    table.add_row(
        "[green]accepted[/]", _part(whole.accepted, whole.fields), _part(whole.accepted_right, whole.accepted)
    )
    table.add_row("[yellow]to review[/]", _part(whole.review, whole.fields), _part(review_right, whole.review))
    table.add_row("  of them not readable", str(whole.not_read), "")
    if result.batch.unpromised:
        table.add_row("  of them nothing promised yet", str(result.batch.unpromised), "penfield thresholds")
    table.add_row("all", str(whole.fields), _part(whole.right, whole.fields))
    return table


def _kinds(result: DemoResult) -> Table:
    table = _table("kind", "fields", "right", "accepted", "right of these")
    for kind, row in result.by_kind.items():
        right, accepted = _part(row.right, row.fields), _part(row.accepted, row.fields)
        table.add_row(kind, str(row.fields), right, accepted, _part(row.accepted_right, row.accepted))
    return table


def _table(*columns: str) -> Table:
    table = Table(box=None, padding=(0, 3, 0, 0), header_style="bold")
    for number, name in enumerate(columns):
        table.add_column(name, justify="right" if number else "left")
    return table


def _part(part: int, whole: int) -> str:
    return f"{part} · {part / whole:4.0%}" if whole else "0"


def _stores(where: Places, delivery: str) -> Iterable[tuple[str, str]]:
    from serving.ledger.database import shown

    ledger = where.ledger_url.removeprefix("sqlite:///")
    yield "ledger", _short(Path(ledger)) if ledger != where.ledger_url else shown(where.ledger_url)
    yield "MLflow", f"{_short(where.store)}: {delivery}"


def _short(path: Path) -> str:
    """The path as one would type it here."""
    try:
        return str(path.resolve().relative_to(Path.cwd()))
    except ValueError:
        return os.fspath(path)
