"""Which monitor tells each of fifteen faults, after how many fields, and what does it say? With controls.

    python -m benchmarks.monitors [--seed 1 --seed 2] [--out out/monitors] [--orders 20]

Pages are drawn, each of another person and hand, and really read by the bundle that ships: 160 quiet ones, of which
127 say what is usual; then for each fault 40 that have it, in a copy of the store. An office with two scanners has
twice as many. People are simulated on the same pages. Controls go the same way with nothing wrong; and all quiet pages
are looked at in other orders. What was read
is kept under `--out`, so the benchmark goes on where it was interrupted. A look is taken at the end; the page after
which an alarm was due follows from what it says.
"""

import argparse
import json
import shutil
import time
from collections.abc import Callable, Mapping
from dataclasses import asdict
from functools import partial
from pathlib import Path
from typing import Any

from benchmarks.fault_delays import Told, reordered, tell
from benchmarks.fault_models import Answers, Stale, Stuck, agrees_at_once, diligent, judged, keyed, says_blank
from benchmarks.fault_pages import FAULTS, NOTHING, OF_ONE_SCANNER, TWO, Fault
from benchmarks.fault_report import draw, right_stages, write_table
from benchmarks.fault_runs import copy_store, read_pages, url_of
from serving.columns import Asking, columns_of
from serving.diagnose import diagnose
from serving.ledger import Alarm, open_ledger
from serving.monitors import Settings, look

QUIET, FAULTY, CONTROL = range(160), range(1000, 1040), range(2000, 2040)
"""Numbers of pages."""
QUIET_OF_TWO, FAULTY_OF_TWO, CONTROL_OF_TWO = range(320), range(1000, 1080), range(2000, 2080)
SETTINGS = Settings(queue_hours=None, outbox_hours=None, page_seconds=None)
"""As they ship, but for plain limits, which are no statistics and have no delay to measure."""
Happens = Callable[[Path, int], None]
"""What happens in a store, by a seed, before the last look."""

SAYS = {
    "nothing (pages)": "control: as many pages with nothing wrong",
    "nothing (people)": "control: as many answers with nothing wrong",
    "nothing (two scanners)": "control: as many pages of two scanners with nothing wrong",
    **{name: fault.says for name, fault in FAULTS.items()},
    "one of two scanners": OF_ONE_SCANNER.says,
    "constants": "the model says of each field what it said first",
    "stale calibration": "as sure as before, half of what is written read wrong",
    "lazy: blank": "one of three people says that nothing is written",
    "lazy: agrees": "one of three people confirms the reading within a second",
}

STAGES = {
    **dict.fromkeys(("lower resolution", "skewed feeder", "darker copies", "JPEG again", "one of two scanners"),
                    "scan"),
    "boxes moved": "alignment",
    **dict.fromkeys(("new date style", "swapped kinds", "swapped names", "flood of blanks", "another language",
                     "constants"), "reading"),
    "stale calibration": "calibration",
    **dict.fromkeys(("lazy: blank", "lazy: agrees"), "people"),
}  # fmt: skip
"""Where each fault is: what `penfield diagnose` should suspect. What is written otherwise is seen in what is read."""


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--seed", type=int, action="append", help="1 and 2 where none is named")
    parser.add_argument("--out", type=Path, default=Path("out/monitors"))
    parser.add_argument("--orders", type=int, default=20, help="in which the quiet pages of a seed are looked at")
    asked = parser.parse_args()
    seeds = asked.seed or [1, 2]
    found = {seed: catalogue(asked.out / str(seed), seed) for seed in seeds}
    table = write_table(asked.out / "faults.md", SAYS, found)
    draw(asked.out / "faults.png", SAYS, found)
    print(table)
    for seed in seeds:
        right, faults = right_stages(STAGES, found[seed])
        print(f"seed {seed}: the stage that is suspected is right for {right} of {faults} faults that are told")
        sounded = [bool(each) for each in orders(asked.out / str(seed), asked.orders)]
        print(f"seed {seed}: {sum(sounded)} of {len(sounded)} orders of its 200 quiet pages sound")
    print(f"table and picture: {asked.out}/faults.md, {asked.out}/faults.png")


def catalogue(folder: Path, seed: int) -> dict[str, list[Told]]:
    """What was told of each fault, by its name."""
    quiet = once(folder / "quiet", None, lambda store, _: read_pages(store, seed, QUIET), seed)
    usual = once(folder / "usual", quiet, _looked, seed)
    two = once(folder / "two scanners", None, partial(_two_scanners, numbers=QUIET_OF_TWO), seed)
    usual_of_two = once(folder / "usual of two", two, _looked, seed)
    settled = once(folder / "settled", usual, _settled, seed)
    staffed = once(folder / "staffed", usual, _staffed, seed)
    happens: Mapping[str, tuple[Path, Happens]] = {
        "nothing (pages)": (usual, partial(_pages, numbers=CONTROL)),
        "nothing (people)": (staffed, partial(_people, answers=diligent)),
        "nothing (two scanners)": (usual_of_two, partial(_two_scanners, numbers=CONTROL_OF_TWO)),
        **{name: (usual, partial(_pages, fault=fault)) for name, fault in FAULTS.items()},
        "one of two scanners": (usual_of_two, partial(_two_scanners, numbers=FAULTY_OF_TWO, fault=OF_ONE_SCANNER)),
        "constants": (usual, partial(_pages, wrap=Stuck)),
        "stale calibration": (settled, _stale),
        "lazy: blank": (staffed, partial(_people, answers=says_blank)),
        "lazy: agrees": (staffed, partial(_people, answers=agrees_at_once)),
    }
    return {name: told(folder, name, *how, seed) for name, how in happens.items()}


def told(folder: Path, name: str, before: Path, happens: Happens, seed: int) -> list[Told]:
    """What the monitors tell of a fault; alarms of before do not count."""
    kept = folder / f"{name}.json"
    if not kept.exists():
        store = once(folder / name, before, happens, seed)
        onset = json.loads((store / "onset.json").read_text())
        found = [asdict(each) for each in tell(store, _look(store), onset, partial(_suspected, store))]
        kept.write_text(json.dumps(found, indent=1))
        if not name.startswith("nothing"):
            shutil.rmtree(store)
    return [Told(**each) for each in json.loads(kept.read_text())]


def once(store: Path, before: Path | None, happens: Happens, seed: int) -> Path:
    """A store that goes on from another; made at once or not at all."""
    if store.exists():
        return store
    part = store.with_name(store.name + ".part")
    shutil.rmtree(part, ignore_errors=True)
    if before is None:
        part.mkdir(parents=True)
    else:
        copy_store(before, part)
    (part / "onset.json").write_text(json.dumps(time.time()))
    happens(part, seed)
    part.rename(store)
    return store


def orders(folder: Path, count: int) -> list[list[str]]:
    """The monitors that sound where the quiet pages come in another order, which is as likely as any."""
    kept = folder / "orders.json"
    found: list[list[str]] = json.loads(kept.read_text()) if kept.exists() else []
    for number in range(len(found), count):
        store = folder / "order"
        shutil.rmtree(store, ignore_errors=True)
        reordered(folder / "nothing (pages)", store, number)
        found.append([each.monitor for each in _look(store)])
        kept.write_text(json.dumps(found))
        shutil.rmtree(store)
    return found[:count]


def _look(store: Path) -> tuple[Any, ...]:
    with open_ledger(url_of(store)) as ledger:
        return look(ledger, columns_of(store), SETTINGS).sounded


def _suspected(store: Path, alarm: Alarm) -> str:
    with Asking(columns_of(store)) as asking:
        return diagnose(asking.ask, alarm).suspicion.stage


def _looked(store: Path, seed: int) -> None:
    if sounded := _look(store):
        raise SystemExit(f"seed {seed}: quiet pages sounded {[each.monitor for each in sounded]}")


def _pages(store: Path, seed: int, numbers: range = FAULTY, **how: Any) -> None:
    read_pages(store, seed, numbers, how.get("fault", NOTHING), how.get("wrap"))


def _two_scanners(store: Path, seed: int, numbers: range, fault: Fault = NOTHING) -> None:
    read_pages(store, seed, numbers, fault, devices=TWO)


def _settled(store: Path, seed: int) -> None:
    judged(store, QUIET, seed)
    time.sleep(1)  # answers are filed a millisecond apart from now on
    _looked(store, seed)


def _stale(store: Path, seed: int) -> None:
    read_pages(store, seed, FAULTY, wrap=Stale)
    judged(store, FAULTY, seed)
    time.sleep(1)


def _staffed(store: Path, seed: int) -> None:
    read_pages(store, seed, CONTROL)
    keyed(store, QUIET, seed)
    time.sleep(1)
    _looked(store, seed)


def _people(store: Path, seed: int, answers: Answers) -> None:
    keyed(store, CONTROL, seed, answers)
    time.sleep(1)


if __name__ == "__main__":
    main()
