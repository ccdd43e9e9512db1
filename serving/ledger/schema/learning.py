"""What is learned from: on which side of training a page stands, and which sets of examples were learned from.

A page's side is drawn once, by a keyed digest of the page, and kept for ever: who wrote it is not known, and whoever
filled in a page filled in all of it.
"""

from sqlalchemy import Column, Index, Integer, String, Table, Text

from serving.ledger.schema.base import at_column, id_column, metadata

example_splits = Table(
    "example_splits",
    metadata,
    id_column("page_id", primary_key=True),  # digest of a page's scan and number, as in `pages`
    Column("split", String(8), nullable=False),  # train, tune, test
    at_column("at"),
)
example_sets = Table(
    "example_sets",
    metadata,
    Column("seq", Integer, primary_key=True),
    Column("set_digest", String(64), nullable=False),
    Column("bundle_id", String(64), nullable=False),  # that was made of it
    at_column("known_at"),  # what was settled until then is in it
    Column("facts", Text, nullable=False),
    at_column("at"),
    Index("example_sets_by_bundle", "bundle_id"),
)
