"""What `penfield erase` does and says. It names pages and counts rows; no value is ever printed."""

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from getpass import getuser
from pathlib import Path

import typer
from rich.console import Console
from rich.markup import escape

from recognizer.errors import UsageError
from serving.ledger import Ledger
from serving.ledger.erasure import PagePlace
from serving.privacy.erase import REASONS, Erased, erase, page_named, personal, sweep

MOST_SHOWN = 20
ROWS = {
    "crops": "pictures",
    "predictions": "readings",
    "votes": "entries of people",
    "verdicts": "verdicts",
    "gold": "known answers",
}


@dataclass(frozen=True, kw_only=True)
class Wish:
    """What is asked for. `store` is where MLflow's data lies, None where it is told later; `sure`: nobody is asked."""

    names: Sequence[str]
    older_than: int | None
    batch_id: str | None
    reason: str | None
    by: str | None
    refuse_again: bool
    dry_run: bool
    sure: bool
    store: Path | None


def erase_all(ledger: Ledger, wish: Wish) -> None:
    """Erase what is named, or what is old; then sweep the files and tell MLflow. Raises UsageError."""
    out = Console(soft_wrap=True, highlight=False)
    reason = _reason(wish)
    pages = _pages(ledger, wish)
    _announce(out, ledger, pages)
    if wish.dry_run:
        return
    if pages and not wish.sure and not typer.confirm("Erase this for ever?"):
        raise UsageError("nothing was erased")
    by = wish.by or getuser()
    done = [erase(ledger, page, reason=reason, by=by, refuse_again=wish.refuse_again) for page in pages]
    for item in done[:MOST_SHOWN]:
        out.print(_line(item))
    swept = sweep(ledger)
    if any(not item.again for item in done) and not swept:
        out.print(
            "somebody reads the ledger: copies wait in its log; `penfield erase` without a name sweeps them later"
        )
    if wish.store is not None and ledger.pending(1):
        from serving.delivery import deliver

        out.print(deliver(ledger, wish.store).line)


def _reason(wish: Wish) -> str:
    reason = wish.reason or ("retention" if wish.older_than is not None else "")
    if wish.names and not reason and not wish.dry_run:
        raise UsageError(f"no --reason was given - mend: one of {', '.join(REASONS)}")
    if reason and reason not in REASONS:
        raise UsageError(f"reason {reason!r} - mend: one of {', '.join(REASONS)}")
    return reason


def _pages(ledger: Ledger, wish: Wish) -> list[PagePlace]:
    if wish.names and wish.older_than is not None:
        raise UsageError("records and --older-than - mend: one of the two")
    if wish.older_than is not None:
        before = datetime.now(UTC) - timedelta(days=wish.older_than)
        return ledger.pages_before(before.isoformat(timespec="microseconds"))
    return [page_named(ledger, name, wish.batch_id) for name in wish.names]


def _announce(out: Console, ledger: Ledger, pages: Sequence[PagePlace]) -> None:
    counts: Counter[str] = Counter()
    records = 0
    for page in pages:
        found = personal(ledger, page)
        counts.update(found.counts)
        records += len(found.records)
    told = [f"{counts[table]:,} {words}" for table, words in ROWS.items() if counts[table]]
    out.print(f"{len(pages):,} pages, {records:,} records in batches: {', '.join(told) or 'nothing that is left'}")
    for page in pages[:MOST_SHOWN]:
        out.print(f"  {escape(page.scan)}, page {page.page_no}  [dim]{page.page_id}[/]")
    if len(pages) > MOST_SHOWN:
        out.print(f"  and {len(pages) - MOST_SHOWN:,} more")


def _line(item: Erased) -> str:
    was = "had been" if item.again else "is"
    return f"{escape(item.page.scan)}, page {item.page.page_no}: {was} {item.stone.words} ({item.stone.reason})"
