"""`penfield crowd`: fields out to people elsewhere, and their answers back in."""

from pathlib import Path
from typing import Annotated

import typer

from serving.commands.cli import DebugOption, LedgerOption, PolicyOption, StoreOption
from serving.commands.told import EXIT_CODES, told

crowd_app = typer.Typer(
    help="Have people elsewhere key fields: in Label Studio, or in a folder with a spreadsheet.",
    no_args_is_help=True,
    rich_markup_mode="rich",
)


@crowd_app.command(epilog=EXIT_CODES)
def export(
    crowd: Annotated[str, typer.Argument(metavar="FORMAT", help="label-studio or csv.")],
    out: Annotated[Path, typer.Option(help="Folder for tasks and pictures.")],
    count: Annotated[int, typer.Option(help="No more fields than this.")] = 500,
    kind: Annotated[
        list[str] | None, typer.Option(help="Only this kind; repeat it for several.", show_default="all but ssn")
    ] = None,
    days: Annotated[float, typer.Option(help="So long nobody else gets these fields.")] = 7.0,
    gold: Annotated[float, typer.Option(help="Share of fields whose answer is known, mixed in unseen.")] = 0.1,
    together: Annotated[
        bool, typer.Option("--together", help="Also several fields of one record, which one person may then see.")
    ] = False,
    sensitive: Annotated[bool, typer.Option("--sensitive", help="Also social security numbers.")] = False,
    images_at: Annotated[
        str | None,
        typer.Option(metavar="URL", help="Label Studio: where pictures will be served.", show_default="in the tasks"),
    ] = None,
    policy: PolicyOption = None,
    store: StoreOption = None,
    ledger: LedgerOption = None,
    debug: DebugOption = False,
) -> None:
    """Hand fields to a crowd: one field per task, its picture, and never what the machine read.

    They are leased: nobody in the house gets them until they come back or the days are over.
    """
    with told(debug):
        from serving.commands.crowd_told import office_at, send
        from serving.crowds.hand_out import Wanted

        wanted = Wanted(
            count=count, kinds=tuple(kind) if kind else None, days=days, gold=gold, together=together,
            sensitive=sensitive,
        )  # fmt: skip
        with office_at(store, ledger, policy) as office:
            send(office, crowd, wanted, out, images_at)


@crowd_app.command("import", epilog=EXIT_CODES)
def take_in(
    answers: Annotated[
        Path, typer.Argument(metavar="FILE", help="answers.csv, or Label Studio's export as JSON or JSON-MIN.")
    ],
    policy: PolicyOption = None,
    store: StoreOption = None,
    ledger: LedgerOption = None,
    debug: DebugOption = False,
) -> None:
    """Take a crowd's answers as votes of its people. The same file again, or a longer one, is fine."""
    with told(debug):
        from serving.commands.crowd_told import office_at, receive

        with office_at(store, ledger, policy) as office:
            receive(office, answers)


@crowd_app.command("list", epilog=EXIT_CODES)
def list_exports(store: StoreOption = None, ledger: LedgerOption = None, debug: DebugOption = False) -> None:
    """List what was handed out, and how much of it has not come back."""
    with told(debug):
        from serving.commands.crowd_told import show_exports
        from serving.ledger import open_ledger
        from serving.store import places

        with open_ledger(places(store, ledger).ledger_url) as opened:
            show_exports(opened)


@crowd_app.command("call-off", epilog=EXIT_CODES)
def call_off(
    export: Annotated[str, typer.Argument(metavar="EXPORT", help="Its id, or the beginning of it.")],
    store: StoreOption = None,
    ledger: LedgerOption = None,
    debug: DebugOption = False,
) -> None:
    """Call an export off: what has not come back is open to everybody at once."""
    with told(debug):
        from serving.crowds.take_back import export_named, take_back
        from serving.ledger import open_ledger
        from serving.store import places

        with open_ledger(places(store, ledger).ledger_url) as opened:
            found = export_named(opened, export)
            ended = take_back(opened, found)
        typer.echo(f"{found.export_id}: {ended:,} fields are open to everybody again")


@crowd_app.command(epilog=EXIT_CODES)
def webhook(store: StoreOption = None, ledger: LedgerOption = None, debug: DebugOption = False) -> None:
    """Say what to enter in Label Studio (Settings, Webhooks), so that answers come in as they are made."""
    with told(debug):
        from serving.crowds.label_studio.router import HEADER, PATH, label_studio_secret
        from serving.ledger import open_ledger
        from serving.store import places

        with open_ledger(places(store, ledger).ledger_url) as opened:
            secret = label_studio_secret(opened)
        typer.echo(f"Payload URL   the address of your review server, then {PATH}")
        typer.echo(f"Header        {HEADER}: {secret}")
        typer.echo("Send payload  on; events: annotation created, annotation updated")
