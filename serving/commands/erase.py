"""`penfield erase`: what is known of a person goes, a tombstone stays."""

from typing import Annotated

import typer

from serving.commands.cli import DebugOption, LaterOption, LedgerOption, StoreOption
from serving.commands.told import EXIT_CODES, told

erase_app = typer.Typer(rich_markup_mode="rich", pretty_exceptions_enable=False, add_completion=False)


@erase_app.command(epilog=EXIT_CODES)
def erase(
    records: Annotated[
        list[str] | None,
        typer.Argument(
            metavar="RECORD...", help="SCAN:PAGE, BATCH:SCAN_NO:PAGE, or the id of a page.", show_default=""
        ),
    ] = None,
    reason: Annotated[
        str | None, typer.Option(help="request, consent, retention, mistake, law: why; it stays.", show_default="")
    ] = None,
    older_than: Annotated[
        int | None, typer.Option(min=0, metavar="DAYS", help="All records that no batch has used for so many days.")
    ] = None,
    batch: Annotated[str | None, typer.Option(help="Only records of this batch.", show_default="all")] = None,
    refuse_again: Annotated[
        bool, typer.Option("--refuse-again", help="The same page of the same file is not read again.")
    ] = False,
    dry_run: Annotated[bool, typer.Option("--dry-run", help="Say what would be erased.")] = False,
    yes: Annotated[bool, typer.Option("--yes", help="Do not ask.")] = False,
    by: Annotated[str | None, typer.Option(help="Who erases; it stays.", show_default="your user name")] = None,
    store: StoreOption = None,
    ledger: LedgerOption = None,
    deliver_later: LaterOption = False,
    debug: DebugOption = False,
) -> None:
    """Erase records: pictures, readings, what people said of them, and what MLflow shows of it. It cannot be undone.

    A tombstone stays: which page, when, by whom, why, how many rows. Numbers still count its fields. Whoever got the
    record is told: penfield corrections, webhooks. Again is harmless, and completes what was interrupted.
    """
    with told(debug):
        from serving.columns import columns_of
        from serving.commands.erase_told import Wish, erase_all
        from serving.ledger import open_ledger
        from serving.store import places

        where = places(store, ledger)
        wish = Wish(
            names=tuple(records or ()), older_than=older_than, batch_id=batch, reason=reason, by=by,
            refuse_again=refuse_again, dry_run=dry_run, sure=yes, store=None if deliver_later else where.store,
        )  # fmt: skip
        with open_ledger(where.ledger_url) as opened:
            erase_all(opened, wish)
        if not dry_run:
            columns_of(where.store).remove()  # they are made again, without what was erased
