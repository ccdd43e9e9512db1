"""The tables of this version, and the way to them from a ledger that version 1 made."""

import sqlite3
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import Engine, create_engine, inspect, make_url, text
from sqlalchemy.exc import DBAPIError

from serving.ledger import database, open_ledger, schema
from serving.ledger.monitoring import KeptReference
from serving.ledger.schema.append_only import make_append_only

HERE = Path(__file__).parent
ROWS = """
INSERT INTO bundles VALUES ('b', '{}', '2026-11-23T12:00:01.000000+00:00');
INSERT INTO crops VALUES ('c', 'png', 150.0, NULL, '[]', '[]');
INSERT INTO predictions VALUES ('p', 'c', 'b', 'l', 'production', 'text', 'F757558', 0.9, '[]', '[]', '{}', 1.5,
    '2026-11-23T12:00:02.000000+00:00');
INSERT INTO decisions VALUES ('p', 'policy', 'review', 'doubtful', 'less sure than the threshold demands', 0.95,
    '2026-11-23T12:00:03.000000+00:00');
"""


def make_version_1(url: str) -> None:
    target = make_url(url)
    script = (HERE / f"version_1_{target.get_backend_name()}.sql").read_text() + ROWS
    if target.get_backend_name() == "sqlite":
        with sqlite3.connect(str(target.database)) as connection:
            connection.executescript(script)
        connection.close()
        return
    engine = create_engine(url)
    with engine.begin() as opened:
        opened.exec_driver_sql(script.replace("%", "%%"))
    engine.dispose()


def rows(url: str, query: str) -> list[tuple[Any, ...]]:
    engine = create_engine(url)
    with engine.connect() as connection:
        found = [tuple(row) for row in connection.execute(text(query))]
    engine.dispose()
    return found


def tables(url: str) -> dict[str, Any]:
    """Columns and indexes of every table, as the database tells them."""
    engine = create_engine(url)
    seen = inspect(engine)
    found = {
        name: (
            sorted((column["name"], str(column["type"]), column["nullable"]) for column in seen.get_columns(name)),
            sorted(str(index["name"]) for index in seen.get_indexes(name)),
        )
        for name in seen.get_table_names()
    }
    engine.dispose()
    return found


def test_a_ledger_of_version_1_is_brought_to_this_version(empty_database: str) -> None:
    make_version_1(empty_database)
    before = rows(empty_database, "SELECT * FROM predictions")
    open_ledger(empty_database).close()
    open_ledger(empty_database).close()
    versions = rows(empty_database, "SELECT version FROM schema_versions ORDER BY version")
    assert versions == [(1,), (schema.SCHEMA_VERSION,)]
    assert rows(empty_database, "SELECT * FROM predictions") == [(*row, None) for row in before]  # no environment
    assert rows(empty_database, "SELECT decision, threshold, probability FROM decisions") == [("review", 0.95, None)]


def make_version_2(url: str) -> None:
    """As the program of that version would."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(database, "SCHEMA_VERSION", 2)
        open_ledger(url).close()
    engine = create_engine(url)
    with engine.begin() as connection:
        connection.execute(text("ALTER TABLE pages DROP COLUMN scanner"))
        make_append_only(schema.metadata.tables["monitor_looks"], connection)
    engine.dispose()


def test_a_ledger_of_version_2_is_brought_to_this_version(empty_database: str) -> None:
    """It has room for what scanned a page then, and what monitors remember no longer piles up."""
    make_version_2(empty_database)
    look = "INSERT INTO monitor_looks VALUES (1, 0, '{}', '2026-11-24T12:00:01.000000+00:00')"
    engine = create_engine(empty_database)
    with engine.begin() as connection:
        connection.execute(text(look))
    with pytest.raises(DBAPIError, match="append-only"), engine.begin() as connection:
        connection.execute(text("DELETE FROM monitor_looks"))
    open_ledger(empty_database).close()
    assert rows(empty_database, "SELECT version FROM schema_versions ORDER BY version") == [(2,), (3,)]
    assert rows(empty_database, "SELECT scanner FROM pages") == []
    with engine.begin() as connection:
        assert connection.execute(text("DELETE FROM monitor_looks")).rowcount == 1
    engine.dispose()


def test_tables_that_came_later_are_made(empty_database: str) -> None:
    """A ledger of this version that an earlier program made has not all of its tables."""
    open_ledger(empty_database).close()
    engine = create_engine(empty_database)
    with engine.begin() as connection:
        connection.execute(text("DROP TABLE monitor_references"))
    engine.dispose()
    with open_ledger(empty_database) as ledger, ledger.monitoring() as rows:
        assert rows.file(0, {}, [KeptReference(stream="s", since="", category="c", facts={})])
    engine = create_engine(empty_database)
    with engine.connect() as connection, pytest.raises(DBAPIError, match="append-only"):
        connection.execute(text("DELETE FROM monitor_references"))
    engine.dispose()


def test_it_is_then_as_if_it_had_been_made_today(empty_database: str) -> None:
    open_ledger(empty_database).close()
    made_today = tables(empty_database)
    assert set(made_today) == set(schema.metadata.tables)
    engine = create_engine(empty_database)
    _drop_all(engine)
    engine.dispose()
    make_version_1(empty_database)
    assert set(made_today) > set(tables(empty_database))
    open_ledger(empty_database).close()
    assert tables(empty_database) == made_today


def _drop_all(engine: Engine) -> None:
    """The database as it was before the first ledger."""
    if engine.dialect.name == "sqlite":
        for path in Path(str(engine.url.database)).parent.glob("ledger.db*"):
            path.unlink()
        return
    with engine.begin() as connection:
        connection.execute(text("DROP SCHEMA public CASCADE"))
        connection.execute(text("CREATE SCHEMA public"))


def test_several_may_migrate_the_ledger_at_once(empty_database: str) -> None:
    make_version_1(empty_database)
    with ThreadPoolExecutor(4) as pool:
        for ledger in pool.map(lambda _: open_ledger(empty_database), range(4)):
            ledger.close()
    assert rows(empty_database, "SELECT count(*) FROM schema_versions") == [(2,)]


@pytest.mark.parametrize("table", ["decisions", "people"])
def test_no_row_can_be_changed_or_removed_after_it(empty_database: str, table: str) -> None:
    make_version_1(empty_database)
    open_ledger(empty_database).close()
    engine = create_engine(empty_database)
    with engine.begin() as connection:
        connection.execute(text("INSERT INTO people VALUES ('ada', 'Ada', '2026-11-24')"))
    column = schema.metadata.tables[table].columns.keys()[0]
    for statement in (f"UPDATE {table} SET {column} = {column}", f"DELETE FROM {table}"):
        with pytest.raises(DBAPIError, match="append-only"), engine.begin() as connection:
            connection.execute(text(statement))
    engine.dispose()


def test_only_the_lines_of_open_questions_are_no_records() -> None:
    assert {table.name for table in schema.metadata.tables.values() if table.info.get("working")} == {
        "slots",
        "settling",
        "monitor_looks",
    }
