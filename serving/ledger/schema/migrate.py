"""From the tables of an older version to those of this one. Nothing that stands in them is touched."""

from typing import Any

from sqlalchemy import DDL, Column, Connection
from sqlalchemy.schema import CreateColumn

from serving.ledger.schema import decisions, forms, metadata, monitors, page_fields, pages, predictions, scans
from serving.ledger.schema.append_only import make_append_only, make_working
from serving.ledger.schema.erasure import personal

OLDEST = 1
"""The first version from which there is a way."""

SINCE_2: tuple[Column[Any], ...] = (
    decisions.c.probability, page_fields.c.sensitive, pages.c.environment_id, predictions.c.environment_id,
    scans.c.place, forms.c.folder,
)  # fmt: skip


def migrate(connection: Connection, version: int) -> None:
    """Bring tables of `version` (from `OLDEST` on) to the present one, within the connection's transaction."""
    metadata.create_all(connection)  # makes those that are missing
    if version < 2:
        for column in SINCE_2:
            _add_column(connection, column)
        for table in metadata.tables.values():  # version 1 knew no erasure
            if personal(table):
                make_append_only(table, connection)
    if version < 3:
        _add_column(connection, pages.c.scanner)
        make_working(monitors.monitor_looks, connection)


def _add_column(connection: Connection, column: Column[Any]) -> None:
    definition = CreateColumn(column).compile(dialect=connection.dialect)
    connection.execute(DDL(f"ALTER TABLE {column.table.name} ADD COLUMN {definition}"))
