"""SIGKILL at any moment of an erasure: each page is whole or erased, and running it again completes it."""

import random
import signal
import subprocess
import sys
import time
from pathlib import Path

from serving.ledger import open_ledger
from serving.ledger.erasure import PICTURE
from serving.ledger.tombstones import SWEPT
from serving.privacy.erase import erase, page_named, sweep
from tests.serving import specimens as sample
from tests.serving.privacy.lived_in import found
from tests.serving.truth.talk import Quiet

KILLS = 6
SCANS = tuple(f"scan{number:02d}" for number in range(1, 40))


def read(url: str) -> None:
    from serving.batch.run import run_batch
    from serving.door import Door

    with open_ledger(url) as ledger:
        run_batch(sample.start("batch", SCANS), sample.two_pages, Door(sample.InkReader(), ledger), ledger, Quiet())


def killed(url: str, seconds: float) -> None:
    words = [sys.executable, "-m", "tests.serving.privacy.killed_erasure", url]
    with subprocess.Popen(words, stdout=subprocess.PIPE, cwd=Path(__file__).parents[3]) as process:
        assert process.stdout is not None
        process.stdout.readline()
        time.sleep(seconds)
        process.send_signal(signal.SIGKILL)


def test_a_killed_erasure_is_completed_by_running_it_again(memory_folder: Path) -> None:
    url, chance = f"sqlite:///{memory_folder}/ledger.db", random.Random(4)
    read(url)
    kills, some_gone = 0, False
    while kills < KILLS or not some_gone:  # a busy machine has not erased anything in the first tenths of a second
        kills += 1
        assert kills < 60
        killed(url, chance.uniform(0, 0.15 + kills / 40))
        with open_ledger(url) as ledger:
            assert_each_whole_or_erased(ledger)
            some_gone = bool(ledger.tombstones())
    with open_ledger(url) as ledger:
        done = [erase(ledger, page_named(ledger, f"batch:{n}:1"), reason="retention", by="ada") for n in range(1, 40)]
        assert any(item.again for item in done)
        sweep(ledger)
        stones = [stone for stones in ledger.tombstones().values() for stone in stones]
        assert len(stones) == 39 and all(SWEPT in stone.events for stone in stones)
        assert_each_whole_or_erased(ledger)
        answers = ledger.answers("batch")
    gone = [answer for (_, page), items in answers.items() for answer in items if page == 1]
    assert len(gone) == 39 * 3 and all(answer.prediction.reading.text.startswith("erased on") for answer in gone)
    kept = {answer.prediction.reading.text for (_, page), items in answers.items() for answer in items if page == 2}
    files = list(memory_folder.glob("ledger.db*"))
    assert {needle.decode() for needle, _ in found([text.encode() for text in kept], files)} == kept


def assert_each_whole_or_erased(ledger) -> None:  # type: ignore[no-untyped-def]
    for (scan_no, page_no), items in ledger.answers("batch").items():
        texts = [answer.prediction.reading.text.startswith("erased on") for answer in items]
        blanks = [ledger.crop_png(answer.prediction.crop_id) == PICTURE for answer in items]
        assert len({*texts, *blanks}) == 1, (scan_no, page_no)
