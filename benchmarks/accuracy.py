"""Penfield, PP-OCRv6 and Tesseract 5 on the same crops by writers that no training saw: one table.

    python -m benchmarks.accuracy [--quick] [--bundle data/bundle] [--data ../shared/data] [--out out/bench-accuracy]

Installs the peers where they are missing. Writes table.md, accuracy.png, and every crop, answer and figure.
"""

import argparse
import json
import subprocess
import sys
from collections.abc import Sequence
from pathlib import Path

from benchmarks.peers.crops import Row, draw_rows
from benchmarks.peers.install import install_peers, python_of
from benchmarks.peers.job import Answer, load_answers, save_jobs
from benchmarks.peers.marks import mark_lines
from benchmarks.peers.run import ENGINES
from benchmarks.peers.score import Scores, score_row
from benchmarks.peers.table import draw_picture, markdown
from recognizer.errors import PenfieldError

QUICK = 0.1


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--quick", action="store_true", help="a tenth of the samples")
    parser.add_argument("--bundle", type=Path, default=Path("data/bundle"))
    parser.add_argument("--data", type=Path, default=Path("../shared/data"))
    parser.add_argument("--out", type=Path, default=Path("out/bench-accuracy"))
    parser.add_argument("--engine", action="append", choices=ENGINES, help="only this one (may be given again)")
    asked = parser.parse_args()
    try:
        compare(asked.data, asked.bundle, asked.out, asked.engine or ENGINES, QUICK if asked.quick else 1.0)
    except PenfieldError as error:
        print(f"error: {error}", file=sys.stderr)
        sys.exit(error.exit_code)


def compare(data: Path, bundle: Path, out: Path, engines: Sequence[str], share: float) -> None:
    """Draw the crops, let every engine read them, print and save the table."""
    if set(engines) != {"penfield"}:
        install_peers()
    print("drawing crops", file=sys.stderr, flush=True)
    rows = draw_rows(data, out, share)
    scores = {engine: scored(rows, read_by(engine, rows, out, bundle)) for engine in engines}
    marks = mark_lines(data, bundle) if "penfield" in engines else []
    table = "\n".join([markdown(rows, scores), *marks])
    (out / "table.md").write_text(table + "\n", encoding="utf-8")
    (out / "figures.json").write_text(json.dumps(figures(rows, scores), indent=1), encoding="utf-8")
    draw_picture(rows, scores, out / "accuracy.png")
    print(table)
    print(f"written to {out}: table.md, accuracy.png, figures.json, and what each engine read", file=sys.stderr)


def read_by(engine: str, rows: Sequence[Row], out: Path, bundle: Path) -> dict[str, Answer]:
    """The answers of one engine, in a process of its own."""
    jobs, answers = out / "jobs.json", out / f"{engine}.json"
    save_jobs(jobs, [job for row in rows for job in row.jobs])
    command = [python_of(engine), "-m", "benchmarks.peers.run", engine, "read", jobs, answers, "--bundle", bundle]
    done = subprocess.run([str(word) for word in command], check=False)
    if done.returncode != 0:
        raise PenfieldError(f"{engine} ended with {done.returncode}; what it said stands above")
    return load_answers(answers)


def scored(rows: Sequence[Row], answers: dict[str, Answer]) -> list[Scores]:
    """One engine's scores, row by row."""
    return [score_row(row, [answers[job.id] for job in row.jobs]) for row in rows]


def figures(rows: Sequence[Row], scores: dict[str, list[Scores]]) -> dict[str, dict[str, dict]]:
    """All figures by engine and row."""
    return {
        engine: {row.name: score.figures for row, score in zip(rows, listed, strict=True)}
        for engine, listed in scores.items()
    }


if __name__ == "__main__":
    main()
