"""Trials as columns: rows that came in at a moment or after it. Nothing of what was written on forms is in them."""

from typing import Any

from sqlalchemy import Select, exists, select

from serving.ledger import schema
from serving.ledger.schema.trials import trial_ends, trial_pairs, trials


def trials_since(since: str) -> Select[Any]:
    """Trials that started."""
    names = ("seq", "trial_id", "scope", "champion", "challenger", "watches", "settings", "by", "note", "at")
    return select(*(trials.c[name] for name in names)).where(trials.c.at >= since).order_by(trials.c.seq)


def trial_ends_since(since: str) -> Select[Any]:
    """Trials that ended."""
    names = ("trial_id", "outcome", "by", "reason", "finding", "activation_seq", "at")
    return select(*(trial_ends.c[name] for name in names)).where(trial_ends.c.at >= since).order_by(trial_ends.c.at)


def trial_pairs_since(since: str) -> Select[Any]:
    """Pairs that were filed, without those of erased crops."""
    erased = exists().where(
        schema.erased.c.table_name == "crops", schema.erased.c.row_key == trial_pairs.c.crop_id
    )  # fmt: skip
    return select(trial_pairs).where(trial_pairs.c.at >= since, ~erased).order_by(trial_pairs.c.seq)
