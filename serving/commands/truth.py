"""The commands about what is true: a field's story, customers' corrections, what is to be delivered again."""

from pathlib import Path
from typing import Annotated

import typer

from serving.commands.cli import DebugOption, LedgerOption, StoreOption
from serving.commands.told import EXIT_CODES, told

truth_app = typer.Typer(rich_markup_mode="rich", pretty_exceptions_enable=False, add_completion=False)

FieldArgument = Annotated[
    str, typer.Argument(metavar="FIELD", help="SCAN:PAGE:FIELD, or the id of a prediction or crop (8 characters do).")
]
BatchOption = Annotated[str | None, typer.Option(help="Only fields of this batch.", show_default="all")]
KnownOption = Annotated[
    str | None, typer.Option(metavar="DATE", help="As known on a day, or at a time (UTC).", show_default="now")
]


@truth_app.command(epilog=EXIT_CODES)
def truth(
    field: FieldArgument,
    known: KnownOption = None,
    valid: Annotated[
        str | None,
        typer.Option(metavar="DATE", help="What was true on that day.", show_default="when the form was read"),
    ] = None,
    batch: BatchOption = None,
    alike: Annotated[
        Path | None, typer.Option(help="HTML file to write: accepted fields that may be wrong for the same reason.")
    ] = None,
    store: StoreOption = None,
    ledger: LedgerOption = None,
    debug: DebugOption = False,
) -> None:
    """Tell the story of a field: who said what of it, since when we know, and what is believed."""
    with told(debug):
        from serving.commands.truth_told import show_story
        from serving.ledger import open_ledger
        from serving.store import places
        from serving.truth.moment import beginning, end

        with open_ledger(places(store, ledger).ledger_url) as opened:
            at = end(known) if known else None, beginning(valid) if valid else None
            show_story(opened, field, batch, at, alike)


@truth_app.command(epilog=EXIT_CODES)
def correct(
    file: Annotated[Path, typer.Argument(metavar="FILE.csv", help="Columns scan, page, field, value.")],
    batch: BatchOption = None,
    any_value: Annotated[
        bool, typer.Option("--any-value", help="Take values that break the rules of their field.")
    ] = False,
    store: StoreOption = None,
    ledger: LedgerOption = None,
    debug: DebugOption = False,
) -> None:
    """Take in a customer's corrections: all of them, or none where one makes no sense. The same file again is harmless.

    Instead of scan, page and field a row may have crop_id or prediction_id; further columns are outcome (blank,
    illegible, ...; withdrawn takes back what was said before), valid_at and reason. An empty value means blank.
    """
    with told(debug):
        from serving.commands.truth_told import show_corrected
        from serving.ledger import open_ledger
        from serving.store import places
        from serving.truth.correct import correct as take_in
        from serving.truth.csv_file import load_corrections

        with open_ledger(places(store, ledger).ledger_url) as opened:
            given = load_corrections(file)
            show_corrected(take_in(opened, given.rows, by=given.name, batch_id=batch, any_value=any_value))


@truth_app.command(epilog=EXIT_CODES)
def corrections(
    out: Annotated[
        Path | None, typer.Option(help="Folder to deliver them to: the corrected records, and what changed.")
    ] = None,
    every: Annotated[bool, typer.Option("--all", help="Show those too that were delivered again.")] = False,
    batch: BatchOption = None,
    store: StoreOption = None,
    ledger: LedgerOption = None,
    debug: DebugOption = False,
) -> None:
    """Show what was delivered and is known to be otherwise: what waits to be delivered again."""
    with told(debug):
        from serving.commands.truth_told import show_corrections
        from serving.ledger import open_ledger
        from serving.store import places

        with open_ledger(places(store, ledger).ledger_url) as opened:
            show_corrections(opened, batch, every, out)


@truth_app.command(epilog=EXIT_CODES)
def checked(
    known: KnownOption = None,
    by: Annotated[str, typer.Option(help="policy, bundle, kind, form, field; several with commas.")] = "kind",
    since: Annotated[
        str | None, typer.Option(metavar="DATE", help="Show which decisions turned out otherwise since that day.")
    ] = None,
    batch: BatchOption = None,
    store: StoreOption = None,
    ledger: LedgerOption = None,
    debug: DebugOption = False,
) -> None:
    """Count accepted fields that are known to be right or wrong, as known on a date. No estimate for the others."""
    with told(debug):
        from serving.commands.truth_told import show_checked
        from serving.ledger import open_ledger
        from serving.store import places
        from serving.truth.moment import end

        with open_ledger(places(store, ledger).ledger_url) as opened:
            show_checked(opened, batch, end(known) if known else None, by.split(","), end(since) if since else None)
