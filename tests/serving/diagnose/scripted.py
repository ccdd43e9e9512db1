"""Ledgers of pages that a script reads, through the door and into real tables: faults that no picture shows."""

from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path

import numpy as np
from typer.testing import CliRunner

from recognizer.reading import Crop, Reading
from serving.batch.run import ReadyPage, run_batch
from serving.door import Door
from serving.ledger import BatchStart, Ledger, ScanEntry, digest, open_ledger
from serving.promise import Policy, Promise
from tests.serving.truth import talk
from training.cli import app

PAGES = 12
"""Before, and since."""
Says = Callable[[int, str], tuple[str, float]]
"""Of a page and a kind: what is read, and how surely."""


class Scripted:
    """Reads what a script says of the page that the crop's first pixel names."""

    bundle_id = "5" * 32
    version = "1"
    settings: Mapping[str, object] = {}

    def __init__(self, says: Says) -> None:
        self._says = says

    def read(self, crop: Crop, folder: Path = Path()) -> Reading:
        text, confidence = self._says(int(crop.image[0, 0]), crop.field.kind)
        return Reading(text=text, outcome="text", confidence=confidence)


def well(page: int, kind: str) -> tuple[str, float]:
    """Another value on every page, of the same length, as surely as any."""
    rng = np.random.default_rng([page, len(kind)])
    digits = "".join(map(str, rng.integers(10, size=9)))
    text = {"code": f"F{digits[:6]}", "ssn": f"{digits[:3]}-{digits[3:5]}-{digits[5:]}"}.get(kind, "Webb" + digits[:2])
    return text, round(float(rng.uniform(0.93, 0.99)), 3)


def read(ledger: Ledger, says: Says, first: int, *, doubtful: bool = False) -> str:
    """Read a dozen pages from this number on."""
    review = talk.ReviewPolicy(always=True) if doubtful else talk.SURE
    form = talk.FORM.model_copy(
        update={"fields": tuple(field.model_copy(update={"review": review}) for field in talk.FORM.fields)}
    )
    numbers = range(first, first + PAGES)
    start = BatchStart(
        batch_id=f"from {first}", bundle_id=Scripted.bundle_id, bundle_info={"version": "1"}, purpose="production",
        params={}, forms={talk.FORM_DIGEST: talk.FORM.model_dump(mode="json")},
        scans=tuple(ScanEntry(scan_no=n, path=f"in/{n:03d}.png", scan_digest=f"scan {n}") for n in numbers),
    )  # fmt: skip

    def pages(scan: ScanEntry, skip: frozenset[int]) -> Iterator[ReadyPage]:
        [drawn] = talk.one_page(replace(scan, scan_digest="s1"), skip, form, scan.scan_no)
        entry = replace(drawn.entry, scan_digest=scan.scan_digest, page_id=f"{scan.scan_digest}-1")
        crops = [replace(crop, crop_id=digest(crop.crop_id, scan.scan_no), field=field, image=crop.image.copy())
                 for crop, field in zip(drawn.crops, form.fields, strict=True)]  # fmt: skip
        for crop in crops:
            crop.image[0, 0] = scan.scan_no
        yield replace(drawn, entry=entry, crops=tuple(crops))

    door = Door(Scripted(says), ledger, promise=Promise(policy=Policy(audit=0)))
    run_batch(start, pages, door, ledger, talk.Quiet())
    return start.batch_id


def now() -> str:
    """As the ledger writes times."""
    return datetime.now(UTC).isoformat(timespec="microseconds")


@contextmanager
def opened(folder: Path) -> Iterator[Ledger]:
    with open_ledger(f"sqlite:///{folder}/ledger.db") as ledger:
        yield ledger


def sound(ledger: Ledger, monitor: str, of: Mapping[str, str], first_seen: str | None = None) -> None:
    """Sound an alarm."""
    with ledger.alarms() as alarms:
        alarms.sound(monitor, of, evidence={}, first_seen=first_seen)


def penfield(store: Path, *words: object) -> tuple[int, str, str]:
    """Exit code, output and complaints of a command."""
    result = CliRunner().invoke(app, [*map(str, words), "--store", str(store)])
    return result.exit_code, result.stdout, result.stderr
