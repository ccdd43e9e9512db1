"""What is said at the end of a batch: what came out, where it lies, and what to do next."""

from pathlib import Path

from rich.console import Console
from rich.table import Table

from serving.ledger import BatchFacts
from serving.store import Places


def batch_summary(console: Console, batch: BatchFacts, out: Path, where: Places, delivery: str) -> None:
    """Print the batch in figures. No values of fields are shown."""
    rejected = sum(count for status, count in batch.pages_by_status.items() if status.startswith("rejected"))
    table = Table(box=None, show_header=False, padding=(0, 2, 0, 0))
    table.add_column(style="bold")
    table.add_column(justify="right")
    table.add_column()
    table.add_row("scans", f"{batch.scans:,}", "")
    table.add_row("pages", f"{batch.pages - rejected:,}", _statuses(batch))
    table.add_row("fields", f"{batch.fields:,}", "")
    table.add_row("  accepted", f"[green]{batch.accepted:,}[/]", _share(batch.accepted, batch.fields))
    table.add_row("  to review", f"[yellow]{batch.review:,}[/]", _share(batch.review, batch.fields))
    if batch.unpromised:
        table.add_row("    no promise", f"{batch.unpromised:,}", "no threshold is promised yet: penfield thresholds")
    table.add_row("rejected", f"[red]{rejected:,}[/]" if rejected else "0", _reasons(batch))
    console.print(table)
    if len(batch.bundles) > 1:
        console.print(f"[bold]{'read by':<10}[/] {read_by(batch)}", highlight=False)
    for name, value in _places(batch, out, where, delivery):
        console.print(f"[bold]{name:<10}[/] {value}", highlight=False)


def read_by(batch: BatchFacts) -> str:
    """Which models read how many fields."""
    return ", ".join(f"{bundle_id[:8]} {count:,}" for bundle_id, count in batch.bundles.items())


def _statuses(batch: BatchFacts) -> str:
    return ", ".join(
        f"{count:,} {status}" for status, count in batch.pages_by_status.items() if not status.startswith("rejected")
    )


def _reasons(batch: BatchFacts) -> str:
    return ", ".join(
        f"{count:,} {status.partition(': ')[2]}"
        for status, count in batch.pages_by_status.items()
        if status.startswith("rejected")
    )


def _share(part: int, whole: int) -> str:
    return f"{part / whole:.1%}" if whole else ""


def _places(batch: BatchFacts, out: Path, where: Places, delivery: str) -> list[tuple[str, str]]:
    from serving.ledger.database import shown

    return [
        ("records", str(out)),
        ("ledger", shown(where.ledger_url)),
        ("MLflow", delivery),
        ("batch", batch.batch_id),
        ("next", f"penfield ui --store {where.store}   shows every prediction, the report, and what is doubtful"),
    ]
