"""The command that makes predictions again, and asks what another model would have said."""

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from serving.commands.cli import DebugOption, LedgerOption, PolicyOption, StoreOption
from serving.commands.told import EXIT_CODES, told

if TYPE_CHECKING:
    from serving.ledger import Ledger
    from serving.store import Places

DIFFERS = 8
"""Exit code where something did not come out as recorded."""

replay_app = typer.Typer(rich_markup_mode="rich", pretty_exceptions_enable=False, add_completion=False)


@replay_app.command(epilog=EXIT_CODES)
def replay(
    prediction: Annotated[
        str | None,
        typer.Argument(metavar="PREDICTION", help="Its id (8 characters do), or SCAN:PAGE:FIELD.", show_default="none"),
    ] = None,
    random: Annotated[
        int | None, typer.Option(min=1, metavar="N", help="So many predictions, drawn at random.")
    ] = None,
    batch: Annotated[str | None, typer.Option(help="All predictions of this batch; or those drawn, or named.")] = None,
    alarm: Annotated[
        int | None, typer.Option(metavar="NUMBER", help="Those of an alarm, as `penfield diagnose` finds them.")
    ] = None,
    seed: Annotated[int, typer.Option(help="Seed of what is drawn.")] = 1,
    other: Annotated[
        Path | None,
        typer.Option("--with", metavar="BUNDLE", help="Ask what another model would have said: its folder, or its id."),
    ] = None,
    scans: Annotated[
        list[Path] | None, typer.Option(help="Folder to look for scans in that lie elsewhere now; repeat it.")
    ] = None,
    form: Annotated[
        list[Path] | None, typer.Option(help="A form whose files lie elsewhere now; repeat it for several.")
    ] = None,
    policy: PolicyOption = None,
    store: StoreOption = None,
    ledger: LedgerOption = None,
    debug: DebugOption = False,
) -> None:
    """Make predictions again from the recorded bytes, and name the first stage that is not as it was, and why.

    Nothing of it changes records, decisions or numbers. With --with, another model reads the recorded crop instead.
    """
    with told(debug):
        from recognizer.errors import InputError, UsageError
        from recognizer.form import load_form
        from serving.commands.replay_told import show_asked, show_replays
        from serving.ledger import open_ledger
        from serving.models import Shelf
        from serving.models.named import folder_of
        from serving.promise import load_policy
        from serving.replay import Replayer
        from serving.replay.forms import Forms
        from serving.replay.models import opened as opened_model
        from serving.store import places

        where = places(store, ledger)
        if alarm is not None and (prediction is not None or random is not None or batch is not None):
            raise UsageError("--alarm says which predictions - mend: leave out the others, or leave out --alarm")
        missing = next((folder for folder in scans or () if not folder.is_dir()), None)
        if missing is not None:
            raise InputError(f"{missing}: no such folder - mend: name one that holds scans")
        if where.is_new:
            raise UsageError("there is no ledger yet - mend: `penfield recognize` first, or name one with --store")
        forms, shelf = tuple(load_form(path) for path in form or ()), Shelf(where.store)
        wanted = load_policy(policy) if policy is not None else None
        with open_ledger(where.ledger_url) as opened:
            ids = _meant(opened, prediction, random, batch, seed) if alarm is None else _of_alarm(opened, where, alarm)
            if other is not None:
                door, _ = opened_model(shelf.folder(shelf.put(folder_of(other, shelf))), opened)
                show_asked(opened, Forms(opened, forms), door, ids, single=prediction is not None)
                return
            with Replayer(opened, shelf, scans=scans or (), forms=forms, policy=wanted) as replayer:
                identical = show_replays(replayer, ids, single=prediction is not None)
        if not identical:
            raise typer.Exit(DIFFERS)


def _of_alarm(ledger: "Ledger", where: "Places", number: int) -> list[str]:
    from recognizer.errors import UsageError
    from serving.commands.diagnose import diagnosed

    ids = list(diagnosed(ledger, where, number).prediction_ids)
    if not ids:
        raise UsageError(
            f"alarm {number}: no field was read since - mend: `penfield diagnose {number}` says what is known"
        )
    return ids


def _meant(ledger: "Ledger", prediction: str | None, count: int | None, batch: str | None, seed: int) -> list[str]:
    from recognizer.errors import UsageError
    from serving.replay.named import prediction_named, predictions_of

    if prediction is not None and count is None:
        return [prediction_named(ledger, prediction, batch)]
    if prediction is not None or (count is None and batch is None):
        raise UsageError(
            "which predictions? - mend: name one, or draw some with --random N, or name a batch: --batch ID"
        )
    return predictions_of(ledger, batch, count, seed)
