"""The same ledger in PostgreSQL; skipped where no server can be started or no driver is installed."""

from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest
from sqlalchemy import create_engine, text
from sqlalchemy.exc import DBAPIError

from serving.batch.run import run_batch
from serving.door import Door
from serving.ledger import Ledger, open_ledger
from tests.serving import specimens as sample
from tests.serving.killed_batch import Quiet

DIGESTS = ("s1", "s2")


@pytest.fixture(scope="module")
def url(postgres_database: Callable[[], str]) -> str:
    return postgres_database()


def test_several_may_create_the_ledger_at_once(url: str) -> None:
    with ThreadPoolExecutor(4) as pool:
        for ledger in pool.map(lambda _: open_ledger(url), range(4)):
            ledger.close()


def test_a_batch_is_the_same_as_in_sqlite(url: str, tmp_path: Path) -> None:
    with open_ledger(url) as one, open_ledger(f"sqlite:///{tmp_path}/ledger.db") as other:
        answers = [_read(ledger) for ledger in (one, other)]
        assert answers[0] == answers[1] and len(answers[0]) == 12
        assert one.batch("batch").pages_by_status == {"read": 4}
        assert len(one.pages_frame("batch")) == 4 and one.latest_batch() == "batch"
        keys = [parcel.key for parcel in one.pending()]
        assert keys == [parcel.key for parcel in other.pending()] and len(keys) == 6
        one.mark_delivered(keys)
        one.mark_delivered(keys)
        assert one.pending() == []


def _read(ledger: Ledger) -> list[tuple[object, ...]]:
    door = Door(sample.InkReader(), ledger)
    run_batch(sample.start("batch", DIGESTS), sample.two_pages, door, ledger, Quiet())
    frame = ledger.predictions_frame("batch")
    columns = ["prediction_id", "field", "outcome", "text", "confidence", "decision", "alternatives", "threshold"]
    rows = frame[columns].astype(object).where(frame[columns].notna(), None)  # NaN differs from itself
    return list(rows.itertuples(index=False, name=None))


@pytest.mark.parametrize("statement", ["update predictions set text = ''", "delete from decisions", "truncate outbox"])
def test_no_row_can_be_changed_or_removed(url: str, statement: str) -> None:
    open_ledger(url).close()
    engine = create_engine(url)
    suffix = " cascade" if statement.startswith("truncate") else ""
    with pytest.raises(DBAPIError, match="append-only"), engine.begin() as connection:
        connection.execute(text(statement + suffix))
    engine.dispose()
