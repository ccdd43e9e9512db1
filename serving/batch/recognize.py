"""Scans in, records out: what `penfield recognize` does."""

import os
from collections.abc import Sequence
from dataclasses import asdict, dataclass, field
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path
from typing import Any

from recognizer.errors import ScanRejected, UsageError
from recognizer.form import Form
from recognizer.form.digest import form_digest
from recognizer.prepare import PreparedPage
from recognizer.scan import Limits
from serving.batch.begun import ORDER, as_begun, order_digest
from serving.batch.records import check_folder, write_records
from serving.batch.run import Watcher, run_batch
from serving.door import Door
from serving.intake.forms import FormIntake, form_workshop, setup_facts
from serving.intake.scans import NamedScan, unreadable_digest
from serving.intake.workshop import Workshop, digest_file
from serving.ledger import BatchFacts, BatchStart, Ledger, ScanEntry, digest

MOST_WORKERS = 4
"""Unless more are asked for. Each takes up to a quarter of a gigabyte, and one reader keeps no more of them busy."""


def default_workers() -> int:
    """One process for each core that this one may use, but no more than keep the batch within 1.5 GB."""
    cores = len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1
    return min(cores, MOST_WORKERS)


@dataclass(frozen=True, kw_only=True)
class Order:
    """What is to be recognized: scans (see `find_scans`), the forms that they may be of, and the folder for records.

    So many `workers` prepare scans at the same time, each a process; what is read does not depend on it.
    """

    forms: tuple[Form, ...]
    scans: tuple[NamedScan, ...]
    out: Path
    limits: Limits = field(default_factory=Limits)
    workers: int = field(default_factory=default_workers)


def recognize(order: Order, door: Door, ledger: Ledger, watcher: Watcher) -> BatchFacts:
    """Read what is new, write the records of the batch to `order.out`, and return what the batch came to.

    The same order again goes on where it was interrupted; after its end it reads nothing and writes the same records.
    Raises UsageError for forms that cannot be told apart, InputError for a folder that cannot be written to, and
    LedgerError.
    """
    check_folder(order.out)
    start = as_begun(batch_start(order, door), door, ledger)
    with form_workshop(order.forms, order.limits) as workshop:
        intake = form_intake(order, start, workshop, ledger)
        facts = run_batch(start, intake, door, ledger, watcher, workers=order.workers)
    write_records(ledger, facts, order.forms, order.out)
    return facts


def form_intake(order: Order, start: BatchStart, workshop: Workshop[PreparedPage], ledger: Ledger) -> FormIntake:
    """What takes in the scans of the batch that `start` begins."""
    return FormIntake(
        workshop=workshop,
        ledger=ledger,
        forms=_by_digest(order.forms),
        paths={entry.scan_no: scan.path for entry, scan in zip(start.scans, order.scans, strict=True)},
        batch_id=start.batch_id,
        setup=setup_facts(list(start.forms), order.limits),
    )


def scan_entries(scans: Sequence[NamedScan], limits: Limits) -> tuple[ScanEntry, ...]:
    """The scans, numbered from 1, with the digests of their files."""
    return tuple(
        ScanEntry(scan_no=number, path=scan.name, scan_digest=_digest(scan, limits), place=str(scan.path.resolve()))
        for number, scan in enumerate(scans, start=1)
    )


def _digest(scan: NamedScan, limits: Limits) -> str:
    try:
        return digest_file(scan.path, limits.max_bytes)
    except ScanRejected:  # the batch meets it again, and files why
        return unreadable_digest(scan.name)


def _by_digest(forms: Sequence[Form]) -> dict[str, Form]:
    names = [form.name for form in forms]
    twice = sorted({name for name in names if names.count(name) > 1})
    if twice:
        raise UsageError(f"two forms are named {', '.join(twice)}: give each form a name of its own")
    return {form_digest(form): form for form in forms}


def batch_start(order: Order, door: Door) -> BatchStart:
    """The batch of an order: which scans, forms, model and limits it depends on. Raises UsageError."""
    forms, entries = _by_digest(order.forms), scan_entries(order.scans, order.limits)
    limits, lineup = asdict(order.limits), door.lineup
    facts, bundle_id, named = lineup.facts, lineup.general.reader.bundle_id, [(e.path, e.scan_digest) for e in entries]
    what = [sorted(forms), bundle_id, facts, door.purpose, lineup.policy_digest, limits]
    params: dict[str, Any] = {
        "code_version": code_version(),
        "bundle_id": bundle_id,
        "purpose": door.purpose,
        "policy": lineup.policy_digest,
        ORDER: order_digest(door, sorted(forms), limits, named),
        "scans": len(entries),
        **{f"form.{form.name}": key for key, form in forms.items()},
        **{f"limit.{name}": value for name, value in limits.items()},
        **{f"engine.{name}": value for name, value in facts["settings"].items()},
        **{f"bundle_id.{kind}": own for kind, own in lineup.bundle_ids.items() if kind},
    }
    return BatchStart(
        batch_id=digest("batch", what, named),
        bundle_id=bundle_id,
        bundle_info=lineup.general.facts,
        purpose=door.purpose,
        params=params,
        forms={key: form.model_dump(mode="json") for key, form in forms.items()},
        scans=entries,
        folders={key: str(form.folder.resolve()) for key, form in forms.items()},
    )


def code_version() -> str:
    """The version of this program."""
    try:
        return version("penfield")
    except PackageNotFoundError:  # run from a checkout that is not installed
        return "unknown"
