"""`penfield retrain` and `penfield rebuild`: the loop, once or as a schedule, and a training replayed."""

import re
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from serving.commands.cli import DebugOption, LedgerOption, StoreOption
from serving.commands.told import EXIT_CODES, told

if TYPE_CHECKING:
    from serving.ledger import Ledger
    from training.loop.order import RetrainOrder
    from training.loop.round import Round

retrain_app = typer.Typer(rich_markup_mode="rich", pretty_exceptions_enable=False, add_completion=False)

SECONDS = {"m": 60, "h": 3600, "d": 86_400}
DataOption = Annotated[Path | None, typer.Option(help="Folder in the format of the optional shared data folder.")]
FolderOption = Annotated[Path, typer.Option(help="Checkpoints and log; the same folder goes on.")]


@retrain_app.command(epilog=EXIT_CODES)
def retrain(
    data: DataOption = None,
    folder: FolderOption = Path("runs/retrain"),
    least_new: Annotated[int, typer.Option(min=1, help="So many examples must be new since the last round.")] = 200,
    steps: Annotated[int, typer.Option(min=1, help="Steps of training for each reader.")] = 500,
    share: Annotated[float, typer.Option(min=0.05, max=0.95, help="Of what is learned, so much are examples.")] = 0.5,
    trial_rate: Annotated[
        float, typer.Option(min=0.001, max=1.0, help="Of what the champion reads, the challenger reads this share.")
    ] = 0.2,
    seed: Annotated[int, typer.Option(help="Seed of everything random.")] = 1,
    threads: Annotated[int, typer.Option(min=0, help="Processor threads; 0 for all.")] = 0,
    every: Annotated[str | None, typer.Option(help="Again and again: 30m, 12h, 1d.")] = None,
    store: StoreOption = None,
    ledger: LedgerOption = None,
    debug: DebugOption = False,
) -> None:
    """Learn from what people settled: the champion learns on, and what comes of it stands its trial as a challenger.

    Nothing is done where too little is new. Interrupted and started again, a round goes on; two never run at once.
    """
    with told(debug):
        from serving.ledger import open_ledger
        from serving.store import places

        pause = _seconds(every)
        where = places(store, ledger)
        order = _order(folder, where.store, data, threads, least_new=least_new, steps=steps, share=share, seed=seed,
                       trial_rate=trial_rate)  # fmt: skip
        with open_ledger(where.ledger_url) as opened:
            if pause is None:
                from training.loop.retrain import retrain as retrained

                _show(retrained(order, opened, typer.echo), opened, where.store)
                return
            from training.loop.schedule import again_and_again

            again_and_again(order, opened, pause, typer.echo, lambda done: _show(done, opened, where.store))


@retrain_app.command(epilog=EXIT_CODES)
def rebuild(
    bundle: Annotated[str, typer.Argument(help="A bundle that `penfield retrain` made: its folder, or its id.")],
    data: DataOption = None,
    folder: FolderOption = Path("runs/rebuild"),
    store: StoreOption = None,
    ledger: LedgerOption = None,
    debug: DebugOption = False,
) -> None:
    """Replay a training: make a bundle again from what its manifest says, and compare every byte.

    Exit code 1 where it differs; what differs is said, and what is not as it was then.
    """
    with told(debug):
        from serving.ledger import open_ledger
        from serving.models import Shelf
        from serving.models.named import folder_of
        from serving.store import places
        from training.loop.rebuild import rebuild as rebuilt

        where = places(store, ledger)
        order = _order(folder, where.store, data, 1)
        with open_ledger(where.ledger_url) as opened:
            done = rebuilt(folder_of(Path(bundle), Shelf(where.store)), order, opened, typer.echo)
        if done.is_equal:
            typer.echo(f"{done.bundle_id}: the same bundle, byte for byte")
            return
        typer.echo(f"{done.bundle_id}: differs in {', '.join(done.differs)}; {'; '.join(done.why)}")
        raise typer.Exit(1)


def _order(folder: Path, store: Path, data: Path | None, threads: int, **settings: int | float) -> "RetrainOrder":
    import os

    from training.loop.order import RetrainOrder

    return RetrainOrder(
        folder=folder, store=store, shared=data, threads=threads or os.cpu_count() or 1, **settings  # type: ignore[arg-type]
    )  # fmt: skip


def _seconds(every: str | None) -> int | None:
    from recognizer.errors import UsageError

    if every is None:
        return None
    found = re.fullmatch(r"([1-9][0-9]*)([mhd])", every.strip())
    if found is None:
        raise UsageError(f"--every {every!r} - mend: a number and m, h or d, as in 30m, 12h, 1d")
    return int(found[1]) * SECONDS[found[2]]


def _show(done: "Round", ledger: "Ledger", store: Path) -> None:
    """What a round came to; MLflow's registry is told of a challenger, now or with the next `penfield deliver`."""
    if not done.bundle_id:
        typer.echo(f"no challenger: {done.reason}")
        return
    typer.echo(f"challenger {done.bundle_id}: {done.score}; its trial is {done.trial_id[:8]}")
    from serving.delivery import deliver

    report = deliver(ledger, store)
    if report.reason:
        typer.echo(report.line)
