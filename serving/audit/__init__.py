"""Audits: which accepted fields people key again, and what that says of the accuracy of all accepted ones."""

from serving.audit.estimate import Audit, Estimate, by_kind, hajek, horvitz_thompson, post_stratified
from serving.audit.sampling import AuditPlan, is_drawn, stratum_of, typical_doubt
from serving.audit.sequence import ConfidenceSequence, Look

__all__ = [
    "Audit", "AuditPlan", "ConfidenceSequence", "Estimate", "Look", "by_kind", "hajek", "horvitz_thompson", "is_drawn",
    "post_stratified", "stratum_of", "typical_doubt",
]  # fmt: skip
