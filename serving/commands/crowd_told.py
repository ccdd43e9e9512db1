"""What `penfield crowd` does, and what it says."""

from collections.abc import Iterator
from contextlib import contextmanager
from functools import partial
from pathlib import Path

import typer

from recognizer.errors import UsageError
from serving.batch.records import check_folder
from serving.crowds import csv_folder, label_studio
from serving.crowds.hand_in import hand_in
from serving.crowds.hand_out import Wanted, hand_out
from serving.crowds.outgoing import outgoing
from serving.crowds.take_back import exports, take_back
from serving.crowds.work import Answer, Complaint
from serving.ledger import Ledger, open_ledger
from serving.ledger.desk.crowds import Export
from serving.office import Office, Rules
from serving.promise import load_policy
from serving.store import places

CROWDS = (label_studio.CROWD, csv_folder.CROWD)
MOST_COMPLAINTS = 20


@contextmanager
def office_at(store: Path | None, ledger_url: str | None, policy: Path | None) -> Iterator[Office]:
    """The office on a ledger. What a crowd says cannot be taken back by a key: it counts at once."""
    wanted = load_policy(policy) if policy is not None else None
    with open_ledger(places(store, ledger_url).ledger_url) as opened:
        yield Office(opened, wanted, rules=Rules(undo_s=0))


def send(office: Office, crowd: str, wanted: Wanted, out: Path, images_at: str | None) -> None:
    """Lease fields and write them; where writing fails, they are open to everybody again. Raises PenfieldError."""
    _check(crowd, out, images_at)
    office.tick()  # files what was read since
    handed = hand_out(office.ledger, crowd, wanted, office.rules)
    if handed is None:
        typer.echo("nothing to hand out: no field of these kinds waits for an answer of a reviewer")
        return
    try:
        items = list(outgoing(office, handed.leases))
        if crowd == csv_folder.CROWD:
            csv_folder.write_folder(items, out)
            where = f"{out / 'tasks.csv'} ({out / 'HOW.txt'} says how to answer)"
        else:
            projects = label_studio.write_projects(items, out, handed.export_id, images_at)
            where = f"{out}, a project for each way to answer: " + ", ".join(
                f"{name} {count:,}" for name, count in projects.items()
            )
    except BaseException:
        take_back(office.ledger, _export(office.ledger, handed.export_id))
        raise
    typer.echo(f"{handed.export_id}: {len(items):,} fields to {where}")
    typer.echo(f"nobody else gets them until {handed.until[:16]} UTC, or: penfield crowd call-off {handed.export_id}")


def _check(crowd: str, out: Path, images_at: str | None) -> None:
    if crowd not in CROWDS:
        raise UsageError(f"no such format: {crowd!r} - mend: {' or '.join(CROWDS)}")
    if crowd == csv_folder.CROWD and images_at is not None:
        raise UsageError("--images-at is for Label Studio - mend: leave it out")
    if crowd == csv_folder.CROWD and (out / "tasks.csv").exists():
        raise UsageError(f"{out}: tasks.csv of another export lies there - mend: another folder")
    check_folder(out)


def _export(ledger: Ledger, export_id: str) -> Export:
    return next(export for export in exports(ledger) if export.export_id == export_id)


def receive(office: Office, path: Path) -> None:
    """Take the answers in a file, settle what they settle, and say what was not taken. Raises PenfieldError."""
    crowd, answers, skipped, complaints = _loaded(path)
    done = hand_in(office.ledger, partial(office.submit, confirmed=True), crowd, answers, office.rules)
    typer.echo(done.line + (f", {skipped:,} skipped by their annotators" if skipped else ""))
    refused = [*complaints, *done.refused]
    for complaint in refused[:MOST_COMPLAINTS]:
        typer.echo(f"{path}: {complaint.place}: {complaint.why}", err=True)
    if len(refused) > MOST_COMPLAINTS:
        typer.echo(f"{path}: and {len(refused) - MOST_COMPLAINTS:,} more", err=True)
    typer.echo(office.tick().line)


def _loaded(path: Path) -> tuple[str, tuple[Answer, ...], int, tuple[Complaint, ...]]:
    if path.suffix.lower() == ".csv":
        return csv_folder.CROWD, csv_folder.load_answers(path), 0, ()
    if path.suffix.lower() == ".json":
        found = label_studio.load_annotations(path)
        return label_studio.CROWD, found.answers, found.skipped, found.complaints
    raise UsageError(f"{path}: neither .csv nor .json - mend: answers.csv, or Label Studio's export as JSON")


def show_exports(ledger: Ledger) -> None:
    """One line for each export."""
    found = exports(ledger)
    for export in found:
        typer.echo(
            f"{export.export_id}  {export.at[:16]}  {export.tasks:,} fields, {export.waiting:,} still out"
            + (f", until {export.until[:16]}" if export.waiting else "")
        )
    if not found:
        typer.echo("nothing was handed out: penfield crowd export --help")
