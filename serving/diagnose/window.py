"""The fields before an alarm and since, as columns say them."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np

from serving.columns import MEASURES
from serving.ledger import Alarm

if TYPE_CHECKING:
    import pandas as pd
    import pyarrow as pa

Ask = Callable[[str], "pa.Table"]

MOST_FIELDS = 20_000
"""Of each side, those nearest to the moment in which the trouble was first seen."""

SOURCE = "coalesce(nullif(regexp_extract(scan, '^(.*)/[^/]*$', 1), ''), '.')"
"""Where a scan comes from: its folder."""

_DIMENSIONS = {"form": "form", "kind": "kind", "field": "field", "source": "source", "scanner": "scanner"}
_OF_PAGES = ("form", "source", "scanner")
_FIELDS = f"""
    WITH used AS (
        SELECT f.*, {SOURCE} AS source, text = lag(text) OVER (PARTITION BY form, field ORDER BY created_at, scan_no,
               page_no) AND outcome = 'text' AS repeated
        FROM _fields f WHERE fresh AND purpose = 'production'
    ), costs AS (
        SELECT kind, avg(seconds) AS seconds FROM votes WHERE voided_at IS NULL AND purpose <> 'gold' GROUP BY kind
    )
    SELECT u.prediction_id, u.crop_id, u.batch_id, u.scan, u.scan_no, u.page_no, u.form, u.field, u.kind, u.source,
           u.scanner, u.bundle_id AS model, decision, outcome, characters, confidence, log_mass,
           u.created_at AS created,
           {", ".join(f"p.{name}" for name in MEASURES)},
           coalesce(repeated, false)::INT AS repeated, (outcome = 'blank')::INT AS blank,
           (outcome IN ('unaligned', 'wrong_crop'))::INT AS off_place,
           (outcome NOT IN ('text', 'blank'))::INT AS no_answer, (NOT j.correct)::INT AS wrong,
           confidence - j.correct::INT AS too_sure, c.seconds,
           CASE WHEN coalesce(text, '') = '' THEN 'none' WHEN regexp_matches(text, '^[0-9 .,/$()-]+$') THEN 'digits'
                WHEN regexp_matches(text, '[0-9]') THEN 'mixed' ELSE 'letters' END AS value
    FROM used u LEFT JOIN judged j ON j.prediction_id = u.prediction_id LEFT JOIN costs c ON c.kind = u.kind
         LEFT JOIN _pages p ON (p.batch_id, p.scan_no, p.page_no) = (u.batch_id, u.scan_no, u.page_no)
    WHERE {{where}} ORDER BY created {{way}}, u.batch_id, u.scan_no {{way}}, u.page_no {{way}}, u.field
    LIMIT {MOST_FIELDS}"""
_PAGES = f"""
    SELECT batch_id, scan_no, page_no, created_at AS created, (status = 'unmatched')::INT AS unmatched, residual_px,
           created_at >= TIMESTAMPTZ {{since}} AS since
    FROM (SELECT *, {SOURCE} AS source FROM pages) WHERE {{where}}"""
_VOTES = """
    WITH valid AS (
        SELECT person, seconds, voted_at, outcome, text, crop_id, purpose,
               count(*) OVER (PARTITION BY crop_id) AS voters,
               count(*) OVER (PARTITION BY crop_id, outcome, lower(trim(text))) AS alike
        FROM votes WHERE voided_at IS NULL
    )
    SELECT person, seconds, voted_at AS created, voted_at >= TIMESTAMPTZ {since} AS since,
           (alike - 1) / (voters - 1) AS agrees
    FROM valid WHERE voters > 1"""


@dataclass(frozen=True, kw_only=True, eq=False)
class Windows:
    """Fields before and since, oldest first, a row each, with what was measured of their page; pages and everybody's
    votes, with `since` true where they are new."""

    before: "pd.DataFrame"
    since: "pd.DataFrame"
    pages: "pd.DataFrame"
    votes: "pd.DataFrame"


def windows(ask: Ask, alarm: Alarm, start: str) -> Windows:
    """What came before `start` (UTC, ISO 8601), and from then until the alarm ended, within the slice of the alarm.

    Of its slice form, kind, field, source, scanner and person are heeded; fields of other models are there to compare
    with. The fields of a person are those that he or she answered before, and since.
    """
    within = [f"{_DIMENSIONS[name]} = {_quoted(value)}" for name, value in alarm.slice.items() if name in _DIMENSIONS]
    fields, pages = [f"u.{each}" for each in within], [each for each in within if each.startswith(_OF_PAGES)]
    since = [f">= TIMESTAMPTZ {_quoted(start)}"]
    since += [f"<= TIMESTAMPTZ {_quoted(alarm.ended_at)}"] if alarm.ended_at else []
    person = alarm.slice.get("person")
    old, new = _when(person, [f"< TIMESTAMPTZ {_quoted(start)}"]), _when(person, since)
    return Windows(
        before=_plain(ask(_FIELDS.format(where=" AND ".join([old, *fields]), way="DESC")))[::-1].reset_index(drop=True),
        since=_plain(ask(_FIELDS.format(where=" AND ".join([new, *fields]), way="ASC"))),
        pages=_plain(ask(_PAGES.format(since=_quoted(start), where=" AND ".join(pages or ["true"])))),
        votes=_plain(ask(_VOTES.format(since=_quoted(start)))),
    )


def _when(person: str | None, bounds: Sequence[str]) -> str:
    """The condition that a field was read within these bounds, or answered by a person."""
    if person is None:
        return " AND ".join(f"u.created_at {each}" for each in bounds)
    voted = " AND ".join(f"voted_at {each}" for each in bounds)
    his = f"SELECT crop_id FROM votes WHERE voided_at IS NULL AND person = {_quoted(person)} AND {voted}"
    return f"u.crop_id IN ({his})"


def bucket(values: np.ndarray, before: np.ndarray) -> np.ndarray:
    """(n,) of str: whether each is in the lowest or highest fifth of what was usual; "" for those between."""
    known = before[np.isfinite(before)]
    if not len(known):
        return np.full(len(values), "", object)
    low, high = np.quantile(known, [0.2, 0.8])
    return np.where(values < low, "low", np.where(values > high, "high", "")).astype(object)


def _plain(table: Any) -> "pd.DataFrame":
    frame: pd.DataFrame = table.to_pandas()
    for name in frame.columns[frame.dtypes == "category"]:
        frame[name] = frame[name].astype(object)
    return frame


def _quoted(text: str) -> str:
    return "'" + text.replace("'", "''") + "'"
