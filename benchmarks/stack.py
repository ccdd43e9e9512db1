"""A stack against each of its components, on the crops of `benchmarks.accuracy` by writers that nobody was fitted to.

    python -m benchmarks.stack STACK [--share 0.1] [--data ../shared/data] [--out out/bench-stack]

Every component reads every crop once; the stack's answer follows from theirs. Rows of the tune split are left out: the
combiner was fitted on them. Writes table.md and figures.json.
"""

import argparse
import json
import sys
import time
from collections import defaultdict
from collections.abc import Sequence
from pathlib import Path

import cv2
import numpy as np
from PIL import Image

from benchmarks.peers.crops import Row, draw_rows
from benchmarks.peers.job import Answer, Job
from benchmarks.peers.penfield import answer_of, crop_of
from benchmarks.peers.score import score_row
from recognizer.errors import PenfieldError
from recognizer.reading import Crop, Reading
from recognizer.stack import Stack
from recognizer.stack.bundle import load_stack

TUNED = ("tables_dec",)
TOGETHER = "the stack"


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("stack", type=Path)
    parser.add_argument("--share", type=float, default=0.1, help="of the samples of each row")
    parser.add_argument("--data", type=Path, default=Path("../shared/data"))
    parser.add_argument("--out", type=Path, default=Path("out/bench-stack"))
    asked = parser.parse_args()
    cv2.setNumThreads(1)
    try:
        stack = load_stack(asked.stack)
        rows = [row for row in draw_rows(asked.data, asked.out, asked.share) if row.name not in TUNED]
    except PenfieldError as error:
        print(f"error: {error}", file=sys.stderr)
        sys.exit(error.exit_code)
    rows = [shortened(row, asked.share) for row in rows]
    answers, spent = read_rows(stack, rows, asked.out)
    found = figures(rows, answers, spent)
    (asked.out / "figures.json").write_text(json.dumps(found, indent=1), encoding="utf-8")
    (asked.out / "table.md").write_text(table(found, [*stack.members, TOGETHER]) + "\n", encoding="utf-8")
    print(table(found, [*stack.members, TOGETHER]))


def shortened(row: Row, share: float) -> Row:
    """A row of a tenth of its crops where a tenth is asked: some are drawn whole."""
    most = max(20, round(share * 1000))
    return Row(name=row.name, title=row.title, jobs=row.jobs[:most], texts=row.texts[:most], writers=row.writers[:most])


def read_rows(
    stack: Stack, rows: Sequence[Row], folder: Path
) -> tuple[dict[str, dict[str, list[Answer]]], dict[str, float]]:
    """Answers by row and reader, and seconds of CPU by reader."""
    answers: dict[str, dict[str, list[Answer]]] = {}
    spent: dict[str, float] = defaultdict(float)
    for row in rows:
        answers[row.name] = defaultdict(list)
        for job in row.jobs:
            for name, reading in read_by_all(stack, job_crop(job, folder), folder, spent).items():
                answers[row.name][name].append(answer_of(reading))
        print(row.name, len(row.jobs), file=sys.stderr, flush=True)
    return answers, spent


def job_crop(job: Job, folder: Path) -> Crop:
    """The crop of a job."""
    with Image.open(folder / job.image) as image:
        return crop_of(job, np.asarray(image.convert("L")), folder)


def read_by_all(stack: Stack, crop: Crop, folder: Path, spent: dict[str, float]) -> dict[str, Reading]:
    """What each component says alone, and the stack. A component alone costs its own look."""
    for name in stack.members:
        before = time.process_time()
        stack.components[name].look(crop, folder)
        spent[name] += time.process_time() - before
    before = time.process_time()
    together = stack.read(crop, folder)
    spent[TOGETHER] += time.process_time() - before
    return {**stack.named(together.parts), TOGETHER: together}


def figures(
    rows: Sequence[Row], answers: dict[str, dict[str, list[Answer]]], spent: dict[str, float]
) -> dict[str, dict[str, dict[str, float]]]:
    """By row, and of all rows together, and by reader: fields, wrong ones, CER; the CPU's milliseconds a field."""
    found: dict[str, dict[str, dict[str, float]]] = {}
    total: dict[str, dict[str, float]] = defaultdict(lambda: {"count": 0, "wrong": 0})
    for row in rows:
        found[row.title] = {}
        for name, said in answers[row.name].items():
            scores = score_row(row, said)
            wrong = int((~scores.right).sum())
            found[row.title][name] = {"count": len(said), "wrong": wrong, "cer": scores.figures["cer"]}
            total[name]["count"] += len(said)
            total[name]["wrong"] += wrong
    for name, each in total.items():
        each["cpu_ms"] = 1000 * spent[name] / each["count"]
    return {**found, "all": dict(total)}


def table(found: dict[str, dict[str, dict[str, float]]], readers: Sequence[str]) -> str:
    """Wrong fields and CER, row by row; the best single component of all rows together, and what the stack spares."""
    lines = ["| what | fields | " + " | ".join(readers) + " |", "| --- " * (len(readers) + 2) + "|"]
    for title, by in found.items():
        cells = [f"{by[name]['wrong']:.0f}" + (f" (CER {by[name]['cer']:.1%})" if "cer" in by[name] else "")
                 for name in readers]  # fmt: skip
        lines.append(f"| {title}, wrong | {by[readers[0]]['count']:.0f} | " + " | ".join(cells) + " |")
    total = found["all"]
    lines.append("| CPU ms a field | | " + " | ".join(f"{total[name]['cpu_ms']:.0f}" for name in readers) + " |")
    best = min(readers[:-1], key=lambda name: total[name]["wrong"])
    spared = 1 - total[TOGETHER]["wrong"] / max(1, total[best]["wrong"])
    return "\n".join([*lines, "", f"Against the best single, {best}, {TOGETHER} makes {spared:.0%} fewer errors."])


if __name__ == "__main__":
    main()
