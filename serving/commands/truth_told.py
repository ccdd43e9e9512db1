"""What the commands about truth say. Sensitive values are masked, as everywhere outside ledger and records."""

from collections.abc import Sequence
from pathlib import Path
from typing import get_args

from rich.console import Console
from rich.markup import escape
from rich.table import Table

from recognizer.errors import UsageError
from serving.batch.records import check_folder, write_whole
from serving.batch.redeliver import redeliver
from serving.ledger import Ledger
from serving.ledger.erased import erased_words
from serving.ledger.statement import Statement
from serving.truth.accuracy import GROUPS, Group, judged, rescored, tally
from serving.truth.agreement import Fields, agree
from serving.truth.alike import alike_html, said
from serving.truth.cause import Suspect, confusions, reasons_counted, suspects
from serving.truth.correct import Corrected
from serving.truth.corrections import Correction
from serving.truth.corrections import corrections as corrections_of
from serving.truth.gone import gone
from serving.truth.moment import shown
from serving.truth.story import Story, story_of

SHORT_ID = 12
MOST_SUSPECTS = 8
HANDLING = {"accept": "accepted", "audit": "accepted, drawn for an audit", "rescan": "to be scanned again"}
EVENTS = {
    "completed": "complete: all of its fields are settled",
    "delivered": "delivered",
    "reopened": "re-opened: what was delivered is known to be otherwise",
    "corrected": "corrected: delivered as it is known now",
    "erased": "erased",
}


def console() -> Console:
    """Where it is said."""
    return Console(soft_wrap=True, highlight=False)


def show_story(
    ledger: Ledger, name: str, batch_id: str | None, at: tuple[str | None, str | None], alike: Path | None
) -> None:
    """The story of a field as a table with both clocks; what is believed `at` (known, valid); who shares its fate."""
    story, out = story_of(ledger, name, batch_id), console()
    use = story.use
    out.print(f"[bold]{use.field}[/] ({use.kind}) of {escape(use.scan)}, page {use.page_no}, form {use.form or '-'}")
    out.print(f"crop {story.crop_id}, times in UTC\n", style="dim")
    if use.erased_at is not None:
        out.print(
            f"[bold]{erased_words(use.erased_at)}[/]: what was said, and by whom, is known; what was written is not.\n"
        )
    out.print(_chapters(story))
    _tell_records(out, story)
    believed = story.belief(*at)
    when = "" if at == (None, None) else f" (as known {_when(at[0])}, valid {_when(at[1], 'when the form was read')})"
    source = "nobody knew anything yet" if believed is None else f"{believed.source}, {_how_sure(believed)}"
    out.print(f"\n[bold]Believed{when}:[/] {escape(said(believed, use))}  [dim]{source}[/]")
    corrected = _correction(ledger, story) if use.erased_at is None else None
    if corrected is not None:
        _tell_suspects(out, ledger, story, corrected, alike)
    elif alike is not None:
        out.print("Nothing that the model read here is known to be wrong: no page was written.", style="yellow")


def _chapters(story: Story) -> Table:
    table = Table(box=None, padding=(0, 2, 0, 0), header_style="bold")
    for heading in ("known since", "holds from", "who", "says", "how", "believed from then on"):
        table.add_column(heading)
    for statement, then in story.chapters:
        table.add_row(
            shown(statement.known_at),
            shown(statement.valid_at),
            _who(statement),
            escape(said(statement, story.use)),
            escape(_how(statement)),
            escape(said(then, story.use)),
        )
    return table


def _who(statement: Statement) -> str:
    return (
        f"{statement.source} [dim]{escape(statement.by[:SHORT_ID] if statement.source == 'model' else statement.by)}[/]"
    )


def _how(statement: Statement) -> str:
    reason = str(statement.evidence.get("reason") or "")
    if statement.source != "model":
        return "; ".join(part for part in (_how_sure(statement) if statement.confidence else "", reason) if part)
    verb = HANDLING.get(statement.decision or "", "to review")
    return f"{_how_sure(statement)}; {verb}: {reason}"


def _how_sure(statement: Statement) -> str:
    return "no confidence given" if statement.confidence is None else f"{statement.confidence:.1%} sure"


def _when(moment: str | None, otherwise: str = "now") -> str:
    return shown(moment) if moment else otherwise


def _tell_records(out: Console, story: Story) -> None:
    if story.events:
        out.print("\n[bold]Its record[/]")
    for event in story.events:
        out.print(f"{shown(event.at)}  {EVENTS[event.event]}  [dim]batch {event.batch_id[:SHORT_ID]}[/]")


def _correction(ledger: Ledger, story: Story) -> tuple[Statement, Statement] | None:
    """The accepted reading that was wrong, and what is known instead."""
    now = story.belief()
    accepted = [said for said in story.statements if said.source == "model" and said.settles]
    if now is None or now.source == "model" or not accepted:
        return None
    with ledger.truth() as truth:
        field = Fields(truth.form_definition).of(story.use)
    return None if agree(accepted[-1], now, field) else (accepted[-1], now)


def _tell_suspects(
    out: Console, ledger: Ledger, story: Story, corrected: tuple[Statement, Statement], alike: Path | None
) -> None:
    then, now = corrected
    found = suspects(ledger, story.use, then, now)
    hidden = story.use.is_sensitive
    words = "" if hidden else f" ({', '.join(one.words for one in confusions(then, now, story.use.kind))})"
    out.print(f"\n[bold]May be wrong for the same reason{escape(words)}:[/] {len(found):,} accepted, unchecked fields")
    for reason, count in reasons_counted(found).most_common():
        out.print(f"  {count:,} × {reason}", style="dim")
    out.print(_suspects(found[:MOST_SUSPECTS]))
    if alike is not None:
        check_folder(alike.parent)
        write_whole(alike, alike_html(ledger, story.use, then, now, found).encode())
        out.print(f"with their crops: {alike}")


def _suspects(found: Sequence[Suspect]) -> Table:
    table = Table(box=None, padding=(0, 2, 0, 0), show_header=False)
    for suspect in found:
        use = suspect.use
        table.add_row(
            escape(use.address), escape(said(use.reading, use)), _how_sure(use.reading), ", ".join(suspect.reasons)
        )
    return table


def show_corrected(done: Corrected) -> None:
    """What became of a customer's file."""
    out = console()
    if not done.filed:
        out.print(f"nothing new: all {done.known:,} rows are known already")
        return
    out.print(f"verdicts filed: {done.filed:,}; known already: {done.known:,}")
    for count, words in (
        (done.otherwise, "contradict what was believed: penfield corrections"),
        (done.confirming, "confirm it"),
        (done.later, "became true only after the form was read: changes, not misreadings"),
    ):
        if count:
            out.print(f"  {count:,} {words}")


def show_corrections(ledger: Ledger, batch_id: str | None, every: bool, folder: Path | None) -> None:
    """What waits to be delivered again (or `every` correction), and its delivery to a folder."""
    out = console()
    with ledger.truth() as truth:
        found = corrections_of(truth, batch_id, waiting=not every)
        erased = gone(truth, batch_id, waiting=not every)
    if not found and not erased:
        out.print("nothing waits to be delivered again" if not every else "nothing was ever delivered wrong")
        return
    if found:
        out.print(_corrections(found))
    for item in erased:
        told = f"told {shown(item.told_at)}" if item.told_at else "[yellow]waits to be told[/]"
        out.print(f"{escape(item.use.scan)}, page {item.use.page_no}: {erased_words(item.erased_at)} ({told})")
    records = {item.use.record for item in found if item.redelivered_at is None}
    records |= {item.use.record for item in erased if item.told_at is None}
    if folder is None:
        out.print(f"\n{len(records):,} records wait: penfield corrections --out FOLDER delivers them")
        return
    delivered = redeliver(ledger, folder, batch_id)
    out.print(f"\n{len({item.use.record for item in delivered}):,} records delivered to {folder}")


def _corrections(found: Sequence[Correction]) -> Table:
    table = Table(box=None, padding=(0, 2, 0, 0), header_style="bold")
    for heading in ("field", "delivered", "as", "is", "by", "known since", "delivered again"):
        table.add_column(heading)
    for item in found:
        table.add_row(
            escape(item.use.address),
            shown(item.delivered_at),
            escape(said(item.then, item.use)),
            escape(said(item.now, item.use)) if item.now.settles else "open again",
            item.now.source,
            shown(item.now.known_at),
            shown(item.redelivered_at) if item.redelivered_at else "[yellow]waits[/]",
        )
    return table


def show_checked(
    ledger: Ledger, batch_id: str | None, known_at: str | None, by: Sequence[str], since: str | None
) -> None:
    """Accepted fields by what is known of them; and which decisions turned out otherwise `since` a time."""
    unknown = [name for name in by if name not in get_args(Group)]
    if unknown:
        raise UsageError(f"cannot count by {', '.join(unknown)} - mend: by {', '.join(GROUPS)}")
    out = console()
    items = [item for item in judged(ledger, known_at, batch_id=batch_id) if item.accepted]
    table = Table(box=None, padding=(0, 2, 0, 0), header_style="bold")
    for heading in by:
        table.add_column(heading)
    for heading in ("accepted", "right", "wrong", "unknown"):
        table.add_column(heading, justify="right")
    for key, count in tally(items, by).items():  # type: ignore[arg-type]  # each is a Group, as was asked above
        cells = (count.decisions, count.right, count.wrong, count.unknown)
        table.add_row(*[escape(name[:32]) for name in key], *[f"{cell:,}" for cell in cells])
    out.print(f"as known {_when(known_at)}; accepted decisions of production")
    out.print(table)
    if since is not None:
        for turned in rescored(ledger, known_at, batch_id=batch_id, since=since):
            source = f"{turned.verdict.source}, {shown(turned.verdict.known_at)}" if turned.verdict else "taken back"
            out.print(f"{escape(turned.use.address)}: {turned.then} → {turned.now}  [dim]{source}[/]")
