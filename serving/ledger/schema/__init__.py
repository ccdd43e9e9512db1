"""The ledger's tables. Rows are added, never changed or removed: triggers refuse both.

`base` is what they share, `reading` what machines did, `review` what people did, `truth` what was settled, `crowds`
what lies with people outside, `outside` who else is told and may ask, `lifecycle` which models there are and answer,
`learning` what is learned from, `trials` who is held against whom, `alarms` what is not as it was, `monitors`
what those who look remember, `origin` under what something was made.
"""

from serving.ledger.schema import alarms, crowds, learning, lifecycle, monitors, origin, outside, trials, truth
from serving.ledger.schema.append_only import protect
from serving.ledger.schema.base import WORKING, metadata, schema_versions
from serving.ledger.schema.erasure import crop_parts, erased, erasure_events, erasures
from serving.ledger.schema.reading import (
    batch_events,
    batch_fields,
    batch_pages,
    batches,
    bundles,
    crops,
    decisions,
    deliveries,
    forms,
    outbox,
    page_fields,
    pages,
    predictions,
    scan_ends,
    scans,
    secrets,
    views,
)
from serving.ledger.schema.review import (
    gold,
    lease_ends,
    leases,
    people,
    person_events,
    slots,
    task_wants,
    tasks,
    vote_voids,
    votes,
)

SCHEMA_VERSION = 3
"""1: batches, readings, decisions, the outbox. 2: people and their work, truth, the probability of an audit, models'
succession, under what something was made. 3: what scanned a page."""

protect(metadata)

__all__ = [
    "SCHEMA_VERSION",
    "WORKING",
    "alarms",
    "batch_events",
    "batch_fields",
    "batch_pages",
    "batches",
    "bundles",
    "crop_parts",
    "crops",
    "crowds",
    "decisions",
    "deliveries",
    "erased",
    "erasure_events",
    "erasures",
    "forms",
    "gold",
    "learning",
    "lease_ends",
    "leases",
    "lifecycle",
    "metadata",
    "monitors",
    "origin",
    "outbox",
    "outside",
    "page_fields",
    "pages",
    "people",
    "person_events",
    "predictions",
    "scan_ends",
    "scans",
    "schema_versions",
    "secrets",
    "slots",
    "task_wants",
    "tasks",
    "trials",
    "truth",
    "views",
    "vote_voids",
    "votes",
]
