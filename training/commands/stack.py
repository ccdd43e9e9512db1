"""The commands of stacks."""

from pathlib import Path
from typing import Annotated

import typer

from serving.commands.cli import DebugOption
from serving.commands.told import EXIT_CODES, told

stack_app = typer.Typer(
    help="Several models that read as one (docs/STACKS.md).", no_args_is_help=True, rich_markup_mode="rich"
)


@stack_app.command(epilog=EXIT_CODES)
def fit(
    bundles: Annotated[list[Path], typer.Argument(metavar="BUNDLE...", help="Folders of the models to combine.")],
    out: Annotated[Path, typer.Option(help="Where the stack goes: a folder like that of any model.")],
    peer: Annotated[
        list[str] | None, typer.Option(help=r"A foreign model: rapidocr (pip install 'penfield\[peer]').")
    ] = None,
    data: Annotated[Path | None, typer.Option(help="Folder in the format of the optional shared data folder.")] = None,
    own: Annotated[
        list[Path] | None, typer.Option(help="Your labelled crops: a CSV (image,text,writer) or a folder.")
    ] = None,
    count: Annotated[int, typer.Option(min=10, help="Fields of every kind to fit to, and to promise on.")] = 2000,
    least: Annotated[int, typer.Option(min=1, help="With fewer components left, all fields go to people.")] = 2,
    seed: Annotated[int, typer.Option(help="Seed of everything random.")] = 2,
    debug: DebugOption = False,
) -> None:
    """Combine models by what each of them says of writers that none of them was trained on."""
    with told(debug):
        from training.stacks.make import StackOrder, make_stack

        order = StackOrder(
            bundles=tuple(bundles), out=out, peers=tuple(peer or ()), shared=data, own=tuple(own or ()), count=count,
            seed=seed, least=least,
        )  # fmt: skip
        make_stack(order, typer.echo)
