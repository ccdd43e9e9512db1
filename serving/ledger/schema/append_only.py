"""Rows only ever come in: the database itself refuses the rest, but for the blanking of an erased row."""

from sqlalchemy import DDL, Connection, MetaData, Table, event

from serving.ledger.schema.erasure import is_erasure, personal

_REFUSE_FUNCTION = """
CREATE OR REPLACE FUNCTION penfield_refuse() RETURNS trigger LANGUAGE plpgsql AS
'BEGIN RAISE EXCEPTION ''the ledger is append-only''; END'
"""


def protect(tables: MetaData) -> None:
    """Have the database refuse UPDATE and DELETE in every table that keeps records, from the day it is created."""
    for table in tables.tables.values():
        if not table.info.get("working"):
            event.listen(table, "after_create", make_append_only)


def make_append_only(table: Table, connection: Connection, **_: object) -> None:
    """Refuse UPDATE and DELETE in the database itself, whoever sends them; but for the blanking of an erased row."""
    dialect = connection.dialect.name
    condition = is_erasure(table, dialect) if personal(table) else ""
    for statement in _postgresql(table.name, condition) if dialect == "postgresql" else _sqlite(table.name, condition):
        connection.execute(DDL(statement.replace("%", "%%")))


def make_working(table: Table, connection: Connection) -> None:
    """Have the database allow again what it refused: the table keeps no records any more."""
    if connection.dialect.name == "postgresql":
        drops = [f"DROP TRIGGER IF EXISTS {table.name}_append_only ON {table.name}"]
    else:
        drops = [f"DROP TRIGGER IF EXISTS {table.name}_no_{verb}" for verb in ("update", "delete")]
    for statement in drops:
        connection.execute(DDL(statement))


def _postgresql(table: str, condition: str) -> list[str]:
    verbs = "DELETE OR TRUNCATE" if condition else "UPDATE OR DELETE OR TRUNCATE"
    statements = [
        _REFUSE_FUNCTION,
        f"DROP TRIGGER IF EXISTS {table}_append_only ON {table}",
        f"CREATE TRIGGER {table}_append_only BEFORE {verbs} ON {table} EXECUTE FUNCTION penfield_refuse()",
    ]
    if condition:
        statements += [
            f"CREATE OR REPLACE FUNCTION penfield_erase_{table}() RETURNS trigger LANGUAGE plpgsql AS $body$ "
            f"BEGIN IF ({condition}) IS TRUE THEN RETURN NEW; END IF; "
            "RAISE EXCEPTION 'the ledger is append-only'; END $body$",
            f"DROP TRIGGER IF EXISTS {table}_erase_only ON {table}",
            f"CREATE TRIGGER {table}_erase_only BEFORE UPDATE ON {table} "
            f"FOR EACH ROW EXECUTE FUNCTION penfield_erase_{table}()",
        ]
    return statements


def _sqlite(table: str, condition: str) -> list[str]:
    statements = []
    for verb in ("UPDATE", "DELETE"):
        when = f"WHEN ({condition}) IS NOT TRUE " if condition and verb == "UPDATE" else ""
        statements += [
            f"DROP TRIGGER IF EXISTS {table}_no_{verb.lower()}",
            f"CREATE TRIGGER {table}_no_{verb.lower()} BEFORE {verb} ON {table} "
            f"{when}BEGIN SELECT RAISE(ABORT, 'the ledger is append-only'); END",
        ]
    return statements
