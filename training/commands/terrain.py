"""`penfield terrain`: what comes in, what it costs, and what to solve next."""

from pathlib import Path
from typing import Annotated

import typer

from serving.commands.cli import BundleOption, DebugOption, LedgerOption, PolicyOption, StoreOption
from serving.commands.told import EXIT_CODES, told

terrain_app = typer.Typer(rich_markup_mode="rich", pretty_exceptions_enable=False, add_completion=False)


@terrain_app.command(epilog=EXIT_CODES)
def terrain(
    day: Annotated[
        str | None, typer.Option("--date", metavar="DATE", help="What came in up to a day (UTC).", show_default="today")
    ] = None,
    out: Annotated[Path, typer.Option(help="Folder for the page and the table.")] = Path("out/terrain"),
    bundle: BundleOption = None,
    policy: PolicyOption = None,
    store: StoreOption = None,
    ledger: LedgerOption = None,
    debug: DebugOption = False,
) -> None:
    """Rank what to solve next by the minutes of people that it would save, and draw a map of the handwriting.

    No model reads anything anew; the champion's features place crops on the map. Sensitive fields are left off it.
    """
    with told(debug):
        from serving.commands.report_told import asked_day
        from serving.commands.session import champion_folder
        from serving.ledger import open_ledger
        from serving.promise import Policy, load_policy
        from serving.store import places
        from serving.tracking import StoreUnreachable
        from training.terrain.save import log_survey, save
        from training.terrain.survey import survey

        wanted = load_policy(Path(policy)) if policy is not None else Policy()
        until = asked_day(day, default_back=0)
        where = places(store, ledger)
        with open_ledger(where.ledger_url) as opened:
            found = survey(opened, where.store, champion_folder(bundle, where), until, wanted)
        page = save(out, found)
        typer.echo(f"{found.land.pages:,} pages cost {found.minutes:,.0f} minutes in a thousand; to be saved:")
        for gain in (*found.conditions[:5], *found.fields[:5]):
            typer.echo(f"{gain.minutes:>8,.1f}  {gain.slice.name}  [{gain.low:,.1f} to {gain.high:,.1f}]")
        typer.echo(f"to look at: {page}")
        try:
            log_survey(where.store, found)
        except StoreUnreachable as error:
            typer.echo(f"MLflow was not told of it: {error}", err=True)
