"""`penfield trial`: hold a challenger against the champion, on the same crops, judged by people."""

from pathlib import Path
from typing import Annotated

import typer

from serving.commands.cli import DebugOption, LaterOption, LedgerOption, PolicyOption, StoreOption
from serving.commands.models import ByOption, KindOption
from serving.commands.told import EXIT_CODES, told

trial_app = typer.Typer(
    help="Trials: a challenger reads beside the champion, people judge, and the better one reads.",
    no_args_is_help=True, rich_markup_mode="rich",
)  # fmt: skip

TrialArgument = Annotated[
    str, typer.Argument(metavar="TRIAL", help="Its id, or the beginning of it.", show_default="the last one")
]


@trial_app.command(epilog=EXIT_CODES)
def start(
    bundle: Annotated[str, typer.Argument(metavar="BUNDLE", help="A bundle's folder, its id, or the beginning of it.")],
    kind: KindOption = "",
    rate: Annotated[float, typer.Option(help="Share of the champion's crops that the challenger reads too.")] = 0.2,
    differ_rate: Annotated[float, typer.Option(help="Where they differ, so many are put to people.")] = 1.0,
    agree_rate: Annotated[float, typer.Option(help="Where they agree, so many.")] = 0.02,
    alpha: Annotated[float, typer.Option(help="Greatest probability of promoting one that is no better.")] = 0.05,
    least_labels: Annotated[int, typer.Option(help="No decision before so many answers.")] = 100,
    most_labels: Annotated[int, typer.Option(help="After so many without a decision the champion stays.")] = 5_000,
    note: Annotated[str, typer.Option(help="What to remember of it.", show_default="")] = "",
    by: ByOption = None,
    store: StoreOption = None,
    ledger: LedgerOption = None,
    deliver_later: LaterOption = False,
    debug: DebugOption = False,
) -> None:
    """Have a model read beside the champion from now on; where people find it better, it is activated by itself.

    It reads while batches are read, while `penfield review` or `penfield settle --watch` runs, and with `trial run`.
    """
    with told(debug):
        from serving.commands.session import shelf_and_ledger
        from serving.commands.trials_listed import start_trial
        from serving.trial.settings import Settings

        settings = Settings(
            rate=rate, differ_rate=differ_rate, agree_rate=agree_rate, alpha=alpha, least_labels=least_labels,
            most_labels=most_labels,
        )  # fmt: skip
        with shelf_and_ledger(store, ledger) as opened:
            start_trial(opened, bundle, kind, settings, by=by, note=note, deliver=not deliver_later)


@trial_app.command("list", epilog=EXIT_CODES)
def list_(store: StoreOption = None, ledger: LedgerOption = None, debug: DebugOption = False) -> None:
    """List the trials: who against whom, how far they are, and how they ended."""
    with told(debug):
        from serving.commands.session import shelf_and_ledger
        from serving.commands.trials_listed import list_trials

        with shelf_and_ledger(store, ledger) as opened:
            list_trials(opened)


@trial_app.command(epilog=EXIT_CODES)
def show(
    trial: TrialArgument = "",
    html: Annotated[
        Path | None, typer.Option(metavar="FILE", help="HTML file to write: the same with plots and pictures of crops.")
    ] = None,
    policy: PolicyOption = None,
    store: StoreOption = None,
    ledger: LedgerOption = None,
    debug: DebugOption = False,
) -> None:
    """Show a trial: how often each is right, by kind and quality of the scan, the guards, and the crops that differ."""
    with told(debug):
        from serving.commands.session import shelf_and_ledger
        from serving.commands.trial_told import show_trial
        from serving.promise import Policy, load_policy

        wanted = load_policy(policy) if policy is not None else Policy()
        with shelf_and_ledger(store, ledger) as opened:
            show_trial(opened, trial, wanted, html)


@trial_app.command(epilog=EXIT_CODES)
def run(
    watch: Annotated[bool, typer.Option("--watch", help="Go on until Ctrl-C.")] = False,
    policy: PolicyOption = None,
    store: StoreOption = None,
    ledger: LedgerOption = None,
    debug: DebugOption = False,
) -> None:
    """Have challengers read what is due, put to people what they differ in, and do what trials have come to."""
    with told(debug):
        from serving.commands.session import shelf_and_ledger
        from serving.commands.trials_listed import run_trials
        from serving.promise import Policy, load_policy

        wanted = load_policy(policy) if policy is not None else Policy()
        with shelf_and_ledger(store, ledger) as opened:
            run_trials(opened, wanted, watch=watch)


@trial_app.command(epilog=EXIT_CODES)
def stop(
    trial: Annotated[str, typer.Argument(metavar="TRIAL", help="Its id, or the beginning of it.")],
    reason: Annotated[str, typer.Option(help="Why; it stays in the ledger.")],
    by: ByOption = None,
    store: StoreOption = None,
    ledger: LedgerOption = None,
    deliver_later: LaterOption = False,
    debug: DebugOption = False,
) -> None:
    """End a trial; the champion stays. What was read and answered stays too."""
    with told(debug):
        from serving.commands.session import shelf_and_ledger
        from serving.commands.trials_listed import stop_trial

        with shelf_and_ledger(store, ledger) as opened:
            stop_trial(opened, trial, by=by, reason=reason, deliver=not deliver_later)
