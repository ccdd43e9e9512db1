"""What `penfield report` is asked, what it says, and where its reports go."""

import sys
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from email.utils import parseaddr
from pathlib import Path

import typer

from recognizer.errors import UsageError
from serving.daily import NAMES, Report, Reports, Server, log_report, question, server
from serving.daily.headline import in_a_sentence
from serving.promise import Policy
from serving.tracking import StoreUnreachable


@dataclass(frozen=True, kw_only=True)
class Postage:
    """To whom a report goes, from whom, and by which server."""

    to: Sequence[str]
    sender: str
    server: Server


def asked_day(text: str | None, *, default_back: int = 1) -> date:
    """The day that was asked for; without one so many days back. Raises UsageError."""
    today = datetime.now(UTC).date()
    if text is None:
        return today - timedelta(days=default_back)
    try:
        day = date.fromisoformat(text)
    except ValueError as error:
        raise UsageError(f"{text!r} is no day - mend: --date 2026-11-25") from error
    if day > today:
        raise UsageError(f"{day} is not over, not even begun - mend: a day up to today, {today}")
    return day


def postage(to: Sequence[str], sender: str | None, smtp: str | None, authority: Path | None) -> Postage | None:
    """Where a report is sent; None where nobody is named. Raises UsageError."""
    if not to:
        return None
    for address in (*to, sender or ""):
        if "@" not in parseaddr(address)[1]:
            raise UsageError(f"{address!r} is no address - mend: --to ANN@EXAMPLE.COM --from PENFIELD@EXAMPLE.COM")
    if smtp is None:
        raise UsageError("no mail server is named - mend: --smtp smtp://USER@HOST:587, or PENFIELD_SMTP")
    return Postage(to=to, sender=sender or "", server=server(smtp, authority))


def show_questions(day: date, policy: Policy) -> None:
    """Every question behind the report of a day, as SQL."""
    typer.echo("\n\n".join(f"-- {name}\n{question(name, day, policy)};" for name in NAMES))
    typer.echo("-- Ask one of them again: penfield query - < question.sql", err=True)


def handed_out(made: Report, kept: Reports, store: Path, out: Path | None, stamp: Postage | None) -> None:
    """Keep a report, tell MLflow, write it where it is wanted, and send it; says what became of it.

    Raises NotSent; what comes before is done then.
    """
    typer.echo(f"{made.day.day}: {in_a_sentence(made.day)}")
    typer.echo(f"  kept in {kept.keep(made)}")
    if out is not None:
        out.write_text(made.page(kept=False), encoding="utf-8")
        typer.echo(f"  written to {out}")
    try:
        log_report(store, made)
    except StoreUnreachable as error:
        typer.echo(f"  MLflow was not told of it: {error}", err=True)
    if stamp is None:
        return
    refused = kept.send(made, stamp.to, stamp.sender, stamp.server)
    typer.echo(f"  sent to {len(stamp.to) - len(refused)} of {len(stamp.to)}")
    for who, why in refused.items():
        print(f"  {who} was refused: {why}", file=sys.stderr)
