"""What the commands about trials do and say."""

import threading
from getpass import getuser
from pathlib import Path

import typer
from rich.console import Console
from rich.markup import escape
from rich.table import Table

from serving.commands.session import Archive
from serving.ledger.trial import Trial
from serving.models.named import bundle_id_of
from serving.models.words import scope_words, short
from serving.promise import Policy
from serving.trial.beside import run
from serving.trial.comparison import compare
from serving.trial.judged import judged
from serving.trial.runner import Runner
from serving.trial.settings import Settings, settings_from
from serving.trial.trials import Trials


def start_trial(
    archive: Archive, name: str, kind: str, settings: Settings, *, by: str | None, note: str, deliver: bool
) -> None:
    """Start a trial; a bundle that is named by its folder is published first. Raises BundleError, UsageError."""
    who, folder = by or getuser(), Path(name)
    if folder.is_dir():
        bundle_id = archive.models.publish(folder, by=who, note=note)
    else:
        bundle_id = bundle_id_of(name, archive.models.shelf)
    trial = trials_of(archive).start(bundle_id, settings, kind=kind, by=who, note=note)
    held = settings_from(trial.settings)
    typer.echo(f"trial {short(trial.trial_id)}: {short(trial.challenger)} reads {held.rate:.0%} of "
               f"{scope_words(kind)} beside {short(trial.champion)}")  # fmt: skip
    _deliver(archive, deliver)


def stop_trial(archive: Archive, name: str, *, by: str | None, reason: str, deliver: bool) -> None:
    """Stop a trial. Raises UsageError."""
    trials = trials_of(archive)
    trial = trials.named(name)
    trials.stop(trial, by=by or getuser(), reason=reason)
    typer.echo(f"trial {short(trial.trial_id)} is over, {short(trial.champion)} stays")
    _deliver(archive, deliver)


def run_trials(archive: Archive, policy: Policy, *, watch: bool) -> None:
    """Do what is due, once or until Ctrl-C."""
    runner = Runner(ledger=archive.ledger, shelf=archive.models.shelf, policy=policy)
    typer.echo(runner.look().line)
    if watch:
        run(runner, threading.Event())


def list_trials(archive: Archive) -> None:
    """Print all trials, the latest last."""
    console, found = Console(soft_wrap=True, highlight=False), trials_of(archive).all()
    if not found:
        console.print("there was no trial yet: penfield trial start BUNDLE")
        return
    table = Table(box=None, padding=(0, 2, 0, 0), header_style="bold", show_edge=False)
    for heading in ("trial", "started (UTC)", "reads", "champion", "challenger", "answers", "gained", "lost", "state"):
        table.add_column(heading, overflow="fold", no_wrap=heading != "state")
    for trial in found:
        at = trial.at[:16].replace("T", " ")
        who = short(trial.trial_id), at, scope_words(trial.scope), short(trial.champion), short(trial.challenger)
        table.add_row(*(escape(cell) for cell in (*who, *_counts(archive, trial), state_of(trial))))
    console.print(table)


def trials_of(archive: Archive) -> Trials:
    """The trials of what is open."""
    return Trials(ledger=archive.ledger, models=archive.models)


def state_of(trial: Trial) -> str:
    """How a trial stands, in words."""
    if trial.runs:
        return f"watches activation {trial.watches}" if trial.watches else "runs"
    return f"{(trial.outcome or '').replace('_', ' ')}: {trial.reason}"


def _counts(archive: Archive, trial: Trial) -> tuple[str, str, str]:
    """Answers, gained and lost pairs: as they are, or as they were when it ended."""
    if not trial.runs:
        names = ("answered", "gained", "lost")
        answers, gained, lost = (str(trial.finding.get(name, "")) for name in names)
        return answers, gained, lost
    pairs = [each.pair for each in judged(archive.ledger, trial.trial_id)]
    now = compare(pairs, settings_from(trial.settings))
    return f"{now.answered:,}", f"{now.gained:,}", f"{now.lost:,}"


def _deliver(archive: Archive, wanted: bool) -> None:
    """Tell MLflow; where that does not go, it waits, and what was done stands all the same."""
    if not wanted:
        return
    from serving.delivery import deliver

    report = deliver(archive.ledger, archive.places.store)
    if report.reason:
        typer.echo(report.line)
