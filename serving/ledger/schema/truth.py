"""What people settled: verdicts, and what became of the records.

A verdict has two clocks: `valid_at` says since when it holds, `known_at` when we learned it. What a field is believed
to be follows from these rows, the predictions and the decisions (`serving.truth.belief`).
"""

from sqlalchemy import DDL, Column, Float, ForeignKey, Index, Integer, String, Table, Text, event

from serving.ledger.schema.base import at_column, metadata
from serving.ledger.schema.erasure import erased_id, erased_shorter, erased_text, erased_to

verdicts = Table(
    "verdicts",
    metadata,
    Column("seq", Integer, primary_key=True),
    Column("verdict_id", String(64), nullable=False, unique=True, info=erased_id()),
    Column("crop_id", ForeignKey("crops.crop_id"), nullable=False, index=True),
    Column("source", String(16), nullable=False),  # crowd, expert, customer
    Column("outcome", String(32), nullable=False),  # as of a reading; withdrawn: takes back what the source said
    Column("text", Text, nullable=False, info=erased_text()),
    Column("confidence", Float(53)),
    at_column("valid_at"),
    at_column("known_at"),
    Column(
        "by", String(320), nullable=False, index=True, info=erased_to("erased")
    ),  # policy, person, or customer's file
    Column("evidence", Text, nullable=False, info=erased_to("{}")),
)
record_events = Table(
    "record_events",
    metadata,
    Column("seq", Integer, primary_key=True),
    Column("batch_id", ForeignKey("batches.batch_id"), nullable=False),
    Column("scan_no", Integer, nullable=False),
    Column("page_no", Integer, nullable=False),
    Column("event", String(16), nullable=False),  # completed, delivered, reopened, erased
    Column("facts", Text, nullable=False, info=erased_shorter()),
    at_column("at"),
    Index("record_events_by_record", "batch_id", "scan_no", "page_no", "seq"),
)

# From a verdict to the records that it touches. The table is older than this index: older ledgers are given it too.
event.listen(
    metadata,
    "after_create",
    DDL("CREATE INDEX IF NOT EXISTS batch_fields_by_prediction ON batch_fields (prediction_id)"),
)
