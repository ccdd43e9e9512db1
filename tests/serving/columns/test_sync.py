"""The columns follow the ledger: nothing twice, nothing missed, nothing that was erased, nothing unmasked."""

import multiprocessing
from collections.abc import Iterator
from pathlib import Path
from time import sleep

import pytest
from sqlalchemy import create_engine

from benchmarks.drawn_ledger import at, draw
from recognizer.errors import UsageError
from serving.columns import Asking, Keep, columns_of, keep, sync
from serving.ledger import Ledger, open_ledger, schema
from serving.privacy.erase import erase, page_named
from tests.serving.office import house

VIEWS = ("predictions", "decisions", "pages", "votes", "verdicts", "judged", "record_events", "batches")
EVERYTHING = [f"SELECT * FROM {view} ORDER BY ALL" for view in VIEWS]


@pytest.fixture
def ledger(tmp_path: Path) -> Iterator[Ledger]:
    with open_ledger(f"sqlite:///{tmp_path}/ledger.db") as opened:
        yield opened


def everything(columns: Keep) -> list[list[dict[str, object]]]:
    with Asking(columns) as asking:
        return [asking.ask(sql).to_pylist() for sql in EVERYTHING]


def live(ledger: Ledger, salt: int) -> None:
    """A batch, read and keyed."""
    house.read_batch(ledger, doubtful=("policy", "ssn"), audit=0.5, salt=salt)
    people = [f"ann {salt}", f"ben {salt}", f"cyd {salt}"]
    office = house.opened(ledger, *people)
    office.tick()
    house.key_all(office, *people)
    office.tick()


def test_in_steps_is_as_all_at_once(ledger: Ledger, tmp_path: Path) -> None:
    """Also when the earlier steps lie within the overlap that is looked at again."""
    steps = columns_of(tmp_path / "steps")
    sync(ledger, steps)
    assert all(not rows for rows in everything(steps))
    for salt in (1, 2, 3):
        with pytest.MonkeyPatch.context() as patch:
            patch.setattr(house, "read_batch", _with_secret_once(ledger, salt))
            live(ledger, salt)
        came = sync(ledger, steps)
        assert came.rows["fields"] and came.rows["votes"] and came.rows["judgements"] and not came.afresh
        assert not any(sync(ledger, steps).rows.values())
    once = columns_of(tmp_path / "once")
    assert sync(ledger, once).afresh
    assert everything(steps) == everything(once)
    assert all(everything(once)[:6])


def _with_secret_once(ledger: Ledger, salt: int):  # type: ignore[no-untyped-def]
    def read(opened: Ledger, **settings: object) -> str:
        if salt == 1:
            return read_batch(opened, **settings)
        return house.read_again(opened, f"batch {salt}", **settings)  # type: ignore[arg-type]

    read_batch = house.read_batch
    return read


def test_few_files_however_often_some_rows_are_added(ledger: Ledger, tmp_path: Path) -> None:
    columns = columns_of(tmp_path)
    draw(ledger, 40, pages_per_batch=10)
    sync(ledger, columns)
    for salt in range(3):
        with ledger.writing() as writing:
            writing._add(schema.batches, batch_id=f"late {salt}", bundle_id="bundle", purpose="production", params="{}",
                         started_at=at(1e7 + salt))  # fmt: skip
        sync(ledger, columns)
    assert len(list((tmp_path / "columns" / "batches").iterdir())) == 1
    with Asking(columns) as asking:
        assert asking.ask("SELECT count(*) AS n FROM batches").to_pylist() == [{"n": 7}]


def test_full_files_are_not_touched_again(ledger: Ledger, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(keep, "FULL", 100)
    draw(ledger, 40, pages_per_batch=10)
    columns = columns_of(tmp_path)
    sync(ledger, columns)
    files = {path.name for path in (tmp_path / "columns" / "fields").iterdir()}
    assert len(files) == 4
    house_keeping = columns.parts()
    assert [part.rows for part in house_keeping.of("fields")] == [100, 100, 100, 20]


def syncer(url: str, folder: Path) -> None:
    import serving.columns.sync as syncing

    syncing.ROWS_AT_ONCE = 400
    with open_ledger(url) as ledger:
        sync(ledger, columns_of(folder))


def test_killed_at_any_moment_it_goes_on(ledger: Ledger, tmp_path: Path) -> None:
    draw(ledger, 1500, pages_per_batch=20)
    context = multiprocessing.get_context("forkserver")
    context.set_forkserver_preload([__name__])
    columns = columns_of(tmp_path)
    for number in range(4):
        process = context.Process(target=syncer, args=(ledger.url, tmp_path))
        process.start()
        sleep(0.1 + 0.1 * number)
        process.kill()  # SIGKILL; nothing where it was done before
        process.join()
    sync(ledger, columns)
    once = columns_of(tmp_path / "once")
    sync(ledger, once)
    assert everything(columns) == everything(once)
    counted = {part.file for parts in columns.parts().tables.values() for part in parts}
    sync(ledger, columns)
    there = {str(path.relative_to(columns.folder)) for path in columns.folder.glob("*/*.parquet")}
    assert there == counted


def test_what_is_erased_is_gone_from_the_columns(ledger: Ledger, tmp_path: Path) -> None:
    columns = columns_of(tmp_path)
    live(ledger, 1)
    sync(ledger, columns)
    before = {row["text"] for row in everything(columns)[0]}
    erase(ledger, page_named(ledger, "s1.png:1"), reason="request", by="ada")
    assert sync(ledger, columns).afresh
    after = {row["text"] for row in everything(columns)[0]}
    gone = before - after
    assert gone and any(str(text).startswith("erased on") for text in after)
    left = b"".join(path.read_bytes() for path in (tmp_path / "columns").rglob("*.parquet"))
    assert not any(str(text).encode() in left for text in gone if len(str(text)) > 3)


def test_numbers_of_people_are_masked(ledger: Ledger, tmp_path: Path) -> None:
    live(ledger, 1)
    columns = columns_of(tmp_path)
    sync(ledger, columns)
    with Asking(columns) as asking:
        tables = ("predictions", "votes", "verdicts")
        said = [row for table in tables
                for row in asking.ask(f"SELECT text FROM {table} WHERE kind = 'ssn'").to_pylist()]  # fmt: skip
    assert len(said) >= 9 and all("***" in row["text"] or not row["text"] for row in said)


@pytest.mark.parametrize(
    ("sql", "complaint"),
    [
        ("CREATE TABLE x AS SELECT 1", "no question"),
        ("COPY (SELECT 1) TO 'x.csv'", "no question"),
        ("EXPLAIN ANALYZE COPY (SELECT 1) TO 'x.csv'", "no question"),
        ("ATTACH 'x.db'", "no question"),
        ("SET threads = 1", "no question"),
        ("SELECT 1; SELECT 2", "one question"),
        ("", "one question"),
        ("SELECT * FROM read_csv('/etc/passwd')", "disabled by configuration"),
        ("SELECT * FROM read_blob('/etc/hostname')", "disabled by configuration"),
        ("SELECT * FROM predictionz", "predictionz"),
        ("SELEKT", "failed"),
    ],
)
def test_nothing_can_be_written_and_nothing_else_read(ledger: Ledger, tmp_path: Path, sql: str, complaint: str) -> None:
    columns = columns_of(tmp_path)
    sync(ledger, columns)
    with Asking(columns) as asking, pytest.raises(UsageError, match=complaint):
        asking.ask(sql)


def test_a_file_named_by_hand_is_a_view(ledger: Ledger, tmp_path: Path) -> None:
    import pyarrow as pa
    import pyarrow.parquet as pq

    columns = columns_of(tmp_path)
    sync(ledger, columns)
    file = tmp_path / "it's mine.parquet"
    pq.write_table(pa.table({"n": [1, 2, 3]}), file)
    with Asking(columns, {"mine": file}) as asking:
        assert asking.ask("SELECT sum(n) AS s FROM mine").to_pylist() == [{"s": 6}]
    for name in ("votes", "no name", "1st"):
        with pytest.raises(UsageError, match="view"):
            Asking(columns, {name: file})
    with pytest.raises(UsageError, match="no file"):
        Asking(columns, {"gone": tmp_path / "gone.parquet"})


def test_another_ledger_begins_afresh(ledger: Ledger, tmp_path: Path) -> None:
    columns = columns_of(tmp_path)
    draw(ledger, 10, pages_per_batch=10)
    sync(ledger, columns)
    with open_ledger(f"sqlite:///{tmp_path}/other.db") as other:
        engine = create_engine(other.url)
        engine.dispose()
        assert sync(other, columns).afresh
    with Asking(columns) as asking:
        assert asking.ask("SELECT * FROM predictions").num_rows == 0
