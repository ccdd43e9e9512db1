"""The commands about people's work: what waits, what is settled, what is known already, and why."""

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from serving.commands.cli import DebugOption, LedgerOption, PolicyOption, StoreOption
from serving.commands.told import EXIT_CODES, told
from serving.commands.truth import BatchOption, FieldArgument

if TYPE_CHECKING:
    from serving.ledger.desk import Count

office_app = typer.Typer(rich_markup_mode="rich", pretty_exceptions_enable=False, add_completion=False)
gold_app = typer.Typer(
    help="Fields whose answer is known, shown among the others to find out who can be trusted.",
    no_args_is_help=True, rich_markup_mode="rich",
)  # fmt: skip
WATCH_S = 2.0


@office_app.command(epilog=EXIT_CODES)
def settle(
    watch: Annotated[bool, typer.Option("--watch", help="Go on until Ctrl-C.")] = False,
    policy: PolicyOption = None,
    store: StoreOption = None,
    ledger: LedgerOption = None,
    debug: DebugOption = False,
) -> None:
    """Put to people what was read since, and settle what they answered. `penfield review` does it as it runs.

    With --watch the trials of models go on beside it.

    Again is harmless, and so is doing it in several places at once.
    """
    with told(debug):
        from time import sleep

        from serving.ledger import open_ledger
        from serving.office import Office
        from serving.promise import load_policy
        from serving.store import places
        from serving.trial.beside import Beside

        wanted, where = load_policy(policy) if policy is not None else None, places(store, ledger)
        with open_ledger(where.ledger_url) as opened:
            office = Office(opened, wanted)
            typer.echo(office.tick().line)
            if not watch:
                return
            with Beside(opened, where.store, wanted, always=True):
                while True:
                    sleep(WATCH_S)
                    if (ticked := office.tick()).changed:
                        typer.echo(ticked.line)


@office_app.command(epilog=EXIT_CODES)
def queue(store: StoreOption = None, ledger: LedgerOption = None, debug: DebugOption = False) -> None:
    """Show what waits for people, by role and kind."""
    with told(debug):
        from serving.ledger import open_ledger
        from serving.queue import Queue
        from serving.store import places

        with open_ledger(places(store, ledger).ledger_url) as opened:
            counts = Queue(opened).counts()
            with opened.desk_to_read() as desk:
                now = desk.now()
        _show_counts(counts, now)


@office_app.command(epilog=EXIT_CODES)
def explain(
    field: FieldArgument,
    batch: BatchOption = None,
    store: StoreOption = None,
    ledger: LedgerOption = None,
    debug: DebugOption = False,
) -> None:
    """Say in words why a field went where it went: by which rule, threshold and policy, and what people made of it."""
    with told(debug):
        from serving.ledger import open_ledger
        from serving.office.explain import explain as explain_field
        from serving.store import places

        with open_ledger(places(store, ledger).ledger_url) as opened:
            found = explain_field(opened, field, batch)
        typer.echo(f"{found.use.address} ({found.use.kind})")
        for sentence in found.sentences:
            typer.echo(f"  {sentence}")


@gold_app.command(epilog=EXIT_CODES)
def add(
    file: Annotated[Path, typer.Argument(metavar="FILE.csv", help="Columns scan, page, field, value, as to correct.")],
    batch: BatchOption = None,
    policy: PolicyOption = None,
    store: StoreOption = None,
    ledger: LedgerOption = None,
    debug: DebugOption = False,
) -> None:
    """Add fields of which the file says what stands there: all of them, or none where one makes no sense."""
    with told(debug):
        from serving.ledger import open_ledger
        from serving.office.gold import add_gold
        from serving.promise import load_policy
        from serving.store import places
        from serving.truth.csv_file import load_corrections

        with open_ledger(places(store, ledger).ledger_url) as opened:
            given = load_corrections(file)
            wanted = load_policy(policy) if policy is not None else None
            done = add_gold(opened, given.rows, by=given.name, batch_id=batch, policy=wanted)
        typer.echo(f"{done.new:,} fields are gold now, {done.known:,} were before")


@gold_app.command("from-experts", epilog=EXIT_CODES)
def from_experts(
    most: Annotated[int, typer.Option(min=1, help="No more than this, the latest first.")] = 1000,
    policy: PolicyOption = None,
    store: StoreOption = None,
    ledger: LedgerOption = None,
    debug: DebugOption = False,
) -> None:
    """Add what experts settled: fields on which reviewers did not agree."""
    with told(debug):
        from serving.ledger import open_ledger
        from serving.office.gold import add_expert_gold
        from serving.promise import load_policy
        from serving.store import places

        with open_ledger(places(store, ledger).ledger_url) as opened:
            wanted = load_policy(policy) if policy is not None else None
            done = add_expert_gold(opened, most=most, policy=wanted)
        typer.echo(f"{done.new:,} fields are gold now, {done.known:,} were before")


def _show_counts(counts: "tuple[Count, ...]", now: str) -> None:
    from datetime import datetime

    from rich.console import Console
    from rich.table import Table

    if not counts:
        typer.echo("nothing waits")
        return
    table = Table(box=None, padding=(0, 2, 0, 0), header_style="bold")
    for name in ("for", "kind", "votes wanted", "on desks", "late", "oldest"):
        table.add_column(name, justify="left" if name in ("for", "kind") else "right")
    for count in counts:
        age = datetime.fromisoformat(now) - datetime.fromisoformat(count.oldest_at)
        hours, minutes = divmod(max(0, int(age.total_seconds())) // 60, 60)
        numbers = (count.wanted, count.leased, count.overdue)
        table.add_row(
            f"{count.role}s", count.kind, *(f"{number:,}" for number in numbers), f"{hours} h {minutes:02} min"
        )
    Console(soft_wrap=True, highlight=False).print(table)
