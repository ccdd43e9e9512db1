"""Nothing is settled twice, and nothing that somebody was told is durable is lost."""

import multiprocessing
import os
import signal
import threading
from itertools import count
from pathlib import Path
from random import Random
from time import monotonic, sleep

import pytest

from serving.consensus import Entry
from serving.ledger import Ledger, open_ledger
from serving.ledger.writing import Writing
from serving.metrics import production_metrics
from serving.office import Implausible, Office, Rules, Submitted, settling
from serving.office.filing import task_id_of
from serving.truth.correct import Row, correct
from serving.truth.settle import settle
from tests.serving.office import house


def keyed(ledger: Ledger) -> Office:
    """Three fields with all the votes that they want, none of them settled."""
    house.read_batch(ledger, doubtful=("old_policy",))
    office = house.opened(ledger, "ann", "ben", "cyd")
    office.tick()
    for n in range(3):
        house.key_in(office, "ann", house.one(office, "ann", f"sitting {n}", kinds=["code"]))
    return office


def all_verdicts(ledger: Ledger) -> int:
    with ledger.truth() as truth:
        return sum(len(items) for items in truth.verdicts_on(truth.crops_judged()).values())


def test_two_ticks_at_once_settle_once(ledger: Ledger) -> None:
    """Threads of one process, and of another with a ledger of its own, all at the same moment."""
    keyed(ledger)
    with open_ledger(ledger.url) as other:
        offices = [Office(opened, rules=house.AT_ONCE) for opened in (ledger, ledger, other, other)]
        offices.append(offices[0])
        start, ticked = threading.Barrier(len(offices)), []

        def tick(office: Office) -> None:
            start.wait()
            ticked.append(office.tick())

        threads = [threading.Thread(target=tick, args=(office,)) for office in offices]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
    offices[0].tick()
    assert sum(came.settled for came in ticked) <= 3 and len(ticked) == len(offices)
    assert all_verdicts(ledger) == 3


def test_whoever_settles_in_spite_of_the_lock_settles_nothing_twice(ledger: Ledger) -> None:
    """The lock spares work; that a field is settled once does not rest on it."""
    office = keyed(ledger)
    ripe = office.queue.ripe()
    for _ in range(2):
        with ledger.writing() as writing:
            office._ticker.settler.settle(writing, ripe)
    assert all_verdicts(ledger) == 3 and office.queue.ripe() == ()


def test_a_verdict_and_its_task_change_together(ledger: Ledger, monkeypatch: pytest.MonkeyPatch) -> None:
    """What fails between the two leaves both as they were, and the next tick does it."""
    office = keyed(ledger)

    def fails(writing: Writing, verdicts: object) -> None:
        settle(writing, verdicts)  # type: ignore[arg-type]
        raise RuntimeError("the power is gone")

    with monkeypatch.context() as broken:
        broken.setattr(settling, "file_verdicts", fails)
        with pytest.raises(RuntimeError, match="power"):
            office.tick()
    assert all_verdicts(ledger) == 0 and len(office.queue.ripe()) == 3
    assert office.tick().settled == 3 and all_verdicts(ledger) == 3


SHORT = Rules(undo_s=0, lease_s=1.0)
"""What lies on the desk of the dead is soon somebody else's."""


PATIENCE_S = 60.0


def clerk(url: str, person: str, notes: Path) -> None:
    """Key one field after the other, settle in between, and write down what is durable; until killed."""
    with open_ledger(url) as ledger, notes.open("a") as told:
        office = Office(ledger, rules=SHORT, bar=house.NO_GOLD, random=Random(person))
        for number in count():
            for lease in office.lease(person, f"{person} {number}"):
                if isinstance(house.try_to_key(office, person, lease), Submitted):
                    print(lease.token, file=told, flush=True)
            office.tick()


def killed_clerks(ledger: Ledger, folder: Path) -> set[int]:
    """Twelve clerks, four at a time, are killed at any moment; the votes that they were told of."""
    random, context = Random(3), multiprocessing.get_context("forkserver")  # a fork here might inherit threads' locks
    context.set_forkserver_preload([__name__])
    queue = Office(ledger).queue
    files = [folder / f"clerk {n}" for n in range(12)]
    for start in range(0, len(files), 4):
        some = files[start : start + 4]
        workers = [context.Process(target=clerk, args=(ledger.url, file.name, file)) for file in some]
        for worker in workers:
            worker.start()
        until = monotonic() + PATIENCE_S
        while (
            monotonic() < until and queue.counts() and not all(file.exists() and file.stat().st_size for file in some)
        ):
            sleep(0.05)
        for worker in workers:
            sleep(random.random() / 10)
            os.kill(worker.pid or 0, signal.SIGKILL)
            worker.join()
    return {int(line) for file in files if file.exists() for line in file.read_text().split("\n")[:-1]}


def test_clerks_that_are_killed_lose_nothing(ledger: Ledger, tmp_path: Path) -> None:
    """SIGKILL finds them keying, settling, or in between; whoever comes next finishes the work."""
    every = ("policy", "old_policy", "ssn", "surname")
    batches = [house.read_batch(ledger, doubtful=every, salt=salt) for salt in range(1, 7)]
    office = house.opened(ledger, *(f"clerk {n}" for n in range(12)), "ann", "ben", "cyd", "eve", rules=SHORT)
    assert office.tick().filed == 72
    told = killed_clerks(ledger, tmp_path)
    sleep(SHORT.lease_s)
    for _ in range(60):
        house.key_all(office, "ann", "ben", "cyd")
        house.key_all(office, "eve", role="expert")
        office.tick()
        if not office.queue.counts() and not office.queue.ripe():
            break
    assert not office.queue.counts() and not office.queue.ripe()
    fields = [use for batch_id in batches for use in house.uses(ledger, batch_id).values()]
    votes = {vote.token for use in fields for vote in office.queue.votes(task_id_of(use.crop_id, "production"))}
    assert len(told) >= 4 and told <= votes
    for use in fields:
        (said,) = house.verdicts(ledger, use.crop_id)
        assert said.text == house.TRUTH.get(use.reading.text, use.reading.text)
    with ledger.truth() as truth:
        assert [event.event for event in truth.events()] == ["completed"] * 18


def test_in_audits_the_model_never_votes(ledger: Ledger) -> None:
    """One person who says what the machine says settles no audit; two do, and only that is counted as its answer."""
    batch_id = house.read_batch(ledger, audit=0.5)
    office = house.opened(ledger, "ann", "ben", "cyd", "dan")
    office.tick()
    audited = {use.crop_id: use for use in house.uses(ledger, batch_id).values() if use.reading.decision == "audit"}
    tasks = {crop_id: office.queue.task(task_id_of(crop_id, "audit")) for crop_id in audited}
    assert tasks and all(task.votes == 2 and task.consensus == "two_plus_tiebreak" for task in tasks.values())
    house.key_all(office, "ann")
    office.tick()
    assert not any(house.verdicts(ledger, crop_id) for crop_id in audited)
    assert production_metrics(ledger).accuracy.answered == 0
    for person in ("ben", "cyd", "dan"):
        house.key_all(office, person)
        office.tick()
    accuracy = production_metrics(ledger).accuracy
    assert accuracy.answered == accuracy.audits == len(audited)
    wrong = sum(use.reading.text in house.TRUTH for use in audited.values())
    assert accuracy.wrong == wrong
    for crop_id in audited:
        (said,) = house.verdicts(ledger, crop_id)
        assert said.evidence["purpose"] == "audit" and len(said.evidence["votes"]) >= 2


def test_what_a_customer_settles_is_asked_no_more(ledger: Ledger) -> None:
    house.read_batch(ledger)
    office = house.opened(ledger, "ann")
    office.tick()
    lease = house.one(office, "ann", "morning")
    correct(ledger, [Row(line=2, field="s3.png:1:surname", value="Weber")], by="acme.csv")
    assert office.tick().closed == 1 and not office.queue.counts()
    assert not isinstance(office.submit(lease.token, "ann", Entry(text="Webb")), Submitted)


def test_a_correction_that_is_taken_back_asks_again(ledger: Ledger) -> None:
    """What a customer's word had closed is open again: at once, after a restart, and where the field was filed as known
    already."""
    house.read_batch(ledger)
    office = house.opened(ledger, "ann", "ben", "cyd")
    office.tick()
    address = "s3.png:1:surname"
    correct(ledger, [Row(line=2, field=address, value="Weber")], by="acme 1.csv")
    assert office.tick().closed == 1 and not office.queue.counts()
    correct(ledger, [Row(line=2, field=address, value="", outcome="withdrawn")], by="acme 2.csv")
    assert office.tick().reopened == 1 and not office.tick().changed
    assert [count.wanted for count in office.queue.counts()] == [1]
    correct(ledger, [Row(line=2, field=address, value="Weber")], by="acme 3.csv")
    assert office.tick().closed == 1
    correct(ledger, [Row(line=2, field=address, value="", outcome="withdrawn")], by="acme 4.csv")
    fresh = Office(ledger, rules=house.AT_ONCE, bar=house.NO_GOLD, random=Random(2))
    assert fresh.tick().reopened == 1
    house.key_all(fresh, "ann", "ben")
    fresh.tick()
    house.key_all(fresh, "ann", "ben", "cyd")
    fresh.tick()
    said = house.verdicts(ledger, house.uses(ledger, "batch 0")[address].crop_id)[-1]
    assert (said.source, said.text) == ("crowd", "Webb") and not fresh.tick().changed


def test_what_was_known_when_it_was_filed_is_asked_when_it_is_taken_back(ledger: Ledger) -> None:
    house.read_batch(ledger)
    correct(ledger, [Row(line=2, field="s3.png:1:surname", value="Weber")], by="acme 1.csv")
    office = house.opened(ledger, "ann")
    assert office.tick().filed == 1 and not office.queue.counts()
    correct(ledger, [Row(line=2, field="s3.png:1:surname", value="", outcome="withdrawn")], by="acme 2.csv")
    assert office.tick().reopened == 1 and house.one(office, "ann", "morning").field == "surname"


def test_what_cannot_be_is_asked_again(ledger: Ledger) -> None:
    """An answer that breaks the rules of its field is no vote until it is confirmed; nonsense never is."""
    house.read_batch(ledger, doubtful=("ssn",))
    office = house.opened(ledger, "ann")
    office.tick()
    lease = house.one(office, "ann", "morning", kinds=["ssn"])
    with pytest.raises(Implausible, match="not nine digits") as refused:
        office.submit(lease.token, "ann", Entry(text="123-45"))
    assert refused.value.code == "not_an_ssn" and "123" not in str(refused.value)
    assert office.queue.votes(lease.task_id) == ()
    assert isinstance(office.submit(lease.token, "ann", Entry(text="123-45"), confirmed=True), Submitted)
    assert [vote.text for vote in office.queue.votes(lease.task_id)] == ["123-45"]
