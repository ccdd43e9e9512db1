"""`penfield report`: a day of production, as a page and as a letter."""

from pathlib import Path
from typing import Annotated

import typer

from serving.commands.cli import DebugOption, LedgerOption, PolicyOption, StoreOption
from serving.commands.told import EXIT_CODES, told

report_app = typer.Typer(rich_markup_mode="rich", pretty_exceptions_enable=False, add_completion=False)


@report_app.command(epilog=EXIT_CODES)
def report(
    day: Annotated[
        str | None, typer.Option("--date", metavar="DATE", help="A day of UTC.", show_default="yesterday")
    ] = None,
    missing: Annotated[
        bool, typer.Option("--missing", help="Every day up to yesterday that was not sent yet: for a timer.")
    ] = False,
    out: Annotated[Path | None, typer.Option(help="Also write the page, pictures and all, to a file.")] = None,
    to: Annotated[list[str] | None, typer.Option(metavar="ADDRESS", help="Send it there; repeat for several.")] = None,
    sender: Annotated[str | None, typer.Option("--from", metavar="ADDRESS", help="Who sends it.")] = None,
    smtp: Annotated[
        str | None,
        typer.Option(metavar="URL", envvar="PENFIELD_SMTP", help="smtp://USER@HOST:587 (STARTTLS) or smtps://..."),
    ] = None,
    authority: Annotated[
        Path | None, typer.Option(metavar="PEM", help="The authority of the server's certificate.")
    ] = None,
    handwriting: Annotated[
        bool,
        typer.Option("--handwriting/--no-handwriting", help="Show crops and values of mistakes in letters and --out."),
    ] = True,
    questions: Annotated[bool, typer.Option("--questions", help="Print the SQL behind the numbers.")] = False,
    policy: PolicyOption = None,
    store: StoreOption = None,
    ledger: LedgerOption = None,
    debug: DebugOption = False,
) -> None:
    """Make the report of a day: kept in the store, logged to MLflow, and sent by mail where --to says so."""
    with told(debug):
        from recognizer.errors import UsageError
        from serving.commands.report_told import asked_day, handed_out, postage, show_questions
        from serving.daily import Reports, report_of
        from serving.ledger import open_ledger
        from serving.promise import Policy, load_policy
        from serving.store import places

        wanted = load_policy(Path(policy)) if policy is not None else Policy()
        if day is not None and missing:
            raise UsageError("--missing finds the days itself - mend: leave out --date")
        last = asked_day(day)
        if questions:
            show_questions(last, wanted)
            return
        stamp = postage(to or [], sender, smtp, authority)
        where = places(store, ledger)
        kept = Reports(where.store)
        with open_ledger(where.ledger_url) as opened:
            for each in kept.missing(last) if missing else [last]:
                made = report_of(opened, where.store, each, wanted, pictured=handwriting)
                handed_out(made, kept, where.store, out, stamp)
