"""What challengers cost the champion: a batch alone, and with challengers that read beside it. At most 10% is allowed.

    python -m benchmarks.trial_beside [--repeat 10] [--rounds 4] [--rate 0.2] [--challengers 0 1 2]

Each batch is read as `penfield recognize` does, into a store of its own: the shipped bundle is champion, and each
challenger is the same networks under another id, so it is as slow as the champion. Batches are taken in turns, and each
is compared with the one without challengers of its own round: in time, and in how long one prediction took. The process
of the challengers is stopped when the batch ends; what it has not read by then waits.
"""

import argparse
import json
import os
import shutil
import sys
import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from statistics import median

from benchmarks.sample_runs import BUNDLE, DATA, Silent, copies, scratch
from recognizer.form import load_form
from serving.batch.recognize import Order, recognize
from serving.commands.session import working
from serving.intake.scans import find_scans
from serving.ledger import Ledger, open_ledger
from serving.models import Models, Shelf
from serving.trial.settings import Settings
from serving.trial.trials import Trials


@dataclass(frozen=True, kw_only=True)
class Timing:
    """A batch: seconds until its records were written, the median milliseconds of a prediction, and how many crops
    challengers have read meanwhile."""

    batch_s: float
    latency_ms: float
    beside: int


def main() -> None:
    os.environ["MLFLOW_TRACKING_URI"] = ""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--repeat", type=int, default=10, help="copies of each sample scan")
    parser.add_argument("--rounds", type=int, default=4, help="batches of each sort, taken in turns")
    parser.add_argument("--rate", type=float, default=0.2, help="of the fields, the share that a challenger reads")
    parser.add_argument("--challengers", type=int, nargs="+", default=[0, 1, 2])
    asked = parser.parse_args()
    counts = sorted({0, *asked.challengers})
    with scratch() as folder:
        here = Path(folder)
        (here / "scans").mkdir()
        scans = copies(here / "scans", asked.repeat)
        timed(here / "warm", copies_of_one(here), 0, asked.rate)
        rounds = []
        for n in range(asked.rounds):
            turn = counts if n % 2 == 0 else counts[::-1]
            rounds.append({count: timed(here / f"{n}-{count}", scans, count, asked.rate) for count in turn})
            print(f"round {n + 1} of {asked.rounds} is done", file=sys.stderr)
    report(counts, rounds)


def copies_of_one(here: Path) -> Path:
    """One scan, so that what happens only once is over before the clock runs."""
    (here / "one").mkdir()
    source = next((here / "scans").glob("*.png"))
    (here / "one" / source.name).write_bytes(source.read_bytes() + b"warm")
    return here / "one"


def timed(store: Path, scans: Path, challengers: int, rate: float) -> Timing:
    """Read the scans into a fresh store while so many challengers stand their trial."""
    url = f"sqlite:///{store}/ledger.db"
    store.mkdir()
    with open_ledger(url) as ledger:
        begin(ledger, store, challengers, rate)
    forms = tuple(load_form(path) for path in sorted((DATA / "forms").glob("*.yaml")))
    order = Order(forms=forms, scans=find_scans([scans]), out=store / "out")
    with working(None, store, url, deliver_later=True) as session:
        began = time.perf_counter()
        recognize(order, session.door, session.ledger, Silent())
        batch_s = time.perf_counter() - began
    with open_ledger(url) as ledger:
        return Timing(batch_s=batch_s, latency_ms=latency_ms(ledger), beside=pairs(ledger))


def begin(ledger: Ledger, store: Path, challengers: int, rate: float) -> None:
    """The shipped bundle is champion, and so many challengers begin their trial."""
    models = Models(ledger, Shelf(store))
    models.begin(BUNDLE)
    trials = Trials(ledger=ledger, models=models)
    for number in range(challengers):
        made = store / f"challenger {number}"
        shutil.copytree(BUNDLE, made)
        content = json.loads((made / "bundle.json").read_text(encoding="utf-8"))
        content["manifest"]["made"] = f"challenger {number}"
        (made / "bundle.json").write_text(json.dumps(content), encoding="utf-8")
        trials.start(models.publish(made, by="benchmark"), Settings(rate=rate), by="benchmark")


def latency_ms(ledger: Ledger) -> float:
    """How long the champion took for a prediction: the median of the batch."""
    batch = ledger.latest_batch()
    assert batch is not None
    return float(ledger.predictions_frame(batch).latency_ms.median())


def pairs(ledger: Ledger) -> int:
    """So many crops were read beside the champion."""
    with ledger.trials_to_read() as rows:
        return sum(len(rows.pairs(each.trial_id)) for each in rows.all())


def report(counts: Sequence[int], rounds: Sequence[Mapping[int, Timing]]) -> None:
    """Medians, and ratios to the batch without challengers of the same round."""
    for count in counts:
        times = [each[count] for each in rounds]
        line = f"{count} challengers: {median(t.batch_s for t in times):7.2f} s"
        line += f", a prediction {median(t.latency_ms for t in times):.2f} ms"
        if count:
            slower = [each[count].batch_s / each[0].batch_s for each in rounds]
            later = [each[count].latency_ms / each[0].latency_ms for each in rounds]
            line += f"; ratios {median(slower):.3f} ({min(slower):.3f} to {max(slower):.3f})"
            line += f" and {median(later):.3f} ({min(later):.3f} to {max(later):.3f})"
            line += f"; {median(t.beside for t in times):.0f} crops read beside it meanwhile"
        print(line)


if __name__ == "__main__":
    main()
