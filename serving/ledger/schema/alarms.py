"""What is watched and is not as it was: alarms, and that somebody saw to them.

An alarm says which monitor sounded it (a short and stable word), about which slice of the work, when the trouble was
first seen and with which prediction, and what speaks for it. It holds until its end is filed; of one monitor and slice
one holds at a time. Nothing of a field's content may stand in it.
"""

from sqlalchemy import Column, ForeignKey, Index, Integer, String, Table, Text

from serving.ledger.schema.base import at_column, id_column, metadata

alarms = Table(
    "alarms",
    metadata,
    Column("seq", Integer, primary_key=True),
    id_column("alarm_id", nullable=False, unique=True),
    Column("monitor", String(64), nullable=False),
    Column("slice", Text, nullable=False),  # canonical JSON: {"model": ..., "component": ...}, {} for all of the work
    at_column("first_seen"),
    Column("prediction_id", String(64)),  # that with which it was first seen; null where it is about none
    Column("evidence", Text, nullable=False),
    at_column("at"),
    Index("alarms_by_monitor", "monitor"),
)
alarm_ends = Table(
    "alarm_ends",
    metadata,
    Column("alarm_id", ForeignKey("alarms.alarm_id"), primary_key=True),
    Column("by", String(320), nullable=False),
    Column("reason", Text, nullable=False),
    at_column("at"),
)
