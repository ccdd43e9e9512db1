"""`penfield export`: records out of the house."""

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from serving.commands.cli import DebugOption, LedgerOption, StoreOption
from serving.commands.told import EXIT_CODES, told

if TYPE_CHECKING:
    from serving.ledger import Ledger

export_app = typer.Typer(rich_markup_mode="rich", pretty_exceptions_enable=False, add_completion=False)


@export_app.command(epilog=EXIT_CODES)
def export(
    out: Annotated[Path, typer.Option(help="Folder for the files.")],
    batch: Annotated[str | None, typer.Option(help="This batch: its id, or the beginning of it.")] = None,
    latest: Annotated[bool, typer.Option("--latest", help="The batch that was started last.")] = False,
    since: Annotated[
        str | None, typer.Option(metavar="DATE", help="Batches started since a day (UTC).", show_default="all batches")
    ] = None,
    formats: Annotated[
        str, typer.Option("--format", help="csv, jsonl, parquet, xlsx; several with commas.")
    ] = "csv,jsonl,parquet,xlsx",
    also_incomplete: Annotated[
        bool, typer.Option("--also-incomplete", help="Also records with fields that nobody is sure of yet.")
    ] = False,
    mask: Annotated[bool, typer.Option("--mask", help="Mask social security numbers.")] = False,
    store: StoreOption = None,
    ledger: LedgerOption = None,
    debug: DebugOption = False,
) -> None:
    """Hand out complete records: every value with who says it, how sure, and since when it is known.

    The same state makes the same files. manifest.json holds counts, columns, digests, and what was left out and why;
    after a correction, corrections.jsonl holds what has changed.
    """
    with told(debug):
        from serving.export.export import Order
        from serving.export.export import export as hand_out
        from serving.ledger import open_ledger
        from serving.store import places

        with open_ledger(places(store, ledger).ledger_url) as opened:
            order = Order(
                batches=_batches(opened, batch, latest, since),
                out=out,
                formats=tuple(name.strip() for name in formats.split(",")),  # type: ignore[misc]  # it checks them
                also_incomplete=also_incomplete,
                mask=mask,
            )
            done = hand_out(opened, order)
        left = f"; left out: {done.left_out:,} (manifest.json says why)" if done.left_out else ""
        typer.echo(f"{done.records:,} records, {done.values:,} values to {out}{left}")
        if done.corrections:
            typer.echo(f"delivered otherwise before: {done.corrections:,} (corrections.jsonl)")


def _batches(ledger: "Ledger", batch: str | None, latest: bool, since: str | None) -> tuple[str, ...]:
    """The batches of production that were asked for. Raises UsageError."""
    from recognizer.errors import UsageError
    from serving.truth.moment import beginning

    if sum((batch is not None, latest, since is not None)) > 1:
        raise UsageError("--batch, --latest and --since exclude each other - mend: give one of them, or none for all")
    with ledger.outside_to_read() as outside:
        found = [line.batch_id for line in outside.batches(beginning(since) if since else "")]
    if batch is not None:
        found = [batch_id for batch_id in found if batch_id.startswith(batch)]
        if len(found) != 1:
            raise UsageError(
                f"{len(found)} batches begin with {batch!r} - mend: see their ids in MLflow or the records"
            )
    return tuple(found[-1:] if latest else found)
