"""Production as it is now: one snapshot, kept for a moment, for Prometheus and for the page of the office."""

from serving.live.keeper import Keeper, Kept, no_store
from serving.live.router import metrics_router
from serving.live.snapshot import Snapshot, snapshot_of

__all__ = ["Keeper", "Kept", "Snapshot", "metrics_router", "no_store", "snapshot_of"]
