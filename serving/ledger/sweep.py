"""After an erasure: no copy of what was overwritten is left in the database's own files.

SQLite keeps old pages in its log and in free space; PostgreSQL keeps old versions of rows. What lies elsewhere is not
ours to reach (backups, PostgreSQL's write-ahead log and its archives): docs/PRIVACY.md says what to do about it.
"""

from sqlalchemy import Engine, text

from serving.ledger.schema import metadata
from serving.ledger.schema.erasure import personal


def sweep(engine: Engine) -> bool:
    """Write the database anew without what is not part of it any more. Takes time and room as a copy of it does.

    False where somebody who is reading keeps SQLite's log from being emptied.
    """
    if engine.dialect.name == "postgresql":
        with engine.connect().execution_options(isolation_level="AUTOCOMMIT") as connection:
            for table in metadata.tables.values():
                if personal(table):
                    connection.execute(text(f"VACUUM FULL {table.name}"))
        return True
    raw = engine.raw_connection()
    try:
        cursor = raw.cursor()
        for statement in ("PRAGMA secure_delete=ON", "VACUUM"):
            cursor.execute(statement).fetchall()
        (busy, _, _) = cursor.execute("PRAGMA wal_checkpoint(TRUNCATE)").fetchone()
        return not busy
    finally:
        raw.close()
