"""`penfield examples`: what there is to learn from, and a versioned data set of it."""

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from serving.commands.cli import DebugOption, LedgerOption, StoreOption
from serving.commands.told import EXIT_CODES, told

if TYPE_CHECKING:
    from training.examples import Examples

examples_app = typer.Typer(rich_markup_mode="rich", pretty_exceptions_enable=False, add_completion=False)
WHY = {
    "gold": "gold, which is never learned from", "erased": "of erased records", "withdrawn": "of which nothing stands",
    "later": "true only later", "disputed": "where a customer says otherwise than people who looked",
    "no_field": "whose definition is not in the ledger", "unaligned": "whose picture shows another place",
}  # fmt: skip


@examples_app.command(epilog=EXIT_CODES)
def examples(
    out: Annotated[Path | None, typer.Option(help="Folder for the data set: Parquet, pictures, manifest.")] = None,
    store: StoreOption = None,
    ledger: LedgerOption = None,
    debug: DebugOption = False,
) -> None:
    """Show what people's verdicts give to learn from; with --out, write it as a versioned data set.

    Social security numbers are learned from and never shown: their digits are masked, their pictures left out.
    """
    with told(debug):
        from serving.ledger import open_ledger
        from serving.store import places
        from serving.tracking import StoreUnreachable
        from training.examples import gather
        from training.examples.dataset import log_examples, save_examples

        where = places(store, ledger)
        with open_ledger(where.ledger_url) as opened:
            found = gather(opened)
            _show(found)
            if out is None:
                return
            version = save_examples(out, found, opened)
        typer.echo(f"data set {version} in {out}")
        try:
            log_examples(where.store, found, context="examples")
        except StoreUnreachable as error:
            typer.echo(f"MLflow was not told of it: {error}", err=True)


def _show(found: "Examples") -> None:
    from training.examples.dataset import facts

    counts = facts(found)
    typer.echo(f"{counts['examples']:,} examples on {counts['pages']:,} pages")
    for name in ("splits", "kinds", "outcomes", "sources"):
        if counts[name]:
            typer.echo(f"  {name:<9} {', '.join(f'{word} {count:,}' for word, count in counts[name].items())}")
    for reason, count in sorted(found.left_out.items()):
        typer.echo(f"  left out  {count:,} {WHY[reason]}")
