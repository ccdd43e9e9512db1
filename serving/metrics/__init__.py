"""What production comes to in numbers: accuracy from audits, automation, people's work and what it costs."""

from serving.metrics.accuracy import Accuracy
from serving.metrics.agreement import Agreement
from serving.metrics.production import KindMetrics, ProductionMetrics, Waiting, production_metrics
from serving.metrics.work import Settling, Work

__all__ = [
    "Accuracy", "Agreement", "KindMetrics", "ProductionMetrics", "Settling", "Waiting", "Work", "production_metrics",
]  # fmt: skip
