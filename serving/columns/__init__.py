"""The ledger as columns: Parquet files beside it that follow it, and questions in SQL about them.

The ledger answers what a field's story is; columns answer what ten million fields have in common.
"""

from pathlib import Path

from serving.columns.ask import Asking
from serving.columns.keep import Keep
from serving.columns.shape import MEASURES
from serving.columns.sync import Synced, sync
from serving.columns.views import VIEWS

__all__ = ["MEASURES", "VIEWS", "Asking", "Keep", "Synced", "columns_of", "sync"]


def columns_of(store: Path) -> Keep:
    """Where the columns of a store lie."""
    return Keep(store / "columns")
