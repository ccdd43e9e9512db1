"""`penfield diagnose`: from an alarm to its cause."""

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from serving.commands.cli import DebugOption, LedgerOption, PolicyOption, StoreOption
from serving.commands.told import EXIT_CODES, told

if TYPE_CHECKING:
    from serving.diagnose import Diagnosis
    from serving.ledger import Ledger
    from serving.store import Places

diagnose_app = typer.Typer(rich_markup_mode="rich", pretty_exceptions_enable=False, add_completion=False)


@diagnose_app.command(epilog=EXIT_CODES)
def diagnose(
    alarm: Annotated[int, typer.Argument(metavar="ALARM", help="Its number, as in `penfield alarms`.")],
    html: Annotated[
        Path | None, typer.Option(metavar="PATH", help="HTML file to write: the same with crops and distributions.")
    ] = None,
    review: Annotated[
        bool, typer.Option("--review", help="Put those of the fields to people that were accepted unseen.")
    ] = False,
    ids: Annotated[bool, typer.Option("--ids", help="Only the ids of the predictions, one a line.")] = False,
    policy: PolicyOption = None,
    store: StoreOption = None,
    ledger: LedgerOption = None,
    debug: DebugOption = False,
) -> None:
    """Say where an alarm comes from: which slice, since which page, at which stage, and how to replay it.

    With --review, people key its fields without the machine's say; again is harmless.
    """
    with told(debug):
        from recognizer.errors import UsageError
        from serving.batch.records import check_folder, write_whole
        from serving.commands.diagnose_told import told_became, told_of
        from serving.diagnose.page import html as page_of
        from serving.ledger import open_ledger
        from serving.office import Office
        from serving.promise import load_policy
        from serving.store import places

        if ids and (html is not None or review):
            raise UsageError("--ids prints ids alone - mend: leave it out, or the others")
        where, wanted = places(store, ledger), load_policy(policy) if policy is not None else None
        if html is not None and html.is_dir():
            raise UsageError(f"{html}: a folder - mend: name a file, say {html / f'alarm-{alarm}.html'}")
        if html is not None:
            check_folder(html.parent)
        with open_ledger(where.ledger_url) as opened:
            found = diagnosed(opened, where, alarm)
            for line in found.prediction_ids if ids else told_of(found):
                typer.echo(line)
            if html is not None:
                write_whole(html, page_of(opened, found).encode())
                typer.echo(f"page: {html}")
            if review:
                became = Office(opened, wanted).doubt(found.prediction_ids, f"alarm {alarm}: it may be wrong")
                for line in told_became(became):
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
