"""Trials: which challenger reads beside which champion, the pairs that came of it, and how it ended.

A pair points at two predictions and holds nothing of what they say. Its row is written once, when both have read.
"""

from sqlalchemy import Boolean, Column, Float, ForeignKey, Integer, String, Table, Text, UniqueConstraint

from serving.ledger.schema.base import at_column, id_column, metadata

trials = Table(
    "trials",
    metadata,
    Column("seq", Integer, primary_key=True),
    id_column("trial_id", nullable=False, unique=True),
    Column("scope", String(32), nullable=False),  # a kind of field; "" for all
    Column("challenger", ForeignKey("publications.bundle_id"), nullable=False),
    Column("champion", String(64), nullable=False),
    Column("champion_seq", Integer, nullable=False),  # the activation against which it runs
    Column("watches", Integer, nullable=False),  # the activation that is undone where this is won; 0 for none
    Column("settings", Text, nullable=False),
    Column("by", String(320), nullable=False),
    Column("note", Text, nullable=False),
    at_column("at"),
)
trial_pairs = Table(
    "trial_pairs",
    metadata,
    Column("seq", Integer, primary_key=True),
    Column("trial_id", ForeignKey("trials.trial_id"), nullable=False),
    Column("crop_id", ForeignKey("crops.crop_id"), nullable=False),
    Column("champion_id", ForeignKey("predictions.prediction_id"), nullable=False),
    Column("challenger_id", ForeignKey("predictions.prediction_id")),  # null where the challenger failed on the crop
    Column("kind", String(32), nullable=False),
    Column("quality", String(16), nullable=False),
    Column("agree", Boolean, nullable=False),
    Column("accepted", Boolean, nullable=False),  # by the challenger's own thresholds
    Column("probability", Float(53), nullable=False),  # with which people were to be asked
    Column("asked", Boolean, nullable=False),
    Column("is_gold", Boolean, nullable=False),
    at_column("at"),
    UniqueConstraint("trial_id", "crop_id"),
)
trial_ends = Table(
    "trial_ends",
    metadata,
    Column("trial_id", ForeignKey("trials.trial_id"), primary_key=True),
    Column("outcome", String(16), nullable=False),  # promoted, kept, rolled_back, stopped, failed
    Column("by", String(320), nullable=False),
    Column("reason", Text, nullable=False),
    Column("finding", Text, nullable=False),
    Column("activation_seq", Integer, nullable=False),  # what it made; 0 for nothing
    at_column("at"),
)
