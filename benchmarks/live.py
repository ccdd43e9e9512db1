"""The live view over a day of 100,000 fields: what a snapshot costs, and what it costs whoever asks meanwhile.

    python -m benchmarks.live [--pages 15400] [--repeat 15]

A day is drawn into a ledger; the first snapshot brings the columns up to it, later ones only to what came in since. A
scrape is a real request by key to the real server on loopback, answered from the snapshot that is kept.
"""

import argparse
import tempfile
import threading
import time
from collections.abc import Callable
from datetime import date
from functools import partial
from pathlib import Path
from statistics import median
from typing import TypeVar

import requests
import uvicorn

from benchmarks.daily import DAY_S
from benchmarks.drawn_ledger import START, draw
from serving.api.keys import add_key
from serving.ledger import Ledger, open_ledger
from serving.live import Keeper, metrics_router, snapshot_of
from serving.office import Office
from serving.promise import Policy
from serving.review import create_app

T = TypeVar("T")


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--pages", type=int, default=15_400, help="of eight fields each")
    parser.add_argument("--repeat", type=int, default=15)
    asked = parser.parse_args()
    day = date(START.year, START.month, START.day)
    with tempfile.TemporaryDirectory() as folder, open_ledger(f"sqlite:///{folder}/ledger.db") as ledger:
        draw(ledger, asked.pages, every_s=DAY_S / asked.pages)
        make = partial(snapshot_of, ledger, Path(folder), Policy(), day)
        first, snapshot = timed(make)
        later = median(timed(make)[0] for _ in range(asked.repeat))
        keeper = Keeper(make)
        scrapes = scraped(ledger, keeper, 20 * asked.repeat)
    print(f"{snapshot.today['fields']:,} fields: the first snapshot {first:.1f} s, later ones {later:.2f} s (median)")
    print(f"a scrape of what is kept {1000 * median(scrapes):.1f} ms (median of {len(scrapes)}), "
          f"{later / median(scrapes):.0f} times as fast as a snapshot")  # fmt: skip


def timed(work: Callable[[], T]) -> tuple[float, T]:
    """Seconds, and what came of it."""
    began = time.perf_counter()
    done = work()
    return time.perf_counter() - began, done


def scraped(ledger: Ledger, keeper: Keeper, count: int) -> list[float]:
    """Seconds of each of so many scrapes; no new snapshot falls due meanwhile."""
    app = create_app(Office(ledger), live=keeper, routers=[metrics_router(ledger, keeper)], tick_s=None)
    server = uvicorn.Server(uvicorn.Config(app, port=0, log_level="warning", access_log=False))
    thread = threading.Thread(target=server.run, daemon=True)
    thread.start()
    while not server.started:
        time.sleep(0.01)
    port = server.servers[0].sockets[0].getsockname()[1]
    http = requests.Session()
    http.headers["Authorization"] = f"Bearer {add_key(ledger, 'bench', ['metrics'])}"
    spent, kept = [], keeper.get()
    while len(spent) < count:
        seconds, answer = timed(lambda: http.get(f"http://127.0.0.1:{port}/metrics", timeout=30))
        answer.raise_for_status()
        if keeper.get() is not kept:
            break
        spent.append(seconds)
        time.sleep(0.1)  # a key may ask ten times a second
    server.should_exit = True
    thread.join()
    return spent


if __name__ == "__main__":
    main()
