"""What people are asked and what they say: tasks, leases, votes, and who the people are.

`slots` and `settling` alone are no records: they are the lines in which open questions stand, made from the records
beside them. A slot is one vote that is still wanted, and who has it on the desk until when; a task in `settling` has
all the votes that it wanted. So the next task is found by one step into an index, however many were answered before.
"""

from sqlalchemy import Column, Float, ForeignKey, Index, Integer, String, Table, Text

from serving.ledger.schema.base import WORKING, at_column, id_column, metadata
from serving.ledger.schema.erasure import erased_text

people = Table(
    "people",
    metadata,
    id_column("person_id", primary_key=True),
    Column("name", String(200), nullable=False, unique=True),
    at_column("created_at"),
)
person_events = Table(
    "person_events",
    metadata,
    Column("seq", Integer, primary_key=True),
    Column("person_id", ForeignKey("people.person_id"), nullable=False),
    Column("event", String(32), nullable=False),  # password, role, active
    Column("facts", Text, nullable=False),
    at_column("at"),
    Index("person_events_by_person", "person_id", "seq"),
)
tasks = Table(
    "tasks",
    metadata,
    Column("seq", Integer, primary_key=True),
    Column("task_id", String(64), nullable=False, unique=True),
    Column("crop_id", ForeignKey("crops.crop_id"), nullable=False, index=True),
    Column("prediction_id", ForeignKey("predictions.prediction_id"), index=True),
    Column("purpose", String(32), nullable=False),  # production, audit, trial, gold
    Column("batch_id", ForeignKey("batches.batch_id"), index=True),
    Column("record_id", String(160), index=True),  # one page of one batch
    Column("form", String(64)),
    Column("field", String(64), nullable=False),
    Column("kind", String(32), nullable=False),
    Column("value", Float(53), nullable=False),  # what a wrong value costs
    at_column("due_at", nullable=True),  # when it was promised
    Column("consensus", String(64), nullable=False),  # name of the policy that settles it
    at_column("created_at"),
    Index("tasks_by_purpose", "purpose", "kind"),
)
task_wants = Table(  # the last row of a task says how many valid votes it wants, and of whom; 0 = settled
    "task_wants",
    metadata,
    Column("seq", Integer, primary_key=True),
    Column("task_id", ForeignKey("tasks.task_id"), nullable=False),
    Column("votes", Integer, nullable=False),
    Column("role", String(32), nullable=False),  # reviewer, expert
    Column("reason", Text, nullable=False),
    at_column("at"),
    Index("task_wants_by_task", "task_id", "seq"),
)
leases = Table(
    "leases",
    metadata,
    Column("token", Integer, primary_key=True),  # a fencing token: later leases have greater ones
    Column("task_id", ForeignKey("tasks.task_id"), nullable=False, index=True),
    Column("person_id", ForeignKey("people.person_id"), nullable=False),
    Column("role", String(32), nullable=False),
    Column("sitting", String(64), nullable=False),
    Column("crop_id", String(64), nullable=False),  # the task's, and its record's: nobody gets these twice
    Column("record_id", String(160)),
    Column("relaxed", Integer, nullable=False),  # 1: nobody else was there, and the policy let this person have it
    at_column("granted_at"),
    at_column("expires_at"),
    Index("leases_by_crop", "person_id", "crop_id"),
    Index("leases_by_sitting", "person_id", "sitting", "record_id"),
    Index("leases_in_order", "person_id", "sitting", "token"),
    sqlite_autoincrement=True,
)
lease_ends = Table(
    "lease_ends",
    metadata,
    Column("token", ForeignKey("leases.token"), primary_key=True, autoincrement=False),
    Column("reason", String(32), nullable=False),  # submitted, released, withdrawn
    at_column("at"),
)
votes = Table(
    "votes",
    metadata,
    Column("token", ForeignKey("leases.token"), primary_key=True, autoincrement=False),
    Column("task_id", ForeignKey("tasks.task_id"), nullable=False, index=True),
    Column("person_id", ForeignKey("people.person_id"), nullable=False),
    Column("outcome", String(32), nullable=False),
    Column("text", Text, nullable=False, info=erased_text()),
    Column("seconds", Float(53), nullable=False),
    Column("keystrokes", Integer, nullable=False),
    at_column("at"),
    Index("votes_by_person", "person_id", "at"),
)
vote_voids = Table(
    "vote_voids",
    metadata,
    Column("token", ForeignKey("votes.token"), primary_key=True, autoincrement=False),
    Column("reason", Text, nullable=False),
    Column("by", String(64), nullable=False),
    at_column("at"),
)
gold = Table(
    "gold",
    metadata,
    Column("crop_id", ForeignKey("crops.crop_id"), primary_key=True),
    Column("outcome", String(32), nullable=False),
    Column("text", Text, nullable=False, info=erased_text()),
    Column("by", String(64), nullable=False),
    at_column("at"),
)
slots = Table(
    "slots",
    metadata,
    Column("seq", Integer, primary_key=True),
    Column("task_id", ForeignKey("tasks.task_id"), nullable=False, index=True),
    Column("role", String(32), nullable=False),
    Column("kind", String(32), nullable=False),
    Column("crop_id", String(64), nullable=False),
    Column("record_id", String(160)),
    at_column("target_at"),  # when it ought to be done: the order of the line
    at_column("waits_since"),  # the task's created_at
    Column("token", Integer),  # of the lease that has it, or had it last
    at_column("free_from"),  # when that lease is over; where nobody has it, when it came to be free
    Index("slots_in_line", "role", "kind", "target_at", "seq"),
    Index("slots_freed", "role", "kind", "free_from"),
    info=WORKING,
)
settling = Table(
    "settling",
    metadata,
    Column("task_id", ForeignKey("tasks.task_id"), primary_key=True),
    at_column("at"),
    info=WORKING,
)
