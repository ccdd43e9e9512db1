"""From the tables of an older version to those of this one. Nothing that stands in them is touched."""

from typing import Any

from sqlalchemy import DDL, Column, Connection
from sqlalchemy.schema import CreateColumn

from serving.ledger.schema import decisions, metadata, page_fields
from serving.ledger.schema.base import make_append_only
from serving.ledger.schema.erasure import personal

OLDEST = 1
"""The first version from which there is a way."""


def migrate(connection: Connection, version: int) -> None:
    """Bring tables of `version` (from `OLDEST` on) to the present one, within the connection's transaction."""
    metadata.create_all(connection)  # makes those that are missing
    if version < 2:
        _add_column(connection, decisions.c.probability)
        _add_column(connection, page_fields.c.sensitive)
        for table in metadata.tables.values():  # version 1 knew no erasure
            if personal(table):
                make_append_only(table, connection)


def _add_column(connection: Connection, column: Column[Any]) -> None:
    definition = CreateColumn(column).compile(dialect=connection.dialect)
    connection.execute(DDL(f"ALTER TABLE {column.table.name} ADD COLUMN {definition}"))
