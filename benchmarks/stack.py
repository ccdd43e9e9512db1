"""A stack against each of its components, on the crops of `benchmarks.accuracy` by writers that nobody was fitted to.

    python -m benchmarks.stack STACK [--share 0.1] [--data ../shared/data] [--out out/bench-stack]

Every component reads every crop once; the stack's answer follows from theirs. Beside them stands what the best possible
choice among all that the components nominate would come to: no combiner of whole texts makes fewer errors. Rows of the
tune split are left out: the combiner was fitted on them. Writes table.md and figures.json.
"""

import argparse
import json
import sys
import time
from collections import defaultdict
from collections.abc import Mapping, Sequence
from pathlib import Path

import cv2
import numpy as np
from PIL import Image

from benchmarks.peers import metrics
from benchmarks.peers.crops import Row, draw_rows
from benchmarks.peers.job import Answer, Job
from benchmarks.peers.penfield import answer_of, crop_of
from benchmarks.peers.score import score_row
from recognizer.alphabet import normal_text
from recognizer.errors import PenfieldError
from recognizer.reading import Crop, Reading
from recognizer.stack import Stack, voices
from recognizer.stack.bundle import load_stack

TUNED = ("tables_dec",)
TOGETHER, CHOICE = "the stack", "best choice"


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
    told = table(found, [*stack.members, TOGETHER, CHOICE])
    (asked.out / "table.md").write_text(told + "\n", encoding="utf-8")
    print(told)


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
        for job, text in zip(row.jobs, row.texts, strict=True):
            readings = read_by_all(stack, job_crop(job, folder), folder, spent)
            for name, reading in readings.items():
                answers[row.name][name].append(answer_of(reading))
            answers[row.name][CHOICE].append(best_choice(readings[TOGETHER].parts, text))
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


def best_choice(parts: Sequence[Reading], text: str) -> Answer:
    """What is written, if any component nominates it; else a non-answer."""
    claims, _ = voices(parts)
    is_there = ("text", normal_text(text)) in claims
    return Answer(text=text if is_there else "", confidence=1.0, outcome="text" if is_there else "illegible")


def figures(
    rows: Sequence[Row], answers: dict[str, dict[str, list[Answer]]], spent: dict[str, float]
) -> dict[str, dict[str, dict[str, float]]]:
    """By row, and of all rows together, and by reader: fields, wrong ones, CER; the CPU's milliseconds a field.

    Of all rows together also the share of the best component's errors that is `spared`, from `least` to `most`.
    """
    found: dict[str, dict[str, dict[str, float]]] = {}
    total: dict[str, dict[str, float]] = defaultdict(lambda: {"count": 0, "wrong": 0})
    wrongs: dict[str, list[np.ndarray]] = defaultdict(list)
    for row in rows:
        found[row.title] = {}
        for name, said in answers[row.name].items():
            scores = score_row(row, said)
            wrong = int((~scores.right).sum())
            wrongs[name].append(~scores.right)
            found[row.title][name] = {"count": len(said), "wrong": wrong, "cer": scores.figures["cer"]}
            total[name]["count"] += len(said)
            total[name]["wrong"] += wrong
    wrong_of = {name: np.concatenate(listed) for name, listed in wrongs.items()}
    best = wrong_of[best_of(total)]
    writers = [writer for row in rows for writer in row.writers]
    for name, each in total.items():
        if name in spent:
            each["cpu_ms"] = 1000 * spent[name] / each["count"]
        each |= spared(best, wrong_of[name], writers)
    return {**found, "all": dict(total)}


def best_of(total: Mapping[str, Mapping[str, float]]) -> str:
    """The component with the fewest errors."""
    return min((name for name in total if name not in (TOGETHER, CHOICE)), key=lambda name: total[name]["wrong"])


def spared(best: np.ndarray, other: np.ndarray, writers: Sequence[str]) -> dict[str, float]:
    """The share of the errors of `best` that `other` spares, and its 95% interval over writers; both (n,), wrong."""

    def share(chosen: np.ndarray) -> float:
        return float(1 - other[chosen].sum() / max(1, best[chosen].sum()))

    least, most = metrics.interval(share, writers)
    return {"spared": share(np.arange(len(best))), "least": least, "most": most}


def has_cer(name: str, by: Mapping[str, Mapping[str, float]]) -> bool:
    """Whether a row has a CER of a reader; the best choice has none, since it says nothing where it is not right."""
    return name != CHOICE and "cer" in by[name]


def table(found: dict[str, dict[str, dict[str, float]]], readers: Sequence[str]) -> str:
    """Wrong fields and CER, row by row; what the stack, and the best choice, spare of the best component's errors."""
    lines = ["| what | fields | " + " | ".join(readers) + " |", "| --- " * (len(readers) + 2) + "|"]
    for title, by in found.items():
        cells = [f"{by[name]['wrong']:.0f}" + (f" (CER {by[name]['cer']:.1%})" if has_cer(name, by) else "")
                 for name in readers]  # fmt: skip
        lines.append(f"| {title}, wrong | {by[readers[0]]['count']:.0f} | " + " | ".join(cells) + " |")
    total = found["all"]
    cost = [f"{total[name]['cpu_ms']:.0f}" if "cpu_ms" in total[name] else "" for name in readers]
    lines.append("| CPU ms a field | | " + " | ".join(cost) + " |")
    best = best_of(total)
    told = [f"{name} makes {total[name]['spared']:.0%} fewer errors ({total[name]['least']:.0%} to "
            f"{total[name]['most']:.0%})" for name in (TOGETHER, CHOICE)]  # fmt: skip
    return "\n".join([*lines, "", f"Against the best single, {best}: {'; '.join(told)}."])


if __name__ == "__main__":
    main()
