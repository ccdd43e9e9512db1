"""Under what something was made, so that it can be made again, and what came of making it again.

Beside it, in `pages` and `predictions`: the environment of each; in `scans` and `forms`: where the files lay.
"""

from sqlalchemy import Column, ForeignKey, Integer, String, Table, Text

from serving.ledger.schema.base import at_column, id_column, metadata

environments = Table(  # versions of programs, kind of processor, settings of an engine
    "environments",
    metadata,
    id_column("environment_id", primary_key=True),
    Column("facts", Text, nullable=False),
    at_column("created_at"),
)
setups = Table(  # what a setup's digest stands for
    "setups",
    metadata,
    id_column("setup_digest", primary_key=True),
    Column("facts", Text, nullable=False),
    at_column("created_at"),
)
replays = Table(
    "replays",
    metadata,
    Column("seq", Integer, primary_key=True),
    Column("prediction_id", ForeignKey("predictions.prediction_id"), nullable=False, index=True),
    Column("stage", String(16)),  # the first that is not as recorded; null: all are
    Column("code", String(32)),  # why
    Column("environment_id", ForeignKey("environments.environment_id"), nullable=False),
    at_column("at"),
)
