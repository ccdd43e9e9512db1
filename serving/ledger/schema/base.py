"""What the tables have in common: their metadata, and columns for ids and times."""

from sqlalchemy import Column, Integer, MetaData, String, Table

metadata = MetaData()

WORKING = {"working": True}
"""`info` of a table that is no record but an index to records, made from them: its rows may change and go."""


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
