"""A ledger with crops enough for any number of tasks, and short ways to say what the tests say often."""

from dataclasses import dataclass

from sqlalchemy import create_engine

from serving.ledger import Ledger, schema
from serving.queue import Lease, Queue, Rules, Submitted, Task

KINDS = ("name", "date", "ssn", "amount")


@dataclass(frozen=True)
class Said:
    text: str = "F757558"
    outcome: str = "text"


def file_people(ledger: Ledger, *names: str) -> None:
    with ledger.desk() as desk:
        for name in names:
            desk.people.add(name, name.title(), desk.now())


def file_crops(ledger: Ledger, crop_ids: list[str]) -> None:
    rows = [{"crop_id": crop_id, "png": b"png", "dpi": 150.0, "steps": "[]", "marks": "[]"} for crop_id in crop_ids]
    engine = create_engine(ledger.url)
    with engine.begin() as connection:
        connection.execute(schema.crops.insert(), rows)
    engine.dispose()


def task(n: int, fields: int = 4, **settings: object) -> Task:
    """Field `n` of all: so many of them make one record."""
    values: dict[str, object] = {
        "task_id": f"t{n:06d}",
        "crop_id": f"c{n:06d}",
        "field": f"field_{n % fields}",
        "kind": KINDS[n % len(KINDS)],
        "consensus": "two_plus_tiebreak",
        "record_id": f"batch:{n // fields}:1",
        "form": "insurance_application",
    }
    return Task(**values | settings)  # type: ignore[arg-type]


def opened(ledger: Ledger, tasks: list[Task], rules: Rules | None = None, people: tuple[str, ...] = ()) -> Queue:
    """A queue with these tasks, their crops and these people."""
    file_people(ledger, *people)
    file_crops(ledger, sorted({item.crop_id for item in tasks}))
    queue = Queue(ledger, rules or Rules(undo_s=0))
    assert queue.add(tasks) == len(tasks)
    return queue


def one(queue: Queue, person: str, sitting: str = "morning", **settings: object) -> Lease:
    leases = queue.lease(person, sitting, **settings)  # type: ignore[arg-type]
    assert len(leases) == 1
    return leases[0]


def taken(answer: object) -> Submitted:
    assert isinstance(answer, Submitted), answer
    return answer
