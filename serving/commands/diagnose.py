"""`penfield diagnose`: from an alarm to its cause."""

from typing import TYPE_CHECKING, Annotated

import typer

from serving.commands.cli import DebugOption, LedgerOption, StoreOption
from serving.commands.told import EXIT_CODES, told

if TYPE_CHECKING:
    from serving.diagnose import Diagnosis
    from serving.ledger import Ledger
    from serving.store import Places

diagnose_app = typer.Typer(rich_markup_mode="rich", pretty_exceptions_enable=False, add_completion=False)


@diagnose_app.command(epilog=EXIT_CODES)
def diagnose(
    alarm: Annotated[int, typer.Argument(metavar="ALARM", help="Its number, as in `penfield alarms`.")],
    ids: Annotated[bool, typer.Option("--ids", help="Only the ids of the predictions, one a line.")] = False,
    store: StoreOption = None,
    ledger: LedgerOption = None,
    debug: DebugOption = False,
) -> None:
    """Say where an alarm comes from: which slice, since which page, at which stage, and how to replay it."""
    with told(debug):
        from serving.commands.diagnose_told import told_of
        from serving.ledger import open_ledger
        from serving.store import places

        where = places(store, ledger)
        with open_ledger(where.ledger_url) as opened:
            found = diagnosed(opened, where, alarm)
        for line in found.prediction_ids if ids else told_of(found):
            typer.echo(line)


def diagnosed(ledger: "Ledger", where: "Places", number: int) -> "Diagnosis":
    """The diagnosis of an alarm, from columns that are brought up to date. Raises UsageError where there is none."""
    from recognizer.errors import UsageError
    from serving.columns import Asking, columns_of, sync
    from serving.commands.query_told import syncing
    from serving.diagnose import diagnose as asked_of

    with ledger.alarms_to_read() as rows:
        alarm = next((each for each in rows.all() if each.seq == number), None)
    if alarm is None:
        raise UsageError(f"alarm {number}: there is none - mend: `penfield alarms --all` lists them")
    keep = columns_of(where.store)
    with syncing() as heard:
        sync(ledger, keep, heard)
    with Asking(keep) as desk:
        return asked_of(desk.ask, alarm)
