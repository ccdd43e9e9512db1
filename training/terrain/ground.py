"""The ground: one row for each field that came in, with what it cost people and what is likely wrong with it.

A field costs the time that people gave it, or will give it, and the harm of its error: a wrong value costs as much as
keying `value` fields (`serving.promise.policy`).
"""

from dataclasses import dataclass
from datetime import date
from typing import TYPE_CHECKING

import numpy as np

from serving.columns import Asking
from serving.promise import Policy

if TYPE_CHECKING:
    import pandas as pd

PAGES = 5_000
"""So many pages are looked at, the latest."""
TYPICAL_S = 6.0
"""What keying a field takes where no vote tells."""

MEASURES = ("resolution_dpi", "sharpness", "contrast", "noise", "skew_deg", "ink_coverage", "compression")

FIELDS = """
WITH latest AS (
    SELECT batch_id, scan_no, page_no, max(decided_at) AS moment
    FROM decisions WHERE fresh AND decided_at < DATE '{until}' + 1
    GROUP BY ALL ORDER BY moment DESC, batch_id, scan_no, page_no LIMIT {pages}
), work AS (
    SELECT crop_id, sum(seconds) AS seconds, count(*) AS votes
    FROM votes WHERE purpose IN ('production', 'audit') GROUP BY crop_id
)
SELECT concat_ws('/', d.batch_id, d.scan_no, d.page_no) AS page, d.form, d.field, d.kind, d.crop_id, d.prediction_id,
       d.decision, d.accepted, d.confidence, p.outcome, p.characters, coalesce(w.seconds, 0) AS seconds,
       coalesce(w.votes, 0) AS votes, j.correct, {measures}
FROM decisions d SEMI JOIN latest USING (batch_id, scan_no, page_no)
JOIN predictions p ON p.prediction_id = d.prediction_id AND p.batch_id = d.batch_id
LEFT JOIN quality q ON q.prediction_id = d.prediction_id AND q.batch_id = d.batch_id AND q.scan = d.scan
                   AND q.page_no = d.page_no AND q.field = d.field
LEFT JOIN work w ON w.crop_id = d.crop_id
LEFT JOIN (SELECT prediction_id, correct FROM judged WHERE blind) j ON j.prediction_id = d.prediction_id
WHERE d.fresh
ORDER BY page, d.field
"""
LOST = """
SELECT status, count(DISTINCT page_id) AS pages FROM pages
SEMI JOIN (SELECT batch_id FROM batches WHERE purpose = 'production') USING (batch_id)
WHERE status NOT IN ('read', 'blank') AND created_at < DATE '{until}' + 1
GROUP BY status ORDER BY pages DESC, status
"""


@dataclass(frozen=True, kw_only=True)
class Ground:
    """`fields` has a row per field (`page` names its page, `cost_s` is its cost in seconds of people's work); `lost`
    says how many pages no model could read at all, by their status."""

    until: date
    fields: "pd.DataFrame"
    lost: dict[str, int]

    @property
    def pages(self) -> int:
        """Pages that were read."""
        return int(self.fields["page"].nunique())


def ground(asking: Asking, until: date, policy: Policy) -> Ground:
    """What came in up to a day, the latest pages of it; the columns must have been brought up to the ledger."""
    sql = FIELDS.format(until=until, pages=PAGES, measures=", ".join(f"q.{name}" for name in MEASURES))
    fields = asking.ask(sql).to_pandas()
    lost = {row["status"]: row["pages"] for row in asking.ask(LOST.format(until=until)).to_pylist()}
    return Ground(until=until, fields=priced(fields, policy), lost=lost)


def priced(fields: "pd.DataFrame", policy: Policy) -> "pd.DataFrame":
    """The same with `keying_s`, what people gave a field or will give it, and `cost_s`, that and the likely harm.

    Whether an accepted value is wrong is known where blind votes say so; elsewhere its confidence tells how likely.
    """
    usual = _usual(fields)
    accepted = fields["accepted"].to_numpy(bool)
    waits = ~accepted & (fields["votes"].to_numpy() == 0)
    keying = np.where(waits, usual, fields["seconds"].to_numpy(float))
    value = {
        place: policy.handling(place[1], place[0]).value
        for place in set(zip(fields["form"], fields["kind"], strict=True))
    }
    harm = np.array([value[place] for place in zip(fields["form"], fields["kind"], strict=True)])
    known = fields["correct"].notna().to_numpy()
    wrong = np.where(known, fields["correct"].eq(False).to_numpy(), 1 - fields["confidence"].fillna(0).to_numpy(float))
    return fields.assign(keying_s=keying, cost_s=keying + np.where(accepted, wrong * harm * usual, 0.0))


def _usual(fields: "pd.DataFrame") -> np.ndarray:
    """(n,) seconds that people give a field of the kind of each; of all kinds where nobody has keyed one."""
    voted = fields[fields["votes"] > 0]
    whole = float(voted["seconds"].mean()) if len(voted) else TYPICAL_S
    by_kind = voted.groupby("kind", observed=True)["seconds"].mean().to_dict()
    return np.array([by_kind.get(kind, whole) for kind in fields["kind"]], float)
