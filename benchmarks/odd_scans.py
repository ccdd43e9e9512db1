"""Odd, broken and hostile files: none may crash or hang a batch; each costs at most 2 s and 1 GB.

    python benchmarks/odd_scans.py [--scans ../shared/data/odd_scans]

First file by file through the child process that decodes and prepares pages, with the time and peak memory of each;
then all of them as one batch of `penfield recognize`, whose records must name every file.
"""

import argparse
import json
import subprocess
import sys
import tempfile
import time
from collections import Counter
from functools import partial
from pathlib import Path

import psutil

from recognizer.form import load_form
from recognizer.prepare import Preparer
from recognizer.scan import PageRejected
from serving.intake.workshop import Workshop

FORMS = (Path("data/forms/insurance_application.yaml"), Path("data/forms/nist_hsf.yaml"))


def main() -> None:
    arguments = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    arguments.add_argument("--scans", type=Path, default=Path("../shared/data/odd_scans"))
    folder = arguments.parse_args().scans
    files = sorted(path for path in folder.rglob("*") if path.is_file() and path.name != "MANIFEST.csv")
    if not files:
        raise SystemExit(f"no files in {folder}: this benchmark needs the optional shared data folder")
    one_by_one(files)
    one_batch(folder)


def one_by_one(files: list[Path]) -> None:
    seconds, outcomes = [], Counter()
    with Workshop(partial(Preparer, tuple(load_form(path) for path in FORMS))) as workshop:
        list(workshop.pages(files[0]))  # starts the child and loads the forms
        for path in files:
            started = time.monotonic()
            events = list(workshop.pages(path))
            seconds.append((time.monotonic() - started, len(events), path.name))
            for event in events:
                outcomes[f"rejected: {event.code}" if isinstance(event, PageRejected) else event.result.status] += 1
        peak_mb = peak_memory_mb()
    seconds.sort(reverse=True)
    median = seconds[len(seconds) // 2][0]
    print(f"{len(files)} files, {sum(outcomes.values())} pages or rejections: {dict(outcomes.most_common())}")
    print(f"seconds per file: median {median:.3f}, worst {seconds[0][0]:.2f} ({seconds[0][2]})")
    page_s, page_name = max((s / max(1, n), name) for s, n, name in seconds)
    print(f"seconds per page: worst mean of a file {page_s:.2f} ({page_name})")
    print("slowest:", ", ".join(f"{name} {s:.2f} s, {n} pages" for s, n, name in seconds[:5]))
    print(f"peak memory of the child: {peak_mb:.0f} MB")


def peak_memory_mb() -> float:
    """The largest resident size that a child of this process ever had."""
    peaks = []
    for child in psutil.Process().children(recursive=True):
        status = Path(f"/proc/{child.pid}/status").read_text()
        peaks += [int(line.split()[1]) / 1024 for line in status.splitlines() if line.startswith("VmHWM")]
    return max(peaks, default=0.0)


def one_batch(folder: Path) -> None:
    with tempfile.TemporaryDirectory() as scratch:
        forms = [part for path in FORMS for part in ("--form", str(path))]
        command = [Path(sys.executable).with_name("penfield"), "recognize", *forms, "--out", f"{scratch}/out"]
        started = time.monotonic()
        done = subprocess.run([*command, "--store", f"{scratch}/store", str(folder)], capture_output=True, text=True)
        wall = time.monotonic() - started
        records = [json.loads(line) for line in (Path(scratch) / "out/records.jsonl").open(encoding="utf-8")]
    statuses = Counter(record["status"] for record in records)
    scans = len({record["scan"] for record in records})
    print(f"one batch: exit {done.returncode}, {wall:.0f} s, {scans} files in {len(records)} records")
    print("records:", dict(statuses.most_common()))


if __name__ == "__main__":
    main()
