"""Crowds outside the house: what was handed to them, what came back, and campaigns on platforms for crowd work.

What lies with a crowd is leased like everything else: to a person of the export's own, who is nobody. What comes back
are votes of the people who said it.
"""

from sqlalchemy import Column, ForeignKey, Index, Integer, String, Table, Text, UniqueConstraint

from serving.ledger.schema.base import at_column, id_column, metadata

handouts = Table(
    "handouts",
    metadata,
    id_column("export_id", primary_key=True),  # also the sitting of its leases
    Column("crowd", String(64), nullable=False),  # label-studio, csv
    Column("person_id", ForeignKey("people.person_id"), nullable=False, unique=True),  # who holds its leases
    Column("facts", Text, nullable=False),
    at_column("at"),
    at_column("until"),
)
# for which of a crowd's own answers a lease was given, so that a later edition of it is told from the same again
crowd_answers = Table(
    "crowd_answers",
    metadata,
    Column("token", ForeignKey("leases.token"), primary_key=True, autoincrement=False),
    Column("crowd", String(64), nullable=False),
    Column("answer_id", String(64), nullable=False),
    Column("edition", String(64), nullable=False),  # the crowd's time of the answer, which sorts
    Index("crowd_answers_by_answer", "crowd", "answer_id"),
)
campaigns = Table(
    "campaigns",
    metadata,
    id_column("campaign_id", primary_key=True),
    Column("name", String(64), nullable=False, unique=True),
    Column("facts", Text, nullable=False),  # fields, most sessions per worker, pay, where to return to, the secret
    at_column("at"),
)
campaign_ends = Table(
    "campaign_ends",
    metadata,
    Column("campaign_id", ForeignKey("campaigns.campaign_id"), primary_key=True),
    at_column("at"),
)
visits = Table(  # one worker in one session of a campaign
    "visits",
    metadata,
    id_column("visit_id", primary_key=True),  # also the sitting of its leases
    Column("campaign_id", ForeignKey("campaigns.campaign_id"), nullable=False),
    Column("worker", String(128), nullable=False),
    Column("session", String(128), nullable=False),
    Column("person_id", ForeignKey("people.person_id"), nullable=False),
    at_column("at"),
    UniqueConstraint("campaign_id", "worker", "session"),
)
visit_ends = Table(
    "visit_ends",
    metadata,
    Column("visit_id", ForeignKey("visits.visit_id"), primary_key=True),
    Column("reason", String(32), nullable=False),  # done, nothing_left
    Column("fields", Integer, nullable=False),
    at_column("at"),
)
