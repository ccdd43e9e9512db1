"""What the commands about models do and say."""

from dataclasses import dataclass
from datetime import datetime
from getpass import getuser
from pathlib import Path

from rich.console import Console
from rich.markup import escape
from rich.table import Table

from recognizer.errors import BundleError
from serving.batch.records import check_folder, write_whole
from serving.commands.session import Archive
from serving.ledger import Activation
from serving.ledger.clock import utc_now
from serving.models.line import standing
from serving.models.named import bundle_id_of
from serving.models.reign import reigns
from serving.models.story import rows_of, succession_html, trial_words
from serving.models.words import scope_words, short

BAR_WIDTH = 60
LETTERS = "ABCDEFGHIJKLMNOPQRSTUVWXYZ"
NONE = "·"
"""In the bar of a kind: nothing of its own, it is read as all fields are."""
PROSE = ("reason", "note", "evidence")
"""Columns that take the room that is left."""
UNHEARD_OF = -1
"""No activation has this number: whoever expects it is told who reads instead."""


@dataclass(frozen=True, kw_only=True)
class Change:
    """What goes with every change: who, for which kind of field, why, and whether MLflow is told at once."""

    by: str | None
    deliver: bool
    kind: str = ""
    reason: str = ""

    @property
    def who(self) -> str:
        """Who does it: named, or the user of this process."""
        return self.by or getuser()


def publish_model(archive: Archive, folder: Path, note: str, change: Change) -> None:
    """Publish a bundle, and say how to go on."""
    bundle_id = archive.models.publish(folder, by=change.who, note=note)
    console = _console()
    console.print(f"{bundle_id} is on the shelf; it reads nothing yet")
    console.print(f"next: penfield activate {short(bundle_id)} --reason ...")
    _deliver(archive, change)


def activate_model(archive: Archive, name: str, expects: str | None, change: Change) -> None:
    """Make a model the champion, in place of the one that is it now. Raises BundleError, UsageError, and Outrun."""
    models = archive.models
    reads = models.champion(change.kind)
    seen = reads.seq if reads is not None else 0
    bundle_id = bundle_id_of(name, models.shelf)
    if expects is not None and (reads is None or reads.bundle_id != bundle_id_of(expects, models.shelf)):
        seen = UNHEARD_OF
    made = models.activate(bundle_id, kind=change.kind, by=change.who, reason=change.reason, evidence={}, expects=seen)
    _say_switch(made)
    _deliver(archive, change)


def roll_back(archive: Archive, change: Change) -> None:
    """Undo the activation that stands. Raises BundleError, UsageError, and Outrun."""
    _say_switch(archive.models.rollback(change.kind, by=change.who, reason=change.reason))
    _deliver(archive, change)


def show_models(archive: Archive, kind: str | None, out: Path | None) -> None:
    """Print who reads now, the line of succession and all models; write its picture and page into `out`."""
    console, history = _console(), archive.models.history(kind)
    console.print(_champions(archive))
    console.print()
    for line in succession_lines(history, utc_now()):
        console.print(f"  {line}", highlight=False)
    console.print()
    console.print(_succession(history))
    console.print()
    damaged = _damaged(archive)
    console.print(_published(archive, damaged))
    for why in damaged.values():
        console.print(f"[red]{escape(why)}[/]")
    if out is not None:
        picture, page = _write(archive, history, out)
        console.print(f"picture: {picture}\npage:    {page}", highlight=False)


def succession_lines(history: tuple[Activation, ...], now: str) -> list[str]:
    """The line of succession as text: a bar for each scope, in it a letter for each model, to scale from the first
    activation until now; then which letter is which model.
    """
    if not history:
        return []
    named = dict.fromkeys(each.bundle_id for each in history if each.bundle_id)
    letters = {bundle_id: LETTERS[number % len(LETTERS)] for number, bundle_id in enumerate(named)}
    begin, end = datetime.fromisoformat(history[0].at), datetime.fromisoformat(now)
    lanes = reigns(history)
    width = max(len(scope or "all fields") for scope in lanes)
    bars = []
    for scope, line in lanes.items():
        bar = [" "] * BAR_WIDTH
        for reign in line:
            start = (datetime.fromisoformat(reign.by.at) - begin) / max(end - begin, (end - begin).resolution)
            place = min(int(start * BAR_WIDTH), BAR_WIDTH - 1)
            bar[place:] = [letters.get(reign.by.bundle_id, NONE)] * (BAR_WIDTH - place)
        bars.append(f"{scope or 'all fields':<{width}}  {''.join(bar)}")
    key = ", ".join(f"{letter} {short(bundle_id)}" for bundle_id, letter in letters.items())
    return [*bars, f"{'':<{width}}  {key}, from {history[0].at[:16].replace('T', ' ')} until now (UTC)"]


def _champions(archive: Archive) -> Table:
    table = _table("reads", "model", "since (UTC)", "how", "by", "reason")
    scopes = dict.fromkeys(["", *sorted(each.scope for each in archive.models.history())])
    for scope in scopes:
        reads = archive.models.champion(scope)
        if reads is not None and reads.scope == scope:
            row = scope_words(scope), short(reads.bundle_id), reads.at[:19].replace("T", " "), reads.how, reads.by
            table.add_row(*(escape(cell) for cell in (*row, reads.reason)))
    return table


def _succession(history: tuple[Activation, ...]) -> Table:
    table = _table("since (UTC)", "reads", "model", "replaced", "how", "by", "reason", "evidence")
    stands = {each.seq for scope in {each.scope for each in history}
              for each in standing(each for each in history if each.scope == scope)}  # fmt: skip
    for each, row in zip(history, rows_of(history), strict=True):
        undone = "" if each.seq in stands or each.how == "rollback" else "  (undone)"
        cells = [row[name] for name in ("at", "scope", "bundle", "replaced", "how", "by", "reason")]
        table.add_row(*(escape(cell) for cell in [*cells[:-1], cells[-1] + undone, trial_words(each.evidence)]))
    return table


def _published(archive: Archive, damaged: dict[str, str]) -> Table:
    table = _table("model", "published (UTC)", "by", "note", "on the shelf")
    for each in archive.models.published():
        state = "[red]damaged[/]" if each.bundle_id in damaged else "whole"
        at = each.at[:19].replace("T", " ")
        table.add_row(short(each.bundle_id), at, escape(each.by), escape(each.note), state)
    return table


def _damaged(archive: Archive) -> dict[str, str]:
    """Of every published model that cannot be activated: why, and what mends it."""
    found = {}
    for each in archive.models.published():
        try:
            archive.models.shelf.folder(each.bundle_id)
        except BundleError as error:
            found[each.bundle_id] = str(error)
    return found


def _write(archive: Archive, history: tuple[Activation, ...], out: Path) -> tuple[Path, Path]:
    from io import BytesIO

    from serving.models.picture import succession_picture

    check_folder(out)
    buffer = BytesIO()
    succession_picture(history, utc_now()).savefig(buffer, format="png", dpi=150)
    picture, page = out / "succession.png", out / "succession.html"
    write_whole(picture, buffer.getvalue())
    write_whole(page, succession_html(history, archive.models.published(), utc_now()).encode())
    return picture, page


def _say_switch(made: Activation) -> None:
    who = short(made.bundle_id) if made.bundle_id else "the champion of all fields"
    before = f", in place of {short(made.replaced)}" if made.replaced else ""
    _console().print(f"{who} reads {scope_words(made.scope)} from now on{before}; running batches at their next page")


def _deliver(archive: Archive, change: Change) -> None:
    """Tell MLflow; where that does not go, it waits, and the change stands all the same."""
    if not change.deliver:
        return
    from serving.delivery import deliver

    report = deliver(archive.ledger, archive.places.store)
    if report.reason:
        _console().print(report.line, highlight=False)


def _table(*headings: str) -> Table:
    table = Table(box=None, padding=(0, 2, 0, 0), header_style="bold", show_edge=False)
    for heading in headings:
        table.add_column(heading, overflow="fold", no_wrap=heading not in PROSE)
    return table


def _console() -> Console:
    return Console(soft_wrap=True, highlight=False)
