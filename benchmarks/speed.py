"""Fields per second on one core, from cut fields to confidences: Penfield, PP-OCRv6 and Tesseract 5 in turns.

    python -m benchmarks.speed [--quick] [--rounds 7] [--pages 3] [--bundle data/bundle] [--out out/bench-speed]

Each engine is a process of its own with one thread, kept on one core; all read the same pages of 30 fields, decoding
included, one engine after the other in each round. Figures are medians over the rounds. The seconds are of CPU, so
that what else runs on the machine counts as little as can be; the clock's are printed beside them.
"""

import argparse
import json
import os
import re
import subprocess
import sys
from collections.abc import Mapping, Sequence
from contextlib import ExitStack
from pathlib import Path
from statistics import median

import numpy as np

from benchmarks.peers.crops import DIGITS, SEED, Row, draw_row, street_names, with_lexicon
from benchmarks.peers.install import install_peers, python_of
from benchmarks.peers.job import save_jobs
from benchmarks.peers.run import ENGINES, PAGE_OF_FIELDS
from benchmarks.peers.table import TITLES
from recognizer.alphabet import Alphabet
from recognizer.errors import PenfieldError
from training.corpora.glyphs import glyph_corpus
from training.corpora.images import image_corpus
from training.corpora.mnist import mnist_writers_corpus
from training.corpora.sample import Corpus, Sample
from training.corpora.strokes import load_strokes, stroke_corpus

DATE = re.compile(r"[0-9]{1,2}([/.\- ])[0-9]{1,2}([/.\- ])[0-9]{4}|[0-9]{4}-[0-9]{2}-[0-9]{2}")
Seconds = dict[str, float]
"""`cpu_s` and `clock_s` of one round."""


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--quick", action="store_true", help="one page of each kind and two rounds")
    parser.add_argument("--rounds", type=int, default=7)
    parser.add_argument("--pages", type=int, default=3, help="pages of 30 fields of each kind")
    parser.add_argument("--core", type=int, help="the processor core to stay on; the last one where not given")
    parser.add_argument("--bundle", type=Path, default=Path("data/bundle"))
    parser.add_argument("--data", type=Path, default=Path("../shared/data"))
    parser.add_argument("--out", type=Path, default=Path("out/bench-speed"))
    parser.add_argument("--engine", action="append", choices=ENGINES, help="only this one (may be given again)")
    asked = parser.parse_args()
    pages, rounds = (1, 2) if asked.quick else (asked.pages, asked.rounds)
    engines = asked.engine or ENGINES
    try:
        if set(engines) != {"penfield"}:
            install_peers()
        rows = draw_pages(asked.data, asked.out, pages * PAGE_OF_FIELDS)
        spent = race(engines, rows, rounds, asked.out, asked.bundle, last_core() if asked.core is None else asked.core)
    except PenfieldError as error:
        print(f"error: {error}", file=sys.stderr)
        sys.exit(error.exit_code)
    table = markdown(rows, spent)
    (asked.out / "table.md").write_text(table + "\n", encoding="utf-8")
    print(table)


def draw_pages(data: Path, folder: Path, count: int) -> list[Row]:
    """`count` crops of each kind of field, written into `folder`. Raises InputError where a set is missing."""
    (folder / "crops").mkdir(parents=True, exist_ok=True)
    alphabet = Alphabet()
    digits = mnist_writers_corpus(data / "mnist_writers/mnist_writers.npz", "test")
    streets = image_corpus(data / "dhsd/dhsd.npz", "test", alphabet)
    words, texts = (stroke_corpus(load_strokes(data / f"unipen/unipen_{n}.npz"), "test", alphabet) for n in "78")
    return [
        draw_row(digits, "digit strings", folder, count, kind="digits", pattern=r"\d{1,10}", characters=DIGITS),
        draw_row(dates(data), "dates", folder, count, kind="date", characters=f"{DIGITS}/-. "),
        with_lexicon(draw_row(streets, "street names with a lexicon", folder, count), street_names(data), folder),
        draw_row(words, "words, free text", folder, count, is_word=True),
        draw_row(texts, "lines, free text", folder, count),
    ]


def dates(data: Path) -> Corpus:
    """Dates composed of one writer's digits: those among the texts that the glyphs corpus draws."""
    sets = [load_strokes(data / f"unipen/unipen_1{part}.npz") for part in "abcd"]
    corpus, rng = glyph_corpus(sets, "test"), np.random.default_rng(SEED)

    def draw(number: int, _: np.random.Generator) -> Sample:
        while True:
            sample = corpus.draw(number, rng)
            if DATE.fullmatch(sample.text):
                return sample

    return Corpus(name="dates", size=corpus.size, draw=draw, digest=corpus.digest, writers=corpus.writers)


def last_core() -> int | None:
    """The last of the cores that this process may use, where the system tells."""
    return max(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else None


class Runner:
    """An engine in its process, which reads a row each time it is asked to."""

    def __init__(self, engine: str, jobs: Path, bundle: Path, core: int | None) -> None:
        pinned = [] if core is None else ["--core", str(core)]
        words = ["-m", "benchmarks.peers.run", engine, "time", str(jobs), "--bundle", str(bundle), *pinned]
        self.engine = engine
        self._process = subprocess.Popen(
            [str(python_of(engine)), *words], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True
        )

    def __enter__(self) -> "Runner":
        self._line("ready")
        return self

    def __exit__(self, *_: object) -> None:
        if self._process.stdin:
            self._process.stdin.close()
        self._process.wait(timeout=60)

    def time(self, row: Row) -> Seconds:
        """The seconds in which it reads a row once."""
        assert self._process.stdin
        self._process.stdin.write(f"{row.name}\n")
        self._process.stdin.flush()
        return json.loads(self._line("{"))

    def _line(self, begins: str) -> str:
        assert self._process.stdout
        line = self._process.stdout.readline()
        if not line.startswith(begins):
            raise PenfieldError(f"{self.engine} ended; what it said stands above")
        return line


def race(
    engines: Sequence[str], rows: Sequence[Row], rounds: int, folder: Path, bundle: Path, core: int | None
) -> dict[str, dict[str, list[Seconds]]]:
    """Seconds by engine and row, one of each round. Only one engine computes at a time."""
    jobs = folder / "jobs.json"
    save_jobs(jobs, [job for row in rows for job in row.jobs])
    spent: dict[str, dict[str, list[Seconds]]] = {engine: {row.name: [] for row in rows} for engine in engines}
    with ExitStack() as stack:
        runners = [stack.enter_context(Runner(engine, jobs, bundle, core)) for engine in engines]
        for number in range(rounds):
            for row in rows:
                for runner in runners:
                    spent[runner.engine][row.name].append(runner.time(row))
            print(f"round {number + 1} of {rounds}", file=sys.stderr, flush=True)
    return spent


def markdown(rows: Sequence[Row], spent: Mapping[str, Mapping[str, Sequence[Seconds]]]) -> str:
    """Fields per second of each engine (by the clock in brackets), and Penfield's share of PP-OCRv6's."""
    compared = {"penfield", "ppocr"} <= set(spent)
    head = ["fields per second of CPU (of the clock)", *(TITLES[engine] for engine in spent)]
    lines = [[*head, "Penfield / PP-OCRv6"] if compared else head]
    lines.append(["---"] * len(lines[0]))
    for row in rows:
        rates = {engine: rate(row, by_row[row.name], "cpu_s") for engine, by_row in spent.items()}
        clock = {engine: rate(row, by_row[row.name], "clock_s") for engine, by_row in spent.items()}
        cells = [f"{rates[engine]:,.0f} ({clock[engine]:,.0f})" for engine in spent]
        ratio = [f"{rates['penfield'] / rates['ppocr']:.1f}x"] if compared else []
        lines.append([row.title, *cells, *ratio])
    return "\n".join(f"| {' | '.join(cells)} |" for cells in lines)


def rate(row: Row, rounds: Sequence[Seconds], watch: str) -> float:
    """Fields per second: the median over rounds."""
    return median(len(row.jobs) / seconds[watch] for seconds in rounds)


if __name__ == "__main__":
    main()
