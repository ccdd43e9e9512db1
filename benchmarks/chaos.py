"""SIGKILL at random moments of a batch, and resume: what is lost, what is doubled, what differs.

    python -m benchmarks.chaos [--form FORM.yaml ...] [--bundle data/bundle] [--kills 200] [SCAN_OR_FOLDER...]

Everything is real: the command `penfield recognize` with its model, its decoding process and its ledger. Only the
start is shortened: each attempt is forked from a process that has imported the libraries already. Each round kills
one batch again and again until it is complete, and compares it with a batch that nobody disturbed.
"""

import argparse
import os
import random
import signal
import sqlite3
import sys
import tempfile
import time
from collections import Counter
from datetime import UTC, datetime
from pathlib import Path

NAMES = ("records.jsonl", "records.csv")
SCANS = ("IMG_2041.jpg", "branch_west_fax.tif", "broken_upload.pdf")


class Batch:
    """One batch, in a folder of its own."""

    def __init__(self, folder: Path, words: list[str]) -> None:
        self.folder = folder
        store, out = folder / "store", folder / "out"
        self._words = ["recognize", *words, "--store", str(store), "--out", str(out), "--deliver-later", "--debug"]

    def attempt(self, kill_after_s: float | None) -> bool:
        """Run the command, killed after so many seconds; whether it came to its end."""
        pid = os.fork()
        if pid == 0:
            self._become_the_command()
        deadline = None if kill_after_s is None else time.monotonic() + kill_after_s
        while True:
            done, status = os.waitpid(pid, os.WNOHANG)
            if done:
                break
            if deadline is not None and time.monotonic() >= deadline:
                os.kill(pid, signal.SIGKILL)
                deadline = None
            time.sleep(0.005)
        if os.WIFEXITED(status) and os.WEXITSTATUS(status) != 0:
            sys.exit(f"the command failed:\n{(self.folder / 'log').read_text()}")
        return os.WIFEXITED(status)

    def _become_the_command(self) -> None:
        from training.cli import app

        log = os.open(self.folder / "log", os.O_WRONLY | os.O_CREAT | os.O_TRUNC)
        os.dup2(log, 1)
        os.dup2(log, 2)
        try:
            app(self._words, prog_name="penfield")
        except SystemExit as end:
            os._exit(int(end.code or 0))
        os._exit(70)

    def ids(self, table: str, column: str) -> list[str]:
        """What stands in a column of the ledger."""
        path = self.folder / "store" / "ledger.db"
        if not path.exists():
            return []
        connection = sqlite3.connect(path)
        try:
            return [row[0] for row in connection.execute(f"select {column} from {table}")]
        except sqlite3.OperationalError:  # killed before there was a table
            return []
        finally:
            connection.close()

    def records(self) -> list[bytes]:
        """The bytes of the record files."""
        return [(self.folder / "out" / name).read_bytes() for name in NAMES]


def import_everything() -> None:
    """What a fresh command would spend its first seconds on."""
    import pandas  # noqa: F401
    import pyarrow.parquet  # noqa: F401
    import torch  # noqa: F401

    import recognizer.engine  # noqa: F401
    import serving.batch.recognize
    import serving.commands.session  # noqa: F401


def disturb(batch: Batch, undisturbed: Batch, kills: int, longest_s: float, moments: random.Random) -> Counter[str]:
    """Kill a batch at most so often, let it end, and count what went wrong."""
    found: Counter[str] = Counter()
    known: set[str] = set()
    complete = False
    while not complete and found["kills"] < kills:
        complete = batch.attempt(moments.uniform(0.0, longest_s))
        found["kills"] += not complete
        print("." if complete else "x", end="", file=sys.stderr, flush=True)
        now = batch.ids("predictions", "prediction_id")
        found["kills in the midst of pages"] += not complete and len(now) > len(known)
        found["lost"] += len(known - set(now))
        found["doubled"] += len(now) - len(set(now))
        known = set(now)
    if not complete:
        batch.attempt(None)
    for table, column in (("predictions", "prediction_id"), ("outbox", "key"), ("decisions", "prediction_id")):
        got, wanted = batch.ids(table, column), undisturbed.ids(table, column)
        found["lost"] += len(set(wanted) - set(got))
        found["doubled"] += len(got) - len(set(got)) + len(set(got) - set(wanted))
    found["records that differ"] += batch.records() != undisturbed.records()
    found["rounds"] += 1
    return found


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--form", action="append")
    parser.add_argument("--bundle", default="data/bundle")
    parser.add_argument("--kills", type=int, default=200)
    parser.add_argument("--seed", type=int, default=20261123)
    parser.add_argument("scans", nargs="*", default=[f"data/samples/scans/{name}" for name in SCANS])
    asked = parser.parse_args()
    forms = asked.form or ["data/forms/insurance_application.yaml"]
    words = [*(word for form in forms for word in ("--form", form)), "--bundle", asked.bundle, *asked.scans]
    import_everything()
    moments = random.Random(asked.seed)
    total: Counter[str] = Counter()
    with tempfile.TemporaryDirectory() as name:
        undisturbed = Batch(_made(Path(name) / "undisturbed"), words)
        began = datetime.now(UTC)
        undisturbed.attempt(None)
        seconds = (datetime.now(UTC) - began).total_seconds()
        first = datetime.fromisoformat(min(undisturbed.ids("predictions", "created_at")))
        longest_s = 2 * (first - began).total_seconds()  # so that half of the attempts get something done
        while total["kills"] < asked.kills:
            batch = Batch(_made(Path(name) / f"round{total['rounds']}"), words)
            total += disturb(batch, undisturbed, asked.kills - total["kills"], longest_s, moments)
            print(f"{dict(total)}", file=sys.stderr, flush=True)
        report(total, seconds, len(undisturbed.ids("predictions", "prediction_id")))
    sys.exit(1 if total["lost"] or total["doubled"] or total["records that differ"] else 0)


def report(total: Counter[str], seconds: float, predictions: int) -> None:
    """Print the table."""
    print(f"| an undisturbed batch | {predictions} predictions in {seconds:.1f} s |")
    print("| --- | --- |")
    for name in ("kills", "kills in the midst of pages", "rounds", "lost", "doubled", "records that differ"):
        print(f"| {name} | {total[name]} |")


def _made(folder: Path) -> Path:
    folder.mkdir()
    return folder


if __name__ == "__main__":
    main()
