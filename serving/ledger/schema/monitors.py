"""What monitors remember: what was usual when they began to look, and how far each look went.

A look goes on from the one before it and is filed with the alarms that it sounded, in one transaction: of two that go
on from the same one, only one can be filed. What older looks left is of no use to anybody, and is removed: it follows
from the references and from what came in since. Nothing of a field's content stands here: measures and counts only.
"""

from sqlalchemy import Column, Integer, String, Table, Text, UniqueConstraint

from serving.ledger.schema.base import WORKING, at_column, metadata

monitor_references = Table(
    "monitor_references",
    metadata,
    Column("seq", Integer, primary_key=True),
    Column("stream", Text, nullable=False),  # canonical JSON: monitor, slice, measure
    Column("since", String(32), nullable=False),  # when this reference began to be collected; "" for the first
    Column("category", Text, nullable=False),
    Column("facts", Text, nullable=False),
    at_column("at"),
    UniqueConstraint("stream", "since", "category"),
)
monitor_looks = Table(
    "monitor_looks",
    metadata,
    Column("seq", Integer, primary_key=True),
    Column("after", Integer, nullable=False, unique=True),  # seq of the look that it goes on from; 0: the first
    Column("facts", Text, nullable=False),
    at_column("at"),
    info=WORKING,
)
