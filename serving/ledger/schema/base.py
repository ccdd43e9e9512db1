"""What the tables have in common: their metadata, columns for ids and times, and that rows only ever come in."""

from sqlalchemy import DDL, Column, Connection, Integer, MetaData, String, Table, event

metadata = MetaData()

WORKING = {"working": True}
"""`info` of a table that is no record but an index to records, made from them: its rows may change and go."""

_REFUSE_FUNCTION = """
CREATE OR REPLACE FUNCTION penfield_refuse() RETURNS trigger LANGUAGE plpgsql AS
'BEGIN RAISE EXCEPTION ''the ledger is append-only''; END'
"""


def id_column(name: str, **settings: bool) -> Column[str]:
    """An id: a digest, or a name that somebody gave."""
    return Column(name, String(64), **settings)  # type: ignore[arg-type]


def at_column(name: str, *, nullable: bool = False) -> Column[str]:
    """A time: ISO 8601, UTC, 32 characters, so that it sorts as text."""
    return Column(name, String(32), nullable=nullable)


schema_versions = Table(
    "schema_versions",
    metadata,
    Column("version", Integer, primary_key=True, autoincrement=False),
    at_column("created_at"),
)


def protect(tables: MetaData) -> None:
    """Have the database refuse UPDATE and DELETE in every table that keeps records, from the day it is created."""
    for table in tables.tables.values():
        if not table.info.get("working"):
            event.listen(table, "after_create", _make_append_only)


def _make_append_only(table: Table, connection: Connection, **_: object) -> None:
    """Refuse UPDATE and DELETE in the database itself, whoever sends them."""
    if connection.dialect.name == "postgresql":
        connection.execute(DDL(_REFUSE_FUNCTION))
        connection.execute(
            DDL(
                f"CREATE TRIGGER {table.name}_append_only BEFORE UPDATE OR DELETE OR TRUNCATE ON {table.name} "
                "EXECUTE FUNCTION penfield_refuse()"
            )
        )
        return
    for verb in ("UPDATE", "DELETE"):
        connection.execute(
            DDL(
                f"CREATE TRIGGER {table.name}_no_{verb.lower()} BEFORE {verb} ON {table.name} "
                "BEGIN SELECT RAISE(ABORT, 'the ledger is append-only'); END"
            )
        )
