"""Who outside the house is told, and who may ask: webhooks and what became of their messages, keys of the HTTP API.

A webhook's outbox is `record_events` itself: what a receiver is told was written with what happened, in one
transaction, and once. What was tried is added here, attempt by attempt; the last one of a message says how it stands.
"""

from sqlalchemy import Column, ForeignKey, Index, Integer, String, Table, Text

from serving.ledger.schema.base import at_column, id_column, metadata

hooks = Table(
    "hooks",
    metadata,
    id_column("hook_id", primary_key=True),
    Column("url", Text, nullable=False),
    Column("events", Text, nullable=False),  # names of record events, JSON
    Column("with_values", Integer, nullable=False),  # 1: messages hold the record's values
    Column("secret", Text, nullable=False),
    Column("since", Integer, nullable=False),  # seq of the last record event before it
    at_column("created_at"),
)
hook_ends = Table(
    "hook_ends",
    metadata,
    Column("hook_id", ForeignKey("hooks.hook_id"), primary_key=True),
    Column("reason", String(32), nullable=False),  # removed, gone
    at_column("at"),
)
hook_attempts = Table(
    "hook_attempts",
    metadata,
    Column("seq", Integer, primary_key=True),
    Column("hook_id", ForeignKey("hooks.hook_id"), nullable=False),
    Column("event_seq", ForeignKey("record_events.seq"), nullable=False),
    Column("state", String(16), nullable=False),  # delivered, failed, dead, again
    Column("tries", Integer, nullable=False),  # so far; from 0 on after `again`
    Column("detail", Text, nullable=False),
    at_column("next_at", nullable=True),  # of a failed one: not before
    at_column("at"),
    Index("hook_attempts_by_message", "hook_id", "event_seq", "seq"),
)
api_keys = Table(
    "api_keys",
    metadata,
    id_column("key_id", primary_key=True),
    Column("name", String(64), nullable=False, unique=True),
    Column("scopes", Text, nullable=False),  # JSON
    Column("hash", String(64), nullable=False),  # SHA-256 of the secret: it is random, and long
    at_column("created_at"),
)
api_key_ends = Table(
    "api_key_ends", metadata, Column("key_id", ForeignKey("api_keys.key_id"), primary_key=True), at_column("at")
)
api_receipts = Table(  # a request that was taken in once is answered the same again
    "api_receipts",
    metadata,
    Column("key_id", ForeignKey("api_keys.key_id"), primary_key=True),
    Column("request", String(255), primary_key=True),
    Column("digest", String(64), nullable=False),
    Column("answer", Text, nullable=False),
    at_column("at"),
)
