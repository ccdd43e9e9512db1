"""`penfield curate`: what to label next, which labels look wrong, what is there twice."""

from pathlib import Path
from typing import Annotated

import typer

from serving.commands.cli import BundleOption, DebugOption, LedgerOption, StoreOption
from serving.commands.told import EXIT_CODES, told

curate_app = typer.Typer(rich_markup_mode="rich", pretty_exceptions_enable=False, add_completion=False)


@curate_app.command(epilog=EXIT_CODES)
def curate(
    top: Annotated[int, typer.Option(min=1, help="So many fields to label, and so many suspects, at most.")] = 200,
    out: Annotated[Path, typer.Option(help="Folder for page, table, pictures, manifest.")] = Path("out/curated"),
    bundle: BundleOption = None,
    store: StoreOption = None,
    ledger: LedgerOption = None,
    debug: DebugOption = False,
) -> None:
    """Find the fields most worth labelling next, labels that look wrong, and near-duplicates; as a page and a data set.

    No model is run: doubt and disagreement come from the predictions in the ledger. Social security numbers are masked.
    """
    with told(debug):
        from serving.commands.session import champion_folder
        from serving.ledger import open_ledger
        from serving.store import places
        from serving.tracking import StoreUnreachable
        from training.curation.curate import curate as curated
        from training.curation.save import PAGE, log_curated, save

        where = places(store, ledger)
        with open_ledger(where.ledger_url) as opened:
            found = curated(opened, champion_folder(bundle, where), top)
        version = save(out, found)
        for line in (
            f"{len(found.picks):,} of {found.pool:,} fields to label next",
            f"{len(found.suspects):,} of {found.labelled:,} labels look wrong",
            f"{len(found.groups):,} groups of near-duplicates, {len(found.contradicting):,} with different labels",
        ):
            typer.echo(line)
        typer.echo(f"data set {version} in {out}; to look at: {out / PAGE}")
        try:
            log_curated(where.store, found, version)
        except StoreUnreachable as error:
            typer.echo(f"MLflow was not told of it: {error}", err=True)
