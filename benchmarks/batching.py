"""Batched inference: milliseconds per line for batches of lines of one width, against one line at a time."""

import argparse
import time
from pathlib import Path

import numpy as np
from rich.console import Console
from rich.table import Table

from recognizer.bundle import load_bundle

BATCHES = (1, 2, 4, 8, 16, 32)
WIDTHS_PX = (96, 160, 256, 512)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--bundle", type=Path, default=Path("data/bundle"))
    parser.add_argument("--rounds", type=int, default=20)
    args = parser.parse_args()
    network, rng = load_bundle(args.bundle).general.network, np.random.default_rng(0)
    inputs = {
        (count, width): (rng.random((count, 1, 32, width)) > 0.85).astype(np.float32)
        for count in BATCHES
        for width in WIDTHS_PX
    }
    times: dict[tuple[int, int], list[float]] = {key: [] for key in inputs}
    for _ in range(
        args.rounds
    ):  # interleaved, so that a busy moment does not hit one size alone; the first call warms up
        for (count, width), lines in inputs.items():
            network(lines)
            started = time.perf_counter()
            network(lines)
            times[count, width].append((time.perf_counter() - started) / count)
    table = Table("lines at once", *(f"{width} px" for width in WIDTHS_PX), title="ms per line (against one at a time)")
    for count in BATCHES:
        cells = []
        for width in WIDTHS_PX:
            mine, alone = np.median(times[count, width]), np.median(times[1, width])
            cells.append(f"{1000 * mine:.2f} ({mine / alone:.2f})")
        table.add_row(str(count), *cells)
    Console().print(table)


if __name__ == "__main__":
    main()
