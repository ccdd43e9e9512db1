"""The numbers of production under names: as metrics for MLflow, and as plain data for programs."""

from dataclasses import asdict
from typing import Any

from serving.metrics.production import KindMetrics, ProductionMetrics


def figures(found: ProductionMetrics) -> dict[str, float]:
    """The numbers that there are, by the names that they have in MLflow; a slash groups them in its UI."""
    accuracy, agreement, queue = found.accuracy, found.agreement, found.queue
    named: dict[str, float | None] = {
        "production/accuracy": accuracy.value,
        "production/accuracy_low": accuracy.low,
        "production/accuracy_high": accuracy.high,
        "production/audits_answered": accuracy.answered,
        "production/audits_wrong": accuracy.wrong,
        "production/automation_rate": found.automation_rate,
        "production/review_rate": found.review_rate,
        "production/audit_rate": found.audit_rate,
        "production/rescan_rate": found.rescan_rate,
        "production/verdicts": found.settling.total,
        "people/minutes_per_page": found.per_page(found.work.minutes),
        "people/cost_per_page": found.per_page(found.work.cost),
        "people/cost_per_field": found.per_field(found.work.cost),
        "people/keystrokes_per_field": found.per_field(found.work.keystrokes),
        "people/votes": found.work.votes,
        "people/gold_accuracy": found.gold_accuracy,
        "people/hours_to_verdict_median": _hours(found.settling.median_s),
        "people/hours_to_verdict_p90": _hours(found.settling.p90_s),
        "agreement/first_votes": agreement.share if agreement else None,
        "agreement/with_machine": agreement.machine_share if agreement else None,
        "agreement/alpha": agreement.alpha if agreement else None,
        "records/reopened": found.records.get("reopened", 0),
        "records/corrected": found.records.get("corrected", 0),
        "queue/waiting": queue.votes if queue else None,
        "queue/overdue": queue.overdue if queue else None,
        "queue/age_hours_oldest": _hours(queue.oldest_age_s) if queue else None,
        "queue/age_hours_median": _hours(queue.median_age_s) if queue else None,
    }
    named |= {f"accuracy_by_kind/{kind.kind}": kind.accuracy.value for kind in found.kinds}
    named |= {f"automation_rate_by_kind/{kind.kind}": kind.rate("accept") for kind in found.kinds}
    return {name: float(value) for name, value in named.items() if value is not None}


def plain(found: ProductionMetrics) -> dict[str, Any]:
    """Everything as plain data, for JSON; what nobody knows is null, with the reason beside accuracies."""
    work = {name: asdict(work) | {"minutes": work.minutes, "cost": work.cost} for name, work in found.purposes.items()}
    return {
        "at": found.at,
        "scope": {"batch": found.batch_id, "since": found.since, "until": found.until, "known_at": found.known_at},
        "pages": found.pages,
        "all": _kind(found.all),
        "kinds": {kind.kind: _kind(kind) for kind in found.kinds},
        "work": work,
        "minutes_per_page": found.per_page(found.work.minutes),
        "cost_per_page": found.per_page(found.work.cost),
        "minutes_per_field": found.per_field(found.work.minutes),
        "cost_per_field": found.per_field(found.work.cost),
        "gold": {"answers": found.gold_answers, "right": found.gold_right, "accuracy": found.gold_accuracy},
        "queue": asdict(found.queue) if found.queue else None,
        "verdicts": asdict(found.settling),
        "records": dict(found.records),
    }


def _kind(kind: KindMetrics) -> dict[str, Any]:
    agreement = kind.agreement
    return {
        "fields": kind.fields,
        "decisions": dict(kind.decisions),
        "automation_rate": kind.rate("accept"),
        "review_rate": kind.rate("review"),
        "audit_rate": kind.rate("audit"),
        "rescan_rate": kind.rate("rescan"),
        "accuracy": asdict(kind.accuracy),
        "agreement": None if agreement is None else asdict(agreement) | {
            "share": agreement.share, "machine_share": agreement.machine_share,
        },
        "minutes": kind.work.minutes,
        "cost": kind.work.cost,
        "keystrokes": kind.work.keystrokes,
    }  # fmt: skip


def _hours(seconds: float | None) -> float | None:
    return None if seconds is None else seconds / 3600
