"""Is the memory of a long batch flat? Sampled over `penfield recognize` and all of its children, plotted.

    python -m benchmarks.memory [--pages 2000] [--workers 2] [--picture out/memory.png] [--bundle data/bundle]

The sample scans that ship, copied until they have so many pages, each copy with bytes of its own. Resident memory, all
processes together: what they share counts for each of them, so the truth is a little less. The slope is that of a
straight line through the samples after the first fifth of the time, by least squares.
"""

import argparse
import subprocess
import sys
import time
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import psutil

from benchmarks.sample_runs import BUNDLE, DATA, copies, scratch

EVERY_S = 0.25
PAGES_OF_SAMPLES = 18
WARM_UP = 0.2
"""Share of the time in which libraries are loaded and the first pages of every kind come in."""


@dataclass(frozen=True, kw_only=True)
class Sampled:
    """Seconds since the start, resident bytes of the command and of its children then, and pages that came out."""

    at_s: np.ndarray
    command_bytes: np.ndarray
    children_bytes: np.ndarray
    pages: int

    @property
    def total_mb(self) -> np.ndarray:
        return (self.command_bytes + self.children_bytes) / 1e6

    @property
    def slope_mb(self) -> float:
        """Growth in MB over a thousand pages."""
        late = self.at_s > WARM_UP * self.at_s[-1]
        per_s = float(np.polyfit(self.at_s[late], self.total_mb[late], 1)[0])
        return per_s * float(self.at_s[-1]) / self.pages * 1000


def sampled(command: list[str], records: Path) -> Sampled:
    """Run a command to its end and look at its memory every quarter of a second."""
    samples, began_s = [], time.monotonic()
    running = subprocess.Popen(command, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
    process = psutil.Process(running.pid)
    while running.poll() is None:
        children = sum(_rss(child) for child in _children(process))
        samples.append((time.monotonic() - began_s, _rss(process), children))
        time.sleep(EVERY_S)
    if running.returncode:
        raise SystemExit(f"{' '.join(command)} ended with {running.returncode}")
    at_s, own, children_bytes = np.array(samples[:-1] or samples, float).T
    pages = sum(1 for _ in records.open(encoding="utf-8"))
    return Sampled(at_s=at_s, command_bytes=own, children_bytes=children_bytes, pages=pages)


def _children(process: psutil.Process) -> list[psutil.Process]:
    try:
        return process.children(recursive=True)
    except psutil.NoSuchProcess:
        return []


def _rss(process: psutil.Process) -> int:
    try:
        return process.memory_info().rss
    except psutil.NoSuchProcess:
        return 0


def draw(found: Sampled, path: Path) -> None:
    import matplotlib

    matplotlib.use("Agg")
    import matplotlib.pyplot as plt

    figure, axes = plt.subplots(figsize=(9, 4), layout="constrained")
    layers = found.command_bytes / 1e6, found.children_bytes / 1e6
    axes.stackplot(found.at_s, *layers, labels=("command", "children"), alpha=0.8)
    axes.axhline(1500, color="black", linestyle=":", linewidth=1)
    axes.set(xlabel="seconds", ylabel="MB resident", xlim=(0, found.at_s[-1]), ylim=(0, None))
    growth = f"{found.slope_mb:+.1f} MB in 1,000 pages"
    axes.set_title(f"{found.pages:,} pages: at most {found.total_mb.max():.0f} MB, {growth}")
    axes.legend(loc="lower right", frameon=False)
    path.parent.mkdir(parents=True, exist_ok=True)
    figure.savefig(path, dpi=120)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--pages", type=int, default=2000)
    parser.add_argument("--workers", type=int, default=2)
    parser.add_argument("--picture", type=Path, default=Path("out/memory.png"))
    parser.add_argument("--bundle", type=Path)
    asked = parser.parse_args()
    with scratch() as folder:
        here = Path(folder)
        (here / "scans").mkdir()
        copies(here / "scans", -(-asked.pages // PAGES_OF_SAMPLES))
        forms = [part for form in sorted((DATA / "forms").glob("*.yaml")) for part in ("--form", str(form))]
        places = ["--out", f"{here}/out", "--store", f"{here}/store", "--bundle", str(asked.bundle or BUNDLE)]
        options = ["--workers", str(asked.workers), "--deliver-later"]
        penfield = str(Path(sys.executable).with_name("penfield"))
        found = sampled(
            [penfield, "recognize", *forms, *places, *options, str(here / "scans")], here / "out/records.jsonl"
        )
    draw(found, asked.picture)
    print(f"{found.pages:,} pages in {found.at_s[-1]:.0f} s: at most {found.total_mb.max():.0f} MB", end=" ")
    print(f"(command {found.command_bytes.max() / 1e6:.0f}, children {found.children_bytes.max() / 1e6:.0f}),", end=" ")
    print(f"growing by {found.slope_mb:+.1f} MB in 1,000 pages; picture: {asked.picture}")


if __name__ == "__main__":
    main()
