"""A batch while the MLflow store cannot be reached: as fast as otherwise (within 5%), and all is delivered later.

    python -m benchmarks.store_outage [--repeat 5] [--rounds 2] [--kind refused|silent]

Times include the courier's end: an unreachable store must not hold up the command either.
"""

import argparse
import os
import socket
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from statistics import median

from benchmarks.sample_runs import BUNDLE, Timing, copies, one_of, run, scratch
from serving.delivery import deliver
from serving.ledger import open_ledger
from serving.tracking import Tracking


@contextmanager
def outage(kind: str) -> Iterator[None]:
    """MLFLOW_TRACKING_URI names a server that refuses, or one that takes the call and never answers."""
    with socket.create_server(("127.0.0.1", 0)) as server:
        port = server.getsockname()[1]
        if kind == "refused":
            server.close()
        os.environ["MLFLOW_TRACKING_URI"] = f"http://127.0.0.1:{port}"
        try:
            yield
        finally:
            del os.environ["MLFLOW_TRACKING_URI"]


def main() -> None:
    os.environ.pop("MLFLOW_TRACKING_URI", None)
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--repeat", type=int, default=5, help="copies of each sample scan")
    parser.add_argument("--rounds", type=int, default=2, help="batches of each sort, taken in turns")
    parser.add_argument("--kind", choices=["refused", "silent"], default="silent")
    asked = parser.parse_args()
    with scratch() as folder:
        here = Path(folder)
        (here / "scans").mkdir()
        scans, bundle = copies(here / "scans", asked.repeat), BUNDLE
        run(here / "warm", one_of(here), bundle, deliver=False)
        reachable, unreachable = [], []
        for n in range(asked.rounds):
            reachable.append(run(here / f"up-{n}", scans, bundle, deliver=True))
            with outage(asked.kind):
                unreachable.append(run(here / f"down-{n}", scans, bundle, deliver=True))
        report(asked.kind, reachable, unreachable)
        for n, timing in enumerate(unreachable):
            deliver_later(here / f"down-{n}", timing)


def report(kind: str, reachable: list[Timing], unreachable: list[Timing]) -> None:
    up_s, down_s = median(t.batch_s for t in reachable), median(t.batch_s for t in unreachable)
    print(f"{reachable[0].facts.pages} pages, {reachable[0].facts.fields} fields; the store is {kind}")
    print(f"store reachable    {up_s:7.2f} s, and {median(t.drain_s for t in reachable):.2f} s to deliver the rest")
    print(f"store unreachable  {down_s:7.2f} s ({down_s / up_s - 1:+.1%}), and "
          f"{median(t.drain_s for t in unreachable):.2f} s to give up")  # fmt: skip
    up_cpu_s, down_cpu_s = median(t.batch_cpu_s for t in reachable), median(t.batch_cpu_s for t in unreachable)
    print(f"CPU of the batch   {up_cpu_s:7.2f} s and {down_cpu_s:.2f} s ({down_cpu_s / up_cpu_s - 1:+.1%})")
    for timing in unreachable:
        assert timing.report and timing.report.pending == timing.facts.pages + 2, timing.report
        print(f"  said: {timing.report.line}")


def deliver_later(store: Path, timing: Timing) -> None:
    """Deliver what waited, and count it back."""
    with open_ledger(f"sqlite:///{store}/ledger.db") as ledger:
        said = deliver(ledger, store)
        written = len(ledger.predictions_frame(timing.facts.batch_id))
    tracking = Tracking(store)
    arrived = tracking.parquet_rows(tracking.open_run("recognition", timing.facts.batch_id), "predictions")
    assert said.pending == 0 and arrived == written, (said, arrived, written)
    print(f"delivered later: {said.delivered} parcels; {arrived} predictions in MLflow, {written} in the ledger")


if __name__ == "__main__":
    main()
