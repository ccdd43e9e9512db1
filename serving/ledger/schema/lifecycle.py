"""Which models there are, which of them answered when, and what of that MLflow is still to be shown.

A line of succession per scope: "" for all kinds of field, or one kind. Every activation names the one before it in its
scope, and no two may name the same: of two activations at once, one is a row and the other is told.
"""

from sqlalchemy import Column, ForeignKey, Integer, String, Table, Text, UniqueConstraint

from serving.ledger.schema.base import at_column, id_column, metadata

publications = Table(
    "publications",
    metadata,
    Column("seq", Integer, primary_key=True),
    id_column("bundle_id", nullable=False, unique=True),
    Column("by", String(320), nullable=False),
    Column("note", Text, nullable=False),
    at_column("at"),
)
activations = Table(
    "activations",
    metadata,
    Column("seq", Integer, primary_key=True),
    Column("scope", String(32), nullable=False),  # a kind of field; "" for all
    Column("bundle_id", ForeignKey("publications.bundle_id")),  # null: the kind is read by the champion of all again
    Column("replaced", String(64)),  # the bundle that read the scope before; null where none did
    Column("replaced_seq", Integer, nullable=False),  # the scope's activation before; 0 where there was none
    Column("how", String(16), nullable=False),  # first, manual, trial, rollback
    Column("by", String(320), nullable=False),
    Column("reason", Text, nullable=False),
    Column("evidence", Text, nullable=False),
    at_column("at"),
    UniqueConstraint("scope", "replaced_seq"),
)
model_outbox = Table(  # as `outbox`, for what belongs to no batch
    "model_outbox",
    metadata,
    Column("seq", Integer, primary_key=True),
    Column("key", String(160), nullable=False, unique=True),
    Column("kind", String(32), nullable=False),
    Column("payload", Text, nullable=False),
    at_column("created_at"),
)
model_deliveries = Table(
    "model_deliveries", metadata, Column("key", ForeignKey("model_outbox.key"), primary_key=True), at_column("at")
)
