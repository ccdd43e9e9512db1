"""A ledger with a life: pages read and delivered, votes of people, a verdict, a customer's correction, gold; and what
must not be found in any file once the first page is erased."""

from collections.abc import Iterable, Iterator
from pathlib import Path

from serving.ledger import Ledger
from serving.ledger.desk import Gold
from serving.ledger.statement import Verdict
from serving.queue import Queue, Rules, Task
from serving.truth.correct import Row, correct
from serving.truth.settle import settle
from tests.serving.queue.desk import Said, file_people
from tests.serving.truth import talk

SECRETS = ("F757558", "E757558", "123-45-6789", "123456780", "Fisher", "F112233", "said by Mr. Fisher")
"""All that was read in the first scan, or that people said of it."""

OTHERS = ("F757600", "123-45-6780", "Miller")
"""What belongs to the second, and stays."""


def live(ledger: Ledger, out: Path) -> dict[str, str]:
    """Fill the ledger; gives people's ids by name."""
    facts = talk.read_scans(ledger, out)
    ids = {name: name.lower() for name in ("Ada", "Bo", "Cy")}
    file_people(ledger, *ids.values())
    queue = Queue(ledger, Rules(undo_s=0))
    queue.add([_task(n, scan) for scan in ("s1", "s2") for n in range(4)])
    said = {"policy": "E757558", "ssn": "123456780", "surname": "Fisher", "old_policy": "F112233"}
    for name in ("Ada", "Bo"):
        for sitting in range(8):
            for lease in queue.lease(ids[name], f"{name} {sitting}"):
                value = said[lease.field] if lease.crop_id in crop_ids("s1") else "Miller"
                queue.submit(lease.token, ids[name], Said(value), seconds=2.0, keystrokes=9)
    with ledger.writing() as writing:
        settle(writing, [Verdict(crop_id=crop_ids("s1")[2], source="crowd", outcome="text", text="123456780",
                                 by="two_plus_tiebreak", evidence={"tokens": [1, 2]})])  # fmt: skip
    with ledger.desk() as desk:
        desk.tasks.add_gold([Gold(crop_id=crop_ids("s1")[3], outcome="text", text="FISHER", by="expert")], desk.now())
    row = Row(line=2, field="s1.png:1:policy", value="E757558", reason="said by Mr. Fisher")
    correct(ledger, [row], by="fixes.csv:abc")
    talk.write_records(ledger, facts, [talk.FORM], out)
    return ids


def _task(number: int, scan: str) -> Task:
    return Task(
        task_id=f"{scan}-{number}",
        crop_id=crop_ids(scan)[number],
        field=talk.FORM.fields[number].name,
        kind=talk.FORM.fields[number].kind,
        form="claim",
        consensus="two_plus_tiebreak",
        batch_id="batch",
        record_id=f"batch:{scan}:{number}",
        votes=3,
    )


def crop_ids(scan: str) -> list[str]:
    return [talk.crop_of(scan, number).crop_id for number in range(4)]


def traces_of(ledger: Ledger, scan: str) -> list[bytes]:
    """What gives a scan's pictures and values away in raw bytes: values, and the compressed pixels of its crops."""
    pictures = [ledger.crop_png(crop_id) for crop_id in crop_ids(scan)]
    values = SECRETS if scan == "s1" else OTHERS
    return [value.encode() for value in values] + [png[60:100] for png in pictures]


def found(needles: Iterable[bytes], files: Iterable[Path]) -> Iterator[tuple[bytes, str]]:
    listed = list(needles)
    for path in files:
        data = path.read_bytes()
        yield from ((needle, path.name) for needle in listed if needle in data)


def files_in(folder: Path) -> list[Path]:
    return [path for path in folder.rglob("*") if path.is_file()]
