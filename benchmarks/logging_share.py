"""Which share of a batch's time logging takes: the ledger's writes and the delivery to MLflow. At most 10% is allowed.

    python -m benchmarks.logging_share [--repeat 10] [--rounds 2]

Two measures. On the clock: the ledger's part of the batch, and what a courier beside it adds until the records are
written. In CPU: ledger and courier against everything. A courier costs about five seconds of CPU however small the
batch is (mlflow's import and its tables), at low priority and partly after the batch's end: small batches show it.
"""

import argparse
import os
from pathlib import Path
from statistics import median

from benchmarks.sample_runs import BUNDLE, Timing, copies, one_of, run, scratch


def main() -> None:
    os.environ.pop("MLFLOW_TRACKING_URI", None)
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--repeat", type=int, default=10, help="copies of each sample scan")
    parser.add_argument("--rounds", type=int, default=2, help="batches of each sort, taken in turns")
    asked = parser.parse_args()
    with scratch() as folder:
        here = Path(folder)
        (here / "scans").mkdir()
        scans, bundle = copies(here / "scans", asked.repeat), BUNDLE
        run(here / "warm", one_of(here), bundle, deliver=False)
        rounds = [
            (
                run(here / f"with-{n}", scans, bundle, deliver=True),
                run(here / f"without-{n}", scans, bundle, deliver=False),
            )
            for n in range(asked.rounds)
        ]
    report([pair[0] for pair in rounds], [pair[1] for pair in rounds])


def report(withs: list[Timing], withouts: list[Timing]) -> None:
    for timing in withs:
        assert timing.report and timing.report.pending == 0, timing.report
    facts = withs[0].facts
    batch_s, without_s = median(t.batch_s for t in withs), median(t.batch_s for t in withouts)
    ledger_s = median(t.ledger_s for t in withs)
    cpu_s = median(t.batch_cpu_s for t in withs)
    courier_s = median(t.courier_cpu_s for t in withs)
    print(f"{facts.pages} pages, {facts.fields} fields")
    print(
        f"batch with courier     {batch_s:7.2f} s, then {median(t.drain_s for t in withs):.2f} s until all is delivered"
    )
    print(f"batch, delivery later  {without_s:7.2f} s")
    print(f"ledger                 {ledger_s:7.2f} s = {ledger_s / batch_s:.1%} of the batch's time")
    print(f"courier slows it by    {batch_s - without_s:7.2f} s = {(batch_s - without_s) / batch_s:.1%}")
    print(f"CPU                    {cpu_s:7.2f} s batch, {courier_s:.2f} s courier")
    print(f"logging on the clock   {(ledger_s + max(0.0, batch_s - without_s)) / batch_s:.1%}")
    print(f"logging in CPU         {(ledger_s + courier_s) / (cpu_s + courier_s):.1%}")


if __name__ == "__main__":
    main()
