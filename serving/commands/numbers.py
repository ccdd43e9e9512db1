"""`penfield numbers`: what production comes to."""

from pathlib import Path
from typing import Annotated

import typer

from serving.commands.cli import DebugOption, LedgerOption, PolicyOption, StoreOption
from serving.commands.told import EXIT_CODES, told

numbers_app = typer.Typer(rich_markup_mode="rich", pretty_exceptions_enable=False, add_completion=False)


@numbers_app.command(epilog=EXIT_CODES)
def numbers(
    batch: Annotated[str | None, typer.Option(help="Only this batch.", show_default="all")] = None,
    since: Annotated[str | None, typer.Option(metavar="DATE", help="Only fields decided since a day (UTC).")] = None,
    until: Annotated[str | None, typer.Option(metavar="DATE", help="Only fields decided until a day (UTC).")] = None,
    known: Annotated[
        str | None, typer.Option(metavar="DATE", help="As known on a day, or at a time (UTC).", show_default="now")
    ] = None,
    as_json: Annotated[bool, typer.Option("--json", help="Print JSON instead of tables.")] = False,
    policy: PolicyOption = None,
    store: StoreOption = None,
    ledger: LedgerOption = None,
    debug: DebugOption = False,
) -> None:
    """Show production in numbers: accuracy of what was accepted, automation, people's work and its cost, the line."""
    with told(debug):
        import json

        from serving.commands.numbers_told import show_numbers
        from serving.ledger import open_ledger
        from serving.metrics import production_metrics
        from serving.metrics.figures import plain
        from serving.promise import Policy, load_policy
        from serving.store import places
        from serving.truth.moment import beginning, end

        wanted = load_policy(Path(policy)) if policy is not None else Policy()
        with open_ledger(places(store, ledger).ledger_url) as opened:
            if batch is not None:
                opened.batch(batch)  # says so where there is none
            found = production_metrics(
                opened,
                batch_id=batch,
                since=beginning(since) if since else None,
                until=end(until) if until else None,
                known_at=end(known) if known else None,
                policy=wanted,
            )
        if as_json:
            typer.echo(json.dumps(plain(found), indent=1))
        else:
            show_numbers(found, wanted)
