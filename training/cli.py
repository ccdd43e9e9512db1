"""The command `penfield`, put together from what each floor offers."""

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from serving.commands.alarms import alarms_app
from serving.commands.campaign import campaign_app
from serving.commands.cli import DebugOption, StoreOption, app
from serving.commands.crowd import crowd_app
from serving.commands.diagnose import diagnose_app
from serving.commands.erase import erase_app
from serving.commands.export import export_app
from serving.commands.key import key_app
from serving.commands.models import models_app
from serving.commands.monitor import monitor_app
from serving.commands.numbers import numbers_app
from serving.commands.office import gold_app, office_app
from serving.commands.people import people_app
from serving.commands.query import query_app
from serving.commands.replay import replay_app
from serving.commands.report import report_app
from serving.commands.review import review_app
from serving.commands.told import EXIT_CODES, told
from serving.commands.trial import trial_app
from serving.commands.truth import truth_app
from serving.commands.webhook import hook_app
from training.commands.crowd_sim import crowd_sim_app
from training.commands.curate import curate_app
from training.commands.examples import examples_app
from training.commands.retrain import retrain_app
from training.commands.stack import stack_app
from training.commands.terrain import terrain_app

if TYPE_CHECKING:
    from training.order import TrainOrder

__all__ = ["app", "main"]

SMOKE_MINUTES = 1.0

app.add_typer(truth_app)
app.add_typer(erase_app)
app.add_typer(export_app)
app.add_typer(crowd_app, name="crowd")
app.add_typer(campaign_app, name="campaign")
app.add_typer(hook_app, name="webhook")
app.add_typer(key_app, name="key")
app.add_typer(models_app)
app.add_typer(trial_app, name="trial")
app.add_typer(numbers_app)
app.add_typer(query_app)
app.add_typer(replay_app)
app.add_typer(report_app)
app.add_typer(review_app)
app.add_typer(crowd_sim_app)
app.add_typer(examples_app)
app.add_typer(curate_app)
app.add_typer(retrain_app)
app.add_typer(terrain_app)
app.add_typer(people_app, name="people")
app.add_typer(office_app)
app.add_typer(gold_app, name="gold")
app.add_typer(stack_app, name="stack")
app.add_typer(alarms_app)
app.add_typer(diagnose_app)
app.add_typer(monitor_app)


@app.command(epilog=EXIT_CODES)
def train(
    data: Annotated[Path | None, typer.Option(help="Folder in the format of the optional shared data folder.")] = None,
    own: Annotated[
        list[Path] | None, typer.Option(help="Your labelled crops: a CSV (image,text,writer) or a folder.")
    ] = None,
    mnist: Annotated[bool, typer.Option("--mnist", help="Add MNIST's digits, through torchvision.")] = False,
    emnist: Annotated[bool, typer.Option("--emnist", help="Add EMNIST's digits, through torchvision.")] = False,
    downloads: Annotated[Path, typer.Option(help="Where torchvision's files are or go.")] = Path("downloads"),
    minutes: Annotated[float, typer.Option(min=0.05, help="Training time of the general reader.")] = 60.0,
    number_minutes: Annotated[
        float | None, typer.Option(min=0.05, help="That of the reader of numbers.", show_default="two thirds of it")
    ] = None,
    folder: Annotated[Path, typer.Option(help="Checkpoint and log; the same folder goes on.")] = Path("runs/text"),
    start: Annotated[Path | None, typer.Option(help="Bundle whose weights to begin with.")] = None,
    bundle: Annotated[Path | None, typer.Option(help="Where the bundle goes.", show_default="FOLDER/bundle")] = None,
    seed: Annotated[int, typer.Option(help="Seed of everything random.")] = 1,
    threads: Annotated[int, typer.Option(min=0, help="Processor threads; 0 for all.")] = 0,
    alias: Annotated[str, typer.Option(help="Alias in MLflow's model registry.")] = "candidate",
    smoke: Annotated[bool, typer.Option("--smoke", help="Everything in a small way, in under three minutes.")] = False,
    store: StoreOption = None,
    debug: DebugOption = False,
) -> None:
    """Train a bundle on handwriting and register it in MLflow. Without data it learns from handwriting fonts alone.

    Interrupted and started again with the same folder, it goes on.
    """
    with told(debug):
        from serving.store import places
        from training.fit import FitSettings
        from training.order import TrainOrder
        from training.train import train as train_bundle

        settings = FitSettings(minutes=minutes, seed=seed)
        order = TrainOrder(
            folder=folder,
            bundle=bundle or folder / "bundle",
            store=places(store).store,
            shared=data,
            own=tuple(own or ()),
            torchvision=tuple(name for name, asked in (("mnist", mnist), ("emnist", emnist)) if asked),
            downloads=downloads,
            start=start,
            settings=settings,
            number_minutes=number_minutes if number_minutes is not None else minutes * 2 / 3,
            threads=threads,
            alias=alias,
        )
        train_bundle(small(order) if smoke else order, typer.echo)


def small(order: "TrainOrder") -> "TrainOrder":
    """The order in a small way: every step, little of each."""
    from dataclasses import replace

    minutes = min(order.settings.minutes, SMOKE_MINUTES)
    settings = replace(order.settings, minutes=minutes, workers=0, warmup_steps=30, report_steps=5)
    return replace(
        order, settings=settings, number_minutes=minutes / 3, mark_steps=60, outcomes=400, held_out=24, calibrate=12,
        measure=12,
    )  # fmt: skip


def main() -> None:
    """What the console script calls."""
    app(prog_name="penfield")
