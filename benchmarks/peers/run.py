"""Run one engine over a list of jobs, in this process and on one thread.

    python -m benchmarks.peers.run ENGINE read JOBS ANSWERS [--bundle FOLDER]
    python -m benchmarks.peers.run ENGINE time JOBS [--bundle FOLDER]

`read` writes the answers. `time` reads all jobs once to warm up, says "ready", and then reads one row of them for each
line that names it, and answers with the seconds of CPU and of the clock. Crops are in memory before the watch starts.
"""

import argparse
import json
import os
import sys
import time
from collections.abc import Sequence
from pathlib import Path
from typing import Any, Protocol

import numpy as np
from PIL import Image

from benchmarks.peers.job import Answer, Job, load_jobs, save_answers

ONE_THREAD = dict.fromkeys(("OMP_NUM_THREADS", "OMP_THREAD_LIMIT", "OPENBLAS_NUM_THREADS", "MKL_NUM_THREADS"), "1")
PAGE_OF_FIELDS = 30
ENGINES = ("penfield", "ppocr", "tesseract")


class Reader(Protocol):
    """An engine. What `prepare` gives for a job and its (h, w) uint8 image, `read` reads, a page of fields at once."""

    def prepare(self, job: Job, image: np.ndarray) -> Any: ...

    def read(self, prepared: Sequence[Any]) -> list[Answer]: ...


def open_reader(engine: str, folder: Path, bundle: Path) -> Reader:
    """The engine; relative lexicons lie in `folder`. Only the chosen engine's libraries are imported."""
    if engine == "penfield":
        from benchmarks.peers.penfield import Penfield

        return Penfield(folder, bundle)
    if engine == "ppocr":
        from benchmarks.peers.ppocr import PPOCR

        return PPOCR(folder)
    from benchmarks.peers.tesseract import Tesseract

    return Tesseract(folder)


def prepared(reader: Reader, jobs: Sequence[Job], folder: Path) -> list[Any]:
    """What the engine reads, with all images in memory."""
    found = []
    for job in jobs:
        with Image.open(folder / job.image) as image:
            found.append(reader.prepare(job, np.asarray(image.convert("L"))))
    return found


def read_all(reader: Reader, jobs: Sequence[Job], folder: Path, engine: str) -> dict[str, Answer]:
    """The answers to all jobs, a page of fields at a time, with progress on standard error."""
    answers: dict[str, Answer] = {}
    for start in range(0, len(jobs), PAGE_OF_FIELDS):
        page = jobs[start : start + PAGE_OF_FIELDS]
        said = reader.read(prepared(reader, page, folder))
        answers.update(zip((job.id for job in page), said, strict=True))
        print(f"\r{engine}: {len(answers)} of {len(jobs)} crops", end="", file=sys.stderr, flush=True)
    print(file=sys.stderr)
    return answers


def time_rounds(reader: Reader, jobs: Sequence[Job], folder: Path) -> None:
    """Read the row that a line of standard input names, as often as lines come. A job's id begins with its row."""
    rows: dict[str, list[Job]] = {}
    for job in jobs:
        rows.setdefault(job.id.split("/")[0], []).append(job)
    pages = {name: pages_of(prepared(reader, row, folder)) for name, row in rows.items()}
    for name in pages:
        time_row(reader, pages[name])
    print("ready", flush=True)
    for line in sys.stdin:
        print(json.dumps(time_row(reader, pages[line.strip()])), flush=True)


def time_row(reader: Reader, pages: Sequence[Sequence[Any]]) -> dict[str, float]:
    """The seconds in which all pages are read."""
    clock_s, cpu_s = time.perf_counter(), time.process_time()
    for page in pages:
        reader.read(page)
    return {"cpu_s": time.process_time() - cpu_s, "clock_s": time.perf_counter() - clock_s}


def pages_of(crops: Sequence[Any]) -> list[Sequence[Any]]:
    """Crops in pages of 30, as a form has them."""
    return [crops[start : start + PAGE_OF_FIELDS] for start in range(0, len(crops), PAGE_OF_FIELDS)]


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("engine", choices=ENGINES)
    parser.add_argument("what", choices=["read", "time"])
    parser.add_argument("jobs", type=Path)
    parser.add_argument("answers", type=Path, nargs="?")
    parser.add_argument("--bundle", type=Path, default=Path("data/bundle"))
    parser.add_argument("--core", type=int, help="stay on this processor core")
    asked = parser.parse_args()
    os.environ |= ONE_THREAD  # before the libraries start
    if asked.core is not None and hasattr(os, "sched_setaffinity"):
        os.sched_setaffinity(0, {asked.core})
    jobs, folder = load_jobs(asked.jobs), asked.jobs.parent
    reader = open_reader(asked.engine, folder, asked.bundle)
    if asked.what == "time":
        time_rounds(reader, jobs, folder)
    else:
        save_answers(asked.answers, read_all(reader, jobs, folder, asked.engine))


if __name__ == "__main__":
    main()
