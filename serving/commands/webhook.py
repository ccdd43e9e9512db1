"""`penfield webhook`: receivers that are told what became of records."""

from typing import Annotated

import typer

from serving.commands.cli import DebugOption, LedgerOption, StoreOption
from serving.commands.told import EXIT_CODES, told

hook_app = typer.Typer(help="Tell other systems what became of records.", no_args_is_help=True, rich_markup_mode="rich")

HookArgument = Annotated[str, typer.Argument(metavar="WEBHOOK", help="Its id (or the beginning), or its address.")]
NOT_ARRIVED = 1


@hook_app.command(epilog=EXIT_CODES)
def add(
    url: Annotated[str, typer.Argument(metavar="URL", help="http or https; redirects are not followed.")],
    events: Annotated[
        str, typer.Option(help="completed, reopened, corrected, erased; several with commas.")
    ] = "completed,reopened,corrected,erased",
    values: Annotated[bool, typer.Option("--values", help="Send the values of complete records too.")] = False,
    store: StoreOption = None,
    ledger: LedgerOption = None,
    debug: DebugOption = False,
) -> None:
    """Add a receiver, and show the secret that signs its messages: once, now."""
    with told(debug):
        from serving.ledger import open_ledger
        from serving.store import places
        from serving.webhook.hook import add_hook

        with open_ledger(places(store, ledger).ledger_url) as opened:
            hook = add_hook(opened, url, [name.strip() for name in events.split(",")], with_values=values)
        typer.echo(f"webhook {hook.hook_id}: told of {', '.join(hook.events)} from now on")
        typer.echo(f"secret, shown this once: {hook.secret}")
        if url.startswith("http:"):
            typer.echo("http is not encrypted: who listens on the way reads along", err=True)


@hook_app.command("list", epilog=EXIT_CODES)
def list_hooks(store: StoreOption = None, ledger: LedgerOption = None, debug: DebugOption = False) -> None:
    """List the receivers, how their messages stand, and what was given up."""
    with told(debug):
        from serving.ledger import open_ledger
        from serving.store import places
        from serving.webhook.hook import hooks, shown

        with open_ledger(places(store, ledger).ledger_url) as opened:
            found = hooks(opened)
            for hook in found:
                with opened.outside_to_read() as outside:
                    stands, dead = outside.hooks.standing(hook), outside.hooks.dead(hook)
                what = ", ".join(hook.events) + (", with values" if hook.with_values else "")
                typer.echo(f"{hook.hook_id}  {shown(hook.url)}  ({what})")
                last = f"; last: {stands.last}" if stands.last else ""
                typer.echo(
                    f"  {stands.delivered:,} delivered, {stands.waiting:,} waiting, {stands.dead:,} given up{last}"
                )
                for message in dead:
                    event = message.event
                    typer.echo(
                        f"  given up: {event.event} of batch {event.batch_id[:12]}, scan {event.scan_no}, "
                        f"page {event.page_no}, {event.at[:19]}"
                    )
        if not found:
            typer.echo("no webhooks: penfield webhook add URL")


@hook_app.command(epilog=EXIT_CODES)
def remove(
    hook: HookArgument, store: StoreOption = None, ledger: LedgerOption = None, debug: DebugOption = False
) -> None:
    """Tell a receiver nothing any more."""
    with told(debug):
        from serving.ledger import open_ledger
        from serving.store import places
        from serving.webhook.hook import hook_named, remove_hook

        with open_ledger(places(store, ledger).ledger_url) as opened:
            found = hook_named(opened, hook)
            remove_hook(opened, found)
        typer.echo(f"webhook {found.hook_id} is told nothing any more")


@hook_app.command(epilog=EXIT_CODES)
def retry(
    hook: HookArgument, store: StoreOption = None, ledger: LedgerOption = None, debug: DebugOption = False
) -> None:
    """Try again at once what waits for its time or was given up; `penfield deliver` posts it."""
    with told(debug):
        from serving.ledger import open_ledger
        from serving.store import places
        from serving.webhook.hook import hook_named
        from serving.webhook.hook import retry as revive

        with open_ledger(places(store, ledger).ledger_url) as opened:
            count = revive(opened, hook_named(opened, hook))
        typer.echo(f"{count:,} messages will be tried again at once")


@hook_app.command(epilog=EXIT_CODES)
def test(
    hook: HookArgument, store: StoreOption = None, ledger: LedgerOption = None, debug: DebugOption = False
) -> None:
    """Post a signed message of type `ping` now, and say what came of it."""
    with told(debug):
        import time
        from secrets import token_hex

        from serving.ledger import open_ledger
        from serving.ledger.clock import utc_now
        from serving.store import places
        from serving.webhook.hook import hook_named
        from serving.webhook.message import ping
        from serving.webhook.post import post
        from serving.webhook.sign import headers

        with open_ledger(places(store, ledger).ledger_url) as opened:
            found = hook_named(opened, hook)
        body = ping(utc_now())
        answer = post(found.url, body, headers(found.secret, f"msg_{token_hex(16)}", int(time.time()), body))
        typer.echo(f"{'arrived' if answer.arrived else 'not arrived'}: {answer.detail}", err=not answer.arrived)
        if not answer.arrived:
            raise typer.Exit(NOT_ARRIVED)
