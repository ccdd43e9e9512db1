"""From the ledger's outbox to MLflow: exactly once, beside the batch, and never in its way."""

from serving.delivery.courier import Courier
from serving.delivery.deliver import DeliveryReport, deliver

__all__ = ["Courier", "DeliveryReport", "deliver"]
