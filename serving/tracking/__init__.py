"""The only room of the house that imports mlflow: what we write down, shown in MLflow."""

from serving.tracking.run import Tracking
from serving.tracking.store import Store, StoreUnreachable, open_store
from serving.tracking.trace import Expected, TraceRecord, TraceStage

__all__ = ["Expected", "Store", "StoreUnreachable", "TraceRecord", "TraceStage", "Tracking", "open_store"]
