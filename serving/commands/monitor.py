"""`penfield monitor`: look at what came in since the last look, and say how all stands."""

from pathlib import Path
from typing import Annotated

import typer

from serving.commands.cli import DebugOption, LedgerOption, MonitorsOption, PolicyOption, StoreOption
from serving.commands.told import EXIT_CODES, told

monitor_app = typer.Typer(rich_markup_mode="rich", pretty_exceptions_enable=False, add_completion=False)

SOUNDED = 9
"""Exit code where a look sounded an alarm that did not hold before."""


@monitor_app.command(epilog=EXIT_CODES)
def monitor(
    every: Annotated[
        str | None, typer.Option(metavar="10m", help="Look again and again until Ctrl-C: 30s, 10m, 2h.")
    ] = None,
    html: Annotated[Path | None, typer.Option(metavar="PATH", help="HTML file to write: the same with plots.")] = None,
    everything: Annotated[bool, typer.Option("--all", help="Also list slices for which nothing speaks.")] = False,
    monitors: MonitorsOption = None,
    policy: PolicyOption = None,
    store: StoreOption = None,
    ledger: LedgerOption = None,
    debug: DebugOption = False,
) -> None:
    """Look at all that is new in the ledger: alarms where it is not as it was, or later than it may be.

    Again is harmless, and so is doing it in several places at once. `penfield review` does it as it runs.
    """
    with told(debug):
        from recognizer.errors import UsageError
        from serving.batch.records import check_folder
        from serving.commands.monitor_told import Round, seconds_of
        from serving.ledger import open_ledger
        from serving.monitors import Settings, load_settings
        from serving.promise import Policy, load_policy
        from serving.store import places

        if html is not None and html.is_dir():
            raise UsageError(f"{html}: a folder - mend: name a file, say {html / 'monitors.html'}")
        if html is not None:
            check_folder(html.parent)
        watched = load_settings(monitors) if monitors is not None else Settings()
        rest_s = seconds_of(every) if every is not None else None
        where = places(store, ledger)
        with open_ledger(where.ledger_url) as opened:
            made = Round(
                ledger=opened, store=where.store, settings=watched,
                policy=load_policy(policy) if policy is not None else Policy(), html=html, everything=everything,
            )  # fmt: skip
            sounded = made.once() if rest_s is None else made.for_ever(rest_s)
    if sounded:
        raise typer.Exit(SOUNDED)
