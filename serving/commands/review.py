"""`penfield review`: the review page."""

from typing import Annotated

import typer

from serving.commands.cli import DebugOption, LedgerOption, MonitorsOption, PolicyOption, StoreOption
from serving.commands.told import EXIT_CODES, told

review_app = typer.Typer(rich_markup_mode="rich", pretty_exceptions_enable=False, add_completion=False)

PORT = 8321


@review_app.command(epilog=EXIT_CODES)
def review(
    host: Annotated[str, typer.Option(help="Address to listen at; behind a proxy with TLS, leave it.")] = "127.0.0.1",
    port: Annotated[int, typer.Option(min=1, max=65535)] = PORT,
    alone: Annotated[
        bool, typer.Option("--alone", help="A team of one: also several fields of one record. Each lease says so.")
    ] = False,
    policy: PolicyOption = None,
    monitors: MonitorsOption = None,
    store: StoreOption = None,
    ledger: LedgerOption = None,
    debug: DebugOption = False,
) -> None:
    """Serve the review page until Ctrl-C: people key what the machine doubts; what they say is settled meanwhile, and
    monitors look every ten minutes.

    People sign in with names and passwords: `penfield people add` makes the first one.
    """
    with told(debug):
        from serving.commands.review_server import serve
        from serving.ledger import open_ledger
        from serving.monitors import Settings, load_settings
        from serving.office import Office, Rules
        from serving.promise import load_policy
        from serving.store import places
        from serving.trial.beside import Beside

        wanted = load_policy(policy) if policy is not None else None
        watched = load_settings(monitors) if monitors is not None else Settings()
        where = places(store, ledger)
        with open_ledger(where.ledger_url) as opened, Beside(opened, where.store, wanted, always=True):
            office = Office(opened, wanted, rules=Rules(alone=alone))
            serve(office, where.store, watched, host, port, typer.echo)
