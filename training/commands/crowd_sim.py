"""`penfield crowd-sim`: a rehearsal with people who are simulated."""

from pathlib import Path
from typing import Annotated

import typer

from serving.commands.cli import BundleOption, DebugOption, LedgerOption, PolicyOption
from serving.commands.told import EXIT_CODES, told

crowd_sim_app = typer.Typer(rich_markup_mode="rich", pretty_exceptions_enable=False, add_completion=False)
Share = Annotated[float, typer.Option(min=0, max=1, help="Share of people who are so.")]


@crowd_sim_app.command("crowd-sim", epilog=EXIT_CODES)
def crowd_sim(
    out: Annotated[Path, typer.Option(help="Folder for drawn scans, records and a new ledger.")] = Path(
        "out/crowd-sim"
    ),
    pages: Annotated[
        int, typer.Option(min=0, help="Draw so many applications.", show_default="the sample scans that ship")
    ] = 0,
    before: Annotated[int, typer.Option(min=0, help="Applications that the people keyed the day before.")] = 20,
    known: Annotated[int, typer.Option(min=0, help="Applications whose truth is known: the gold.")] = 10,
    people: Annotated[int, typer.Option(min=1, help="Reviewers; an expert comes too.")] = 16,
    random: Share = 0.0,
    lazy: Share = 0.0,
    colluding: Share = 0.0,
    malicious: Share = 0.0,
    vanishing: Annotated[float, typer.Option(min=0, max=1, help="Chance to vanish over a field.")] = 0.02,
    seed: Annotated[int, typer.Option(help="Seed of everything random.")] = 1,
    bundle: BundleOption = None,
    policy: PolicyOption = None,
    ledger: LedgerOption = None,
    debug: DebugOption = False,
) -> None:
    """Rehearse: read scans whose truth is known, have simulated people key what is doubtful, and say what came of it.

    The office, its queue and what settles a field are the real ones. Each run needs an empty ledger of its own.
    """
    with told(debug):
        from rich.console import Console

        from recognizer.errors import UsageError
        from serving.commands.progress import Bar
        from serving.commands.session import bundle_folder
        from serving.ledger import open_ledger
        from serving.promise import Policy, load_policy
        from training.rehearsal import Cast, Scene, Stage, new_ledger, rehearse
        from training.rehearsal_told import show_rehearsal

        shares = {"random": random, "lazy": lazy, "colluding": colluding, "malicious": malicious}
        cast = Cast(people=people, shares=shares, vanishing=vanishing)  # type: ignore[arg-type]  # all are manners
        cast.staff(seed)  # says at once where the shares make no crowd
        wanted = load_policy(policy) if policy is not None else Policy()
        with open_ledger(ledger or new_ledger(out)) as opened, Bar(Console(stderr=True)) as bar:
            if opened.latest_batch() is not None:
                raise UsageError("this ledger has batches already - mend: a rehearsal needs an empty one of its own")
            stage = Stage(ledger=opened, folder=out, bundle=bundle_folder(bundle), policy=wanted, watcher=bar)
            done = rehearse(stage, cast, Scene(pages=pages, known=known, before=before), seed)
        show_rehearsal(Console(soft_wrap=True, highlight=False), done, cast, wanted)
        if not done.is_complete:
            raise typer.Exit(1)
