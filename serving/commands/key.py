"""`penfield key`: keys of the HTTP API."""

from typing import Annotated

import typer

from serving.commands.cli import DebugOption, LedgerOption, StoreOption
from serving.commands.told import EXIT_CODES, told

key_app = typer.Typer(help="Keys of the HTTP API.", no_args_is_help=True, rich_markup_mode="rich")


@key_app.command(epilog=EXIT_CODES)
def add(
    name: Annotated[str, typer.Argument(metavar="NAME", help="Whose key it is; verdicts that come by it say so.")],
    scopes: Annotated[
        str, typer.Option(help="read, correct, sensitive (SSNs unmasked); several with commas.")
    ] = "read,correct",
    store: StoreOption = None,
    ledger: LedgerOption = None,
    debug: DebugOption = False,
) -> None:
    """Add a key and show it: once, now. What is kept of it is a hash."""
    with told(debug):
        from serving.api.keys import add_key
        from serving.ledger import open_ledger
        from serving.store import places

        with open_ledger(places(store, ledger).ledger_url) as opened:
            text = add_key(opened, name, [scope.strip() for scope in scopes.split(",")])
        typer.echo(f"key {name}, shown this once: {text}")


@key_app.command("list", epilog=EXIT_CODES)
def list_keys(store: StoreOption = None, ledger: LedgerOption = None, debug: DebugOption = False) -> None:
    """List the keys: name, id, what for, since when, until when."""
    with told(debug):
        from serving.api.keys import keys
        from serving.ledger import open_ledger
        from serving.store import places

        with open_ledger(places(store, ledger).ledger_url) as opened:
            found = keys(opened)
        for key in found:
            ended = f", revoked {key.ended_at[:10]}" if key.ended_at else ""
            typer.echo(f"{key.name}  {key.key_id}  {','.join(key.scopes)}  since {key.created_at[:10]}{ended}")
        if not found:
            typer.echo("no keys: penfield key add NAME")


@key_app.command(epilog=EXIT_CODES)
def revoke(
    name: Annotated[str, typer.Argument(metavar="NAME", help="The key's name or id.")],
    store: StoreOption = None,
    ledger: LedgerOption = None,
    debug: DebugOption = False,
) -> None:
    """Let a key open nothing from now on; what came by it stays."""
    with told(debug):
        from serving.api.keys import revoke as end
        from serving.ledger import open_ledger
        from serving.store import places

        with open_ledger(places(store, ledger).ledger_url) as opened:
            found = end(opened, name)
        typer.echo(f"key {found.name} opens nothing any more")
