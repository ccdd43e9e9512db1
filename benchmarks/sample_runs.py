"""Batches of the shipped sample scans, repeated, for the benchmarks of logging."""

import resource
import time
from dataclasses import dataclass
from pathlib import Path
from tempfile import TemporaryDirectory

from recognizer.form import load_form
from serving.batch.recognize import Order, recognize
from serving.delivery import Courier, DeliveryReport
from serving.door import open_door
from serving.intake.scans import find_scans
from serving.ledger import BatchFacts, open_ledger

DATA = Path(__file__).parents[1] / "data"
BUNDLE = DATA / "bundle"


@dataclass(frozen=True, kw_only=True)
class Timing:
    """One batch: seconds on the clock until the records were written, then until delivery ended; seconds of CPU."""

    batch_s: float
    drain_s: float
    batch_cpu_s: float
    courier_cpu_s: float
    ledger_s: float
    facts: BatchFacts
    report: DeliveryReport | None


class Silent:
    def begins(self, scans: int, done: int) -> None: ...
    def page(self, entry: object, answers: object) -> None: ...
    def scan_ends(self) -> None: ...


def copies(folder: Path, repeat: int) -> Path:
    """The sample scans `repeat` times, each copy with bytes of its own so that none is known already."""
    for source in sorted((DATA / "samples" / "scans").iterdir()):
        for n in range(repeat):
            (folder / f"{n:03d}_{source.name}").write_bytes(source.read_bytes() + f"\n% copy {n}\n".encode())
    return folder


def one_of(here: Path) -> Path:
    """One scan, so that what happens only once (imports, first pages of memory) is over before the clock runs."""
    folder = here / "one"
    folder.mkdir()
    source = next((here / "scans").glob("*.png"))
    (folder / source.name).write_bytes(source.read_bytes() + b"warm")
    return folder


def run(store: Path, scans: Path, bundle: Path, *, deliver: bool) -> Timing:
    """Recognize the scans into a fresh store, with a courier beside it or with delivery put off."""
    forms = tuple(load_form(path) for path in sorted((DATA / "forms").glob("*.yaml")))
    store.mkdir(parents=True)
    order = Order(forms=forms, scans=find_scans([scans]), out=store / "out")
    with open_ledger(f"sqlite:///{store}/ledger.db") as ledger:
        door = open_door(bundle, ledger)
        courier = Courier(store, ledger.url) if deliver else None
        began_s, began_cpu_s = time.perf_counter(), cpu_s()
        if courier:
            courier.__enter__()
        facts = recognize(order, door, ledger, Silent())
        batch_s, batch_cpu_s = time.perf_counter() - began_s, cpu_s() - began_cpu_s
        if courier:
            courier.__exit__(None, None, None)
        return Timing(
            batch_s=batch_s,
            drain_s=time.perf_counter() - began_s - batch_s,
            batch_cpu_s=batch_cpu_s,
            courier_cpu_s=cpu_s() - began_cpu_s - batch_cpu_s,
            ledger_s=door.spent.ledger_s,
            facts=facts,
            report=courier.report if courier else None,
        )


def cpu_s() -> float:
    """CPU seconds of this process and of its children that have ended: the courier's count when it was waited for."""
    usages = [resource.getrusage(who) for who in (resource.RUSAGE_SELF, resource.RUSAGE_CHILDREN)]
    return sum(usage.ru_utime + usage.ru_stime for usage in usages)


def scratch() -> TemporaryDirectory[str]:
    return TemporaryDirectory(prefix="penfield-benchmark-")
