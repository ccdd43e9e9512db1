"""A batch in a process of its own, for the test that kills it: `python -m tests.serving.killed_batch FOLDER`.

Its pages have crops of random pixels and its reader says what it finds in them; ledger, door, batch and records are
the real ones.
"""

import sys
import time
from pathlib import Path

from recognizer.reading import Crop, Reading
from serving.batch.records import check_folder, write_records
from serving.batch.run import run_batch
from serving.door import Door
from serving.ledger import open_ledger
from tests.serving import specimens as sample

SCANS = tuple(f"scan{number}" for number in range(20))
READ_S = 0.008


class SlowReader(sample.InkReader):
    def read(self, crop: Crop, folder: Path = Path()) -> Reading:
        time.sleep(READ_S)
        return super().read(crop, folder)


class Quiet:
    def begins(self, scans: int, done: int) -> None:
        print("begun", flush=True)

    def page(self, entry: object, answers: object) -> None:
        pass

    def scan_ends(self) -> None:
        pass


def main(folder: Path) -> None:
    with open_ledger(f"sqlite:///{folder}/ledger.db") as ledger:
        door = Door(SlowReader(), ledger)
        facts = run_batch(sample.start("batch", SCANS), sample.two_pages, door, ledger, Quiet())
        check_folder(folder / "out")
        write_records(ledger, facts, [sample.FORM], folder / "out")


if __name__ == "__main__":
    main(Path(sys.argv[1]))
