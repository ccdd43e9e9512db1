"""Fifty people at once, and processes that die: each lease is given once, and no vote that was acknowledged is lost."""

import multiprocessing
import os
import signal
import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from multiprocessing.synchronize import Barrier
from pathlib import Path
from random import Random

import pytest

from serving.ledger import Ledger, open_ledger
from serving.queue import Lease, Queue, Rules
from tests.serving.queue.desk import Said, file_people, opened, taken, task
from tests.serving.queue.test_histories import rows

CROWD = [f"person{n:02d}" for n in range(50)]


def test_fifty_people_four_thousand_leases_each_given_once(ledger: Ledger) -> None:
    tasks = [task(n, 1 + n % 3) for n in range(2000, 4000)] + [task(n, 5, votes=2) for n in range(1000)]
    queue = opened(ledger, tasks, people=tuple(CROWD))

    def work(person: str) -> list[Lease]:
        had: list[Lease] = []
        while leases := queue.lease(person, f"sitting {len(had) // 20}", count=4):
            had += leases
            for lease in leases:
                taken(queue.submit(lease.token, person, Said(person)))
        return had

    with ThreadPoolExecutor(len(CROWD)) as pool:
        had = [lease for some in pool.map(work, CROWD) for lease in some]
    assert len(had) == 4000 and len({lease.token for lease in had}) == 4000
    assert len({lease.task_id for lease in had}) == 3000
    assert queue.counts() == () and len(queue.ripe(5000)) == 3000
    assert rows(ledger, "SELECT count(*) FROM votes") == [(4000,)]
    twice = "SELECT 1 FROM leases GROUP BY person_id, crop_id HAVING count(*) > 1"
    together = "SELECT 1 FROM leases GROUP BY person_id, sitting, record_id HAVING count(*) > 1"
    wrong = "SELECT 1 FROM votes GROUP BY task_id HAVING count(*) > 2"
    assert rows(ledger, twice) == rows(ledger, together) == rows(ledger, wrong) == []


def test_one_person_in_many_windows_still_gets_no_record_twice(ledger: Ledger) -> None:
    queue = opened(ledger, [task(n, votes=3) for n in range(80)], people=("ada",))  # 20 records
    with ThreadPoolExecutor(16) as pool:
        had = [lease for some in pool.map(lambda _: queue.lease("ada", "morning"), range(40)) for lease in some]
    assert len(had) == 20 and len({int(lease.task_id[1:]) // 4 for lease in had}) == 20


PATIENCE_S = 60.0


def _work(url: str, person: str, acknowledged: str, all_are_there: Barrier) -> None:
    """Answers until it is killed; notes what it was told is done."""
    with open_ledger(url) as ledger, Path(acknowledged).open("a") as notes:
        queue = Queue(ledger, Rules(undo_s=0))
        all_are_there.wait(PATIENCE_S)  # who is there early must not have done everything before the last one comes
        for sitting in range(1000):
            for lease in queue.lease(person, str(sitting), count=2):
                taken(queue.submit(lease.token, person, Said(f"{person} {lease.token}")))
                print(lease.token, file=notes, flush=True)


@pytest.fixture
def killed(ledger: Ledger, tmp_path: Path) -> Iterator[tuple[Queue, set[int]]]:
    """A queue on which eight people at a time worked until they were killed, and the votes that they were told of."""
    random = Random(7)
    queue = opened(ledger, [task(n, 1, votes=2) for n in range(3000)], Rules(undo_s=0), tuple(CROWD))
    context = multiprocessing.get_context("forkserver")  # a fork of this process might inherit locks of its threads
    context.set_forkserver_preload([__name__])
    people = CROWD[:8]
    together = context.Barrier(len(people))
    workers = [context.Process(target=_work, args=(ledger.url, who, str(tmp_path / who), together)) for who in people]
    for worker in workers:
        worker.start()
    files = [tmp_path / who for who in people]
    until = time.monotonic() + PATIENCE_S
    # Not each of them: SQLite lets others write first for long, and they might have done everything by then.
    while time.monotonic() < until and sum(len(file.read_text().split()) for file in files if file.exists()) < 100:
        time.sleep(0.01)
    for worker in workers:
        time.sleep(random.random() / 5)
        with suppress(ProcessLookupError):
            os.kill(worker.pid or 0, signal.SIGKILL)
        worker.join()
    yield queue, {int(line) for file in files if file.exists() for line in file.read_text().split("\n")[:-1]}


def test_who_is_killed_loses_no_vote_that_was_acknowledged(killed: tuple[Queue, set[int]], ledger: Ledger) -> None:
    queue, acknowledged = killed
    votes = {token for (token,) in rows(ledger, "SELECT token FROM votes")}
    assert acknowledged and acknowledged <= votes and len(votes - acknowledged) <= 8
    ended = {token for (token,) in rows(ledger, "SELECT token FROM lease_ends")}
    assert ended == votes
    waiting = rows(ledger, "SELECT count(*) FROM slots")[0][0]
    assert waiting == 6000 - len(votes) and waiting >= 3000
    file_people(ledger, "later")
    assert len(queue.lease("later", "sitting", count=10)) == 10  # nothing is locked by the dead
