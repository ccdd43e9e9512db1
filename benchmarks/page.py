"""Where does a page's time go, scan file to durable record, on one core? With a table and a picture.

    python -m benchmarks.page [--pages 8] [--rounds 3] [--picture out/page_time.png] [--bundle data/bundle]

Pages of a form with 30 fields, drawn and scanned at 300 dpi, once registered by its printed boxes and once by its blank
page, and the sample scans that ship. Everything is real: the child process that decodes and prepares, the door, the
ledger with its commit to disk. One page at a time, one core; every page is read `--rounds` times into fresh ledgers and
its fastest time counts, so that a busy machine is not measured. `CPU` is what both processes spent.
"""

import argparse
import os
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from statistics import median

import cv2
import numpy as np
import psutil

from benchmarks.sample_runs import BUNDLE, DATA, scratch
from recognizer.form import BlankPage, Form, load_form
from serving.batch.recognize import Order, batch_start, form_intake
from serving.batch.run import enter, file_page
from serving.door import Door, open_door
from serving.intake.forms import FormIntake, form_workshop
from serving.intake.scans import NamedScan
from serving.ledger import ScanEntry, open_ledger
from training.samples import save, scan
from training.samples.nist import print_page
from training.samples.sheet import Desk

STAGES = ("decode", "measure", "repair", "align", "cut", "hand over", "read", "file")
"""`hand over`: the file's bytes, pipes between the processes, a look for known rows; `file`: the ledger's work."""


@dataclass(frozen=True, kw_only=True)
class Timed:
    """One page: which file, what became of it, and milliseconds per stage, on the clock and of CPU in all."""

    name: str
    status: str
    stage_ms: dict[str, float]
    total_ms: float
    cpu_ms: float


@dataclass(frozen=True, kw_only=True)
class Group:
    """Pages of a kind, and the forms that they may be of."""

    name: str
    forms: tuple[Form, ...]
    scans: tuple[Path, ...]


def drawn_scans(folder: Path, pages: int) -> tuple[Path, ...]:
    """Pages of the handwriting sample form as an office scans them: 300 dpi, a little askew, in four formats."""
    desk, paths = Desk(DATA / "forms"), []
    writers = (("jpg", save.save_jpeg), ("png", save.save_png16), ("tif", _save_fax), ("pdf", _save_pdf))
    for number in range(pages):
        rng = np.random.default_rng([300, number])
        sheet = desk.handwriting_sample(rng, "")
        turned = scan.warp(sheet.image, rng, turn_deg=rng.uniform(-1.5, 1.5), shift=0.006)
        page = scan.noise(turned, rng, 1.5)
        ending, write = writers[number % len(writers)]
        paths.append(folder / f"{number:02d}.{ending}")
        write(paths[-1], page, 300)
    return tuple(paths)


def _save_fax(path: Path, page: np.ndarray, dpi: int) -> None:
    save.save_fax(path, [scan.fax(page, np.random.default_rng(0))], dpi)


def _save_pdf(path: Path, page: np.ndarray, dpi: int) -> None:
    save.save_pdf(path, [page], dpi, quality=75)


def by_blank_page(form: Form, folder: Path) -> Form:
    """The same form, registered by an image of its blank page."""
    cv2.imwrite(str(folder / "blank.png"), print_page(form, {field.name: "" for field in form.fields}))
    blank = BlankPage(method="blank_page", image=Path("blank.png"))
    return form.model_copy(update={"registration": blank, "folder": folder})


def timed(group: Group, bundle: Path, store: Path) -> list[Timed]:
    """Read every page of the group once, into a ledger of its own."""
    store.mkdir(parents=True)
    scans = tuple(NamedScan(path=path, name=path.name) for path in group.scans)
    order = Order(forms=group.forms, scans=scans, out=store / "out")
    with open_ledger(f"sqlite:///{store}/ledger.db") as ledger:
        door = open_door(bundle, ledger)
        start = batch_start(order, door)
        enter(start, ledger)
        with form_workshop(order.forms, order.limits) as workshop:
            intake = form_intake(order, start, workshop, ledger)
            list(intake(start.scans[0], frozenset()))  # the child starts, and learns its forms
            return [page for entry in start.scans for page in _pages(intake, entry, start.batch_id, door)]


def _pages(intake: FormIntake, entry: ScanEntry, batch_id: str, door: Door) -> Iterator[Timed]:
    pages = intake(entry, frozenset())
    while True:
        began_s, began_cpu_s = time.perf_counter(), _cpu_s()
        page = next(pages, None)
        if page is None:
            return
        ready_s, reading_s = time.perf_counter(), door.spent.reading_s
        file_page(page, entry, batch_id, door)
        ended_s, read_s = time.perf_counter(), door.spent.reading_s - reading_s
        stages = dict(page.entry.stage_ms)
        stages["measure"] = stages.get("measure", 0.0) + stages.pop("blank", 0.0)
        stages["hand over"] = (ready_s - began_s) * 1000 - sum(stages.values())
        stages |= {"read": read_s * 1000, "file": (ended_s - ready_s - read_s) * 1000}
        yield Timed(
            name=f"{entry.path} {page.entry.page_no}", status=page.entry.status, stage_ms=stages,
            total_ms=(ended_s - began_s) * 1000, cpu_ms=(_cpu_s() - began_cpu_s) * 1000,
        )  # fmt: skip


def _cpu_s() -> float:
    """CPU seconds of this process and its children."""
    here = psutil.Process()
    times = [process.cpu_times() for process in (here, *here.children(recursive=True))]
    return sum(spent.user + spent.system for spent in times)


def fastest(rounds: list[list[Timed]]) -> list[Timed]:
    """Each page's fastest round."""
    return [min(pages, key=lambda page: page.total_ms) for pages in zip(*rounds, strict=True)]


def typical(pages: list[Timed]) -> dict[str, float]:
    """The median of each stage over pages, in milliseconds."""
    return {stage: median(page.stage_ms.get(stage, 0.0) for page in pages) for stage in STAGES}


@contextmanager
def one_core() -> Iterator[None]:
    """This process and the children that it starts keep to one core."""
    before = os.sched_getaffinity(0)
    os.sched_setaffinity(0, {max(before)})
    try:
        yield
    finally:
        os.sched_setaffinity(0, before)


def report(groups: dict[str, list[Timed]]) -> None:
    print(
        f"{'median ms of a page':34}" + "".join(f"{stage:>10}" for stage in STAGES) + f"{'all':>10}{'CPU':>8}{'n':>5}"
    )
    for name, pages in groups.items():
        cells = "".join(f"{ms:10.0f}" for ms in typical(pages).values())
        whole = median(page.total_ms for page in pages)
        print(f"{name:34}{cells}{whole:10.0f}{median(page.cpu_ms for page in pages):8.0f}{len(pages):5}")
    pages = [page for group in groups.values() for page in group]
    read_ms = median(page.stage_ms["read"] for page in pages)
    whole_ms = median(page.total_ms for page in pages)
    print(f"median page: {whole_ms / 1000:.3f} s, of which reading {read_ms / 1000:.3f} s")


def draw(groups: dict[str, list[Timed]], path: Path) -> None:
    """Stacked bars, one per group: milliseconds of the typical page by stage."""
    import matplotlib

    matplotlib.use("Agg")
    import matplotlib.pyplot as plt

    figure, axes = plt.subplots(figsize=(10, 1.2 + 0.7 * len(groups)), layout="constrained")
    colours = plt.get_cmap("tab10").colors  # type: ignore[attr-defined]
    left = np.zeros(len(groups))
    for number, stage in enumerate(STAGES):
        widths = np.array([typical(pages)[stage] for pages in groups.values()])
        axes.barh(list(groups), widths, left=left, color=colours[number], label=stage)
        for y, (start, width) in enumerate(zip(left, widths, strict=True)):
            if width > 0.04 * axes.get_xlim()[1]:
                axes.text(start + width / 2, y, f"{width:.0f}", ha="center", va="center", color="white", fontsize=9)
        left += widths
    axes.axvline(400, color="black", linestyle=":", linewidth=1)
    axes.invert_yaxis()
    axes.set(xlabel="ms per page on one core, median of each stage", title="Scan file to durable record")
    axes.legend(ncols=len(STAGES), loc="upper center", bbox_to_anchor=(0.5, -0.25), frameon=False, fontsize=8)
    path.parent.mkdir(parents=True, exist_ok=True)
    figure.savefig(path, dpi=120)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--pages", type=int, default=8, help="drawn pages of the form with 30 fields")
    parser.add_argument("--rounds", type=int, default=3, help="times that every page is read; the fastest counts")
    parser.add_argument("--picture", type=Path, default=Path("out/page_time.png"))
    parser.add_argument("--bundle", type=Path)
    asked = parser.parse_args()
    nist, insurance = (load_form(DATA / f"forms/{name}.yaml") for name in ("nist_hsf", "insurance_application"))
    with scratch() as folder, one_core():
        here = Path(folder)
        bundle = asked.bundle or BUNDLE
        drawn = drawn_scans(here, asked.pages)
        shipped = tuple(sorted((DATA / "samples/scans").iterdir()))
        groups = (
            Group(name="30 fields, 300 dpi, by boxes", forms=(nist,), scans=drawn),
            Group(name="30 fields, 300 dpi, by blank page", forms=(by_blank_page(nist, here),), scans=drawn),
            Group(name="sample scans, 17 or 30 fields", forms=(insurance, nist), scans=shipped),
        )
        pages = {
            group.name: fastest([timed(group, bundle, here / f"{group.name} {n}") for n in range(asked.rounds)])
            for group in groups
        }
    read = {name: [page for page in group if page.status == "read"] for name, group in pages.items()}
    report(read)
    draw(read, asked.picture)
    print(f"picture: {asked.picture}")


if __name__ == "__main__":
    main()
