"""The commands about models: which there are, which of them reads, and how that is changed."""

from pathlib import Path
from typing import Annotated

import typer

from serving.commands.cli import DebugOption, LaterOption, LedgerOption, StoreOption
from serving.commands.told import EXIT_CODES, told

models_app = typer.Typer(rich_markup_mode="rich", pretty_exceptions_enable=False, add_completion=False)

ByOption = Annotated[str | None, typer.Option(help="Who does it; it stays.", show_default="your user name")]
KindOption = Annotated[
    str, typer.Option(metavar="KIND", help="Only fields of this kind: ssn, date ...", show_default="all fields")
]


@models_app.command(epilog=EXIT_CODES)
def models(
    kind: Annotated[
        str | None, typer.Option(metavar="KIND", help="Only the succession of this kind.", show_default="all")
    ] = None,
    out: Annotated[Path | None, typer.Option(help="Folder for the line of succession as a picture and a page.")] = None,
    store: StoreOption = None,
    ledger: LedgerOption = None,
    debug: DebugOption = False,
) -> None:
    """Show the models: which read now, the line of succession, and all that may be activated."""
    with told(debug):
        from serving.commands.models_told import show_models
        from serving.commands.session import shelf_and_ledger

        with shelf_and_ledger(store, ledger) as opened:
            show_models(opened, kind, out)


@models_app.command(epilog=EXIT_CODES)
def publish(
    folder: Annotated[Path, typer.Argument(metavar="FOLDER", help="A bundle: the folder that training made.")],
    note: Annotated[str, typer.Option(help="What to remember of it.", show_default="")] = "",
    by: ByOption = None,
    store: StoreOption = None,
    ledger: LedgerOption = None,
    deliver_later: LaterOption = False,
    debug: DebugOption = False,
) -> None:
    """Put a model on the shelf, checked byte for byte. It may then be activated; until then it reads nothing."""
    with told(debug):
        from serving.commands.models_told import Change, publish_model
        from serving.commands.session import shelf_and_ledger

        with shelf_and_ledger(store, ledger) as opened:
            publish_model(opened, folder, note, Change(by=by, deliver=not deliver_later))


@models_app.command(epilog=EXIT_CODES)
def activate(
    bundle: Annotated[
        str, typer.Argument(metavar="BUNDLE", help="The id of a published model, or the beginning of it.")
    ],
    reason: Annotated[str, typer.Option(help="Why; it stays in the ledger.")],
    kind: KindOption = "",
    expects: Annotated[
        str | None,
        typer.Option(
            metavar="BUNDLE", help="Only if this one is the champion still.", show_default="whoever is the champion"
        ),
    ] = None,
    by: ByOption = None,
    store: StoreOption = None,
    ledger: LedgerOption = None,
    deliver_later: LaterOption = False,
    debug: DebugOption = False,
) -> None:
    """Make a model the champion, of all fields or of one kind. Running batches follow at their next page."""
    with told(debug):
        from serving.commands.models_told import Change, activate_model
        from serving.commands.session import shelf_and_ledger

        change = Change(by=by, kind=kind, reason=reason, deliver=not deliver_later)
        with shelf_and_ledger(store, ledger) as opened:
            activate_model(opened, bundle, expects, change)


@models_app.command(epilog=EXIT_CODES)
def rollback(
    reason: Annotated[str, typer.Option(help="Why; it stays in the ledger.")],
    kind: KindOption = "",
    by: ByOption = None,
    store: StoreOption = None,
    ledger: LedgerOption = None,
    deliver_later: LaterOption = False,
    debug: DebugOption = False,
) -> None:
    """Bring back the model that the champion replaced; once more, the one before that."""
    with told(debug):
        from serving.commands.models_told import Change, roll_back
        from serving.commands.session import shelf_and_ledger

        with shelf_and_ledger(store, ledger) as opened:
            roll_back(opened, Change(by=by, kind=kind, reason=reason, deliver=not deliver_later))
