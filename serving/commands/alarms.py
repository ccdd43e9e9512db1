"""`penfield alarms`: what is watched and is not as it was, and the word of a person who has seen to it."""

from typing import Annotated

import typer

from serving.commands.cli import DebugOption, LedgerOption, StoreOption
from serving.commands.told import EXIT_CODES, told

alarms_app = typer.Typer(rich_markup_mode="rich", pretty_exceptions_enable=False, add_completion=False)


@alarms_app.command(epilog=EXIT_CODES)
def alarms(
    end: Annotated[
        int | None, typer.Option(metavar="NUMBER", help="End an alarm: what it left out reads again.")
    ] = None,
    reason: Annotated[str, typer.Option(help="What was the matter; wanted with --end.", show_default=False)] = "",
    by: Annotated[str | None, typer.Option(help="Who says so; it stays.", show_default="your user name")] = None,
    everything: Annotated[bool, typer.Option("--all", help="Also those that are over.")] = False,
    store: StoreOption = None,
    ledger: LedgerOption = None,
    debug: DebugOption = False,
) -> None:
    """List the alarms that hold, or end one."""
    with told(debug):
        from getpass import getuser

        from recognizer.errors import UsageError
        from serving.commands.alarms_told import lines_of
        from serving.ledger import open_ledger
        from serving.store import places

        if end is not None and not reason.strip():
            raise UsageError("an alarm is ended for a reason - mend: add --reason TEXT")
        with open_ledger(places(store, ledger).ledger_url) as opened:
            if end is not None:
                with opened.alarms() as rows:
                    rows.end(end, by=by or getuser(), reason=reason.strip())
            with opened.alarms_to_read() as rows:
                found = rows.all() if everything else rows.holding()
        for line in lines_of(found) or ["there was no alarm" if everything else "no alarm holds"]:
            typer.echo(line)
