"""A trial in words, and its page."""

from pathlib import Path

from rich.console import Console
from rich.markup import escape
from rich.table import Table

from recognizer.errors import UsageError
from serving.batch.records import check_folder, write_whole
from serving.commands.session import Archive
from serving.commands.trials_listed import state_of, trials_of
from serving.models.words import scope_words, short
from serving.promise import Policy
from serving.trial.comparison import Comparison, Share
from serving.trial.page import html as page_of
from serving.trial.telling import Differing, Right, Told, telling

SHOWN = 5
"""So many crops of each sort are listed."""
MOST_EVIDENCE = 1e6
DIFFER: dict[Right, str] = {
    "champion": "only the champion is right", "challenger": "only the challenger is right",
    "neither": "neither is right", "open": "not answered yet",
}  # fmt: skip


def show_trial(archive: Archive, name: str, policy: Policy, page: Path | None) -> None:
    """Print a trial, the last one for "", and write its page. Raises UsageError."""
    trial = trials_of(archive).named(name)
    if page is not None and page.is_dir():
        raise UsageError(f"{page}: a folder - mend: name a file, say {page / f'trial-{short(trial.trial_id)}.html'}")
    if page is not None:
        check_folder(page.parent)
    told, console = telling(archive.ledger, trial, policy), Console(soft_wrap=True, highlight=False)
    for line in told_of(told):
        console.print(line, markup=False)
    for heading, rows in (("kind", told.kinds), ("quality of scan", told.qualities)):
        console.print(_slices(heading, rows) if rows else f"by {heading}: nothing yet")
    console.print(_guards(told))
    for right, words in DIFFER.items():
        if some := told.of(right):
            console.print(_crops(words, some))
    if page is not None:
        write_whole(page, page_of(archive.ledger, told).encode())
        console.print(f"page: {page}", markup=False)


def told_of(told: Told) -> list[str]:
    """The verdict, line by line."""
    trial, whole = told.trial, told.whole
    waiting = f", {told.waiting:,} wait for people" if told.waiting else ""
    pairs = f"{whole.pairs:,} crops read by both, {whole.differ:,} differ; {whole.answered:,} answers{waiting}"
    return [
        f"trial {short(trial.trial_id)}, {scope_words(trial.scope)}: {state_of(trial)}",
        f"champion {told.champion} {share_words(whole.champion)}, challenger {told.challenger} "
        f"{share_words(whole.challenger)}, gain {share_words(whole.gain, '+')}",
        f"{pairs}; {whole.gained:,} gained, {whole.lost:,} lost",
        f"evidence for the challenger {evidence_words(whole.evidence)} of {told.wanted:,.0f} needed, "
        f"for the champion {evidence_words(whole.against)}",
    ]  # fmt: skip


def share_words(share: Share, sign: str = "") -> str:
    """A share or difference with its interval: `94.0% (92.0-95.6)`, `+2.8 points (+0.7 to +4.9)`."""
    if sign:
        value = "not known yet" if share.value is None else f"{100 * share.value:+.1f} points"
        return f"{value} ({100 * share.low:+.1f} to {100 * share.high:+.1f})"
    value = "not known yet" if share.value is None else f"{100 * share.value:.1f}%"
    return f"{value} ({100 * share.low:.1f}-{100 * share.high:.1f})"


def evidence_words(capital: float) -> str:
    """A capital as it is shown."""
    return f"{capital:,.1f}" if capital < MOST_EVIDENCE else f"more than {MOST_EVIDENCE:,.0f}"


def _slices(heading: str, rows: tuple[Comparison, ...]) -> Table:
    table = _table(heading, "pairs", "answers", "gained", "lost", "champion", "challenger", "gain")
    for row in rows:
        counts = (f"{count:,}" for count in (row.pairs, row.answered, row.gained, row.lost))
        shares = share_words(row.champion), share_words(row.challenger), share_words(row.gain, "+")
        table.add_row(row.name, *counts, *shares)
    return table


def _guards(told: Told) -> Table:
    table = _table("guard", "passes", "why")
    for guard in told.guards:
        table.add_row(guard.name, "yes" if guard.passed else "[red]no[/]", escape(guard.words))
    return table


def _crops(words: str, crops: tuple[Differing, ...]) -> Table:
    table = _table(f"{words}: {len(crops):,}", "kind", "scan", "champion", "challenger", "people")
    for crop in crops[:SHOWN]:
        cells = crop.address, crop.kind, crop.quality, crop.champion, crop.challenger, crop.keyed or "–"
        table.add_row(*(escape(cell) for cell in cells))
    if len(crops) > SHOWN:
        table.add_row(f"and {len(crops) - SHOWN:,} more")
    return table


def _table(*headings: str) -> Table:
    table = Table(box=None, padding=(0, 2, 0, 0), header_style="bold", show_edge=False, title=" ")
    for heading in headings:
        table.add_column(heading, overflow="fold")
    return table
