"""`penfield query`: ask the log."""

from pathlib import Path
from typing import Annotated

import typer

from serving.commands.cli import DebugOption, LedgerOption, StoreOption
from serving.commands.told import EXIT_CODES, told

query_app = typer.Typer(rich_markup_mode="rich", pretty_exceptions_enable=False, add_completion=False)


@query_app.command(epilog=EXIT_CODES)
def query(
    sql: Annotated[
        str | None, typer.Argument(metavar="SQL", help="One SELECT; - reads it from standard input.")
    ] = None,
    views: Annotated[bool, typer.Option("--views", help="List the views and their columns.")] = False,
    form: Annotated[str, typer.Option("--format", help="table, csv, json or parquet.")] = "table",
    out: Annotated[
        Path | None, typer.Option(help="Write the answer to a file.", show_default="standard output")
    ] = None,
    parquet: Annotated[
        list[str] | None, typer.Option(metavar="NAME=FILE", help="One more view, on a Parquet file.")
    ] = None,
    most: Annotated[int, typer.Option(min=1, help="Rows of a table to print.")] = 50,
    store: StoreOption = None,
    ledger: LedgerOption = None,
    debug: DebugOption = False,
) -> None:
    """Ask in SQL what was read, decided, keyed and settled. Nothing can be written; docs/QUERIES.md has examples."""
    with told(debug):
        from serving.columns import Asking, columns_of, sync
        from serving.commands.query_told import asked, named, show_answer, show_views, syncing
        from serving.ledger import open_ledger
        from serving.store import places

        question = asked(sql, views)
        where = places(store, ledger)
        keep = columns_of(where.store)
        with open_ledger(where.ledger_url) as opened, syncing() as heard:
            sync(opened, keep, heard)
        with Asking(keep, named(parquet or [])) as desk:
            if question is None:
                show_views(desk.views())
            else:
                show_answer(desk.ask(question), form, out, most)
