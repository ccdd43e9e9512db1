"""`penfield campaign`: work for people of a platform, who come by URL and leave with a completion code."""

from typing import TYPE_CHECKING, Annotated

import typer

from serving.commands.cli import DebugOption, LedgerOption, StoreOption
from serving.commands.told import EXIT_CODES, told

if TYPE_CHECKING:
    from serving.crowds.campaign import Campaign

campaign_app = typer.Typer(
    help="Offer work on a platform: people come by URL and leave with a completion code.",
    no_args_is_help=True, rich_markup_mode="rich",
)  # fmt: skip
NameArgument = Annotated[str, typer.Argument(metavar="NAME")]


@campaign_app.command(epilog=EXIT_CODES)
def add(
    name: NameArgument,
    fields: Annotated[int, typer.Option(help="Fields in each session.")] = 30,
    sessions: Annotated[int, typer.Option(help="Sessions for each worker at most.")] = 1,
    return_to: Annotated[
        str, typer.Option(metavar="URL", help="The platform's address for those who are done.", show_default="none")
    ] = "",
    store: StoreOption = None,
    ledger: LedgerOption = None,
    debug: DebugOption = False,
) -> None:
    """Offer work, and say what to enter on the platform. `penfield review` serves it."""
    with told(debug):
        from serving.crowds.campaign import open_campaign
        from serving.ledger import open_ledger
        from serving.store import places

        with open_ledger(places(store, ledger).ledger_url) as opened:
            made = open_campaign(opened, name, fields=fields, sessions=sessions, return_to=return_to)
        _say(made)


@campaign_app.command("list", epilog=EXIT_CODES)
def list_campaigns(store: StoreOption = None, ledger: LedgerOption = None, debug: DebugOption = False) -> None:
    """List campaigns, and what came of them."""
    with told(debug):
        from serving.crowds.campaign import campaigns
        from serving.ledger import open_ledger
        from serving.store import places

        with open_ledger(places(store, ledger).ledger_url) as opened:
            found = campaigns(opened)
        for each in found:
            _say(each)
        if not found:
            typer.echo("no campaigns yet: penfield campaign add NAME")


@campaign_app.command(epilog=EXIT_CODES)
def close(
    name: NameArgument, store: StoreOption = None, ledger: LedgerOption = None, debug: DebugOption = False
) -> None:
    """Let nobody in any more. Whoever is at work may finish."""
    with told(debug):
        from serving.crowds.campaign import close_campaign
        from serving.ledger import open_ledger
        from serving.store import places

        with open_ledger(places(store, ledger).ledger_url) as opened:
            _say(close_campaign(opened, name))


def _say(made: "Campaign") -> None:
    stands = "open" if made.is_open else "closed"
    typer.echo(f"{made.name} ({stands}): {made.fields} fields a session, {made.sessions} sessions for each worker")
    typer.echo(f"  address  /campaign/{made.campaign_id}?worker=WORKER&session=SESSION, after the review server's own")
    typer.echo("           (Prolific: ?PROLIFIC_PID={{%PROLIFIC_PID%}}&SESSION_ID={{%SESSION_ID%}})")
    typer.echo(f"  code     {made.code}")
    typer.echo(f"  so far   {made.visits} visits, {made.done} done, {made.answered} fields answered in finished visits")
