"""Units: what is counted once. A page: its fields share sheet, hand and scan, and are no evidence of their own.

Each family of units is a question to the columns; its answer has a row for each unit that came in after a moment: `at`
when it came in (`created`: when it was made), `unit` (its name), what it belongs to (form, kind, source, scanner,
model, person), the `fields` that it stands for and the first `prediction_id` among them, and its measures.
"""

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

from serving.columns import MEASURES
from serving.diagnose.window import SOURCE
from serving.monitors.likeness import LIKENESS

if TYPE_CHECKING:
    import pandas as pd

LOOK_BACK = "INTERVAL 2 DAY"
"""Whether a value is repeated is asked of the page before, if that is no older."""

_FORM = "coalesce(form, '')"
_PAGES = f"""
    SELECT e."at" AS "at", p.created_at AS created, p.page_id AS unit, p.form, {SOURCE} AS source, scanner, 0 AS fields,
           {_FORM} AS layout, {", ".join(f"p.{name}" for name in MEASURES)}, residual_px, width_px, height_px,
           (status = 'unmatched')::INT AS unmatched, (status = 'rescan' OR status LIKE 'rejected%')::INT AS unreadable
    FROM _pages p JOIN _scan_ends e USING (batch_id, scan_no) JOIN _batches b USING (batch_id)
    WHERE b.purpose = 'production' AND p.created_at >= b.started_at AND e."at" > {{since}}
    ORDER BY e."at", batch_id, scan_no, page_no"""
"""Every page that was prepared for production, once: a batch that uses what was prepared before does not count it."""

_READ = f"""
    WITH used AS (
        SELECT f.*, e."at" AS ended, {SOURCE} AS source, lag(text) OVER before AS text_before,
               lag(confidence) OVER before AS confidence_before
        FROM _fields f JOIN _scan_ends e USING (batch_id, scan_no)
        WHERE fresh AND purpose = 'production' AND e."at" > {{since}} - {LOOK_BACK}
        WINDOW before AS (PARTITION BY form, field ORDER BY e."at", batch_id, scan_no, page_no)
    )
    SELECT ended AS "at", min(created_at) AS created, any_value(page_id) AS unit, any_value(form) AS form, {{named}}
           any_value(source) AS source, any_value(scanner) AS scanner, count(*) AS fields,
           min_by(prediction_id, field) AS prediction_id,
           any_value({_FORM}) AS layout,
           any_value({_FORM}) || ' ' || min(bundle_id) || max(bundle_id) AS reader,
           any_value({_FORM}) || ' ' || min(bundle_id) || max(bundle_id) || min(policy_digest) || max(policy_digest)
           AS policy,
           avg(ink_coverage) AS ink_coverage, avg(bleed_through) AS bleed_through, avg(confidence) AS confidence,
           min(confidence) AS least_confidence, avg(log_mass) AS log_mass, avg(characters) AS characters,
           avg((outcome = 'blank')::INT) AS blank, avg((outcome NOT IN ('text', 'blank'))::INT) AS no_answer,
           avg((outcome IN ('unaligned', 'wrong_crop'))::INT) AS off_place,
           avg(length(regexp_replace(text, '[^0-9]', '', 'g')) / nullif(characters, 0)) AS digits,
           avg((lower(text) = 'yes')::INT) FILTER (kind = 'checkbox' AND outcome = 'text') AS yes,
           avg((text = text_before AND outcome = 'text')::INT) AS repeated,
           avg((confidence = confidence_before)::INT) AS same_confidence, avg((decision = 'review')::INT) AS to_people,
           avg(parts_agree) AS parts_agree
    FROM used WHERE ended > {{since}}
    GROUP BY ended, batch_id, scan_no, page_no {{by}} ORDER BY ended, batch_id, scan_no, page_no {{by}}"""

_JUDGED = f"""
    SELECT j.known_at AS "at", f.created_at AS created, f.page_id AS unit, f.form, f.kind, {SOURCE} AS source, scanner,
           f.bundle_id AS model, 1 AS fields, f.prediction_id,
           coalesce(f.form, '') || ' ' || f.bundle_id || ' ' || (f.decision = 'audit') AS reader,
           j.correct::INT AS "right", f.confidence - j.correct::INT AS too_sure
    FROM judged j JOIN _fields f USING (prediction_id)
    WHERE f.fresh AND f.purpose = 'production' AND j.source <> 'customer'
    QUALIFY row_number() OVER (PARTITION BY f.batch_id, f.scan_no, f.page_no {{by}} ORDER BY j.known_at, f.field) = 1
        AND j.known_at > {{since}}
    ORDER BY j.known_at, f.prediction_id"""
"""Of each page the field that people settled first; customers are not asked, since they report what they find wrong."""

_VOTES = """
    SELECT voted_at AS "at", voted_at AS created, token::VARCHAR AS unit, person, kind, 1 AS fields, prediction_id,
           kind AS layout, seconds
    FROM votes WHERE voided_at IS NULL AND voted_at > {since} ORDER BY voted_at, token"""

_PAIRS = """
    WITH ranked AS (
        SELECT *, row_number() OVER (PARTITION BY crop_id ORDER BY voted_at, token) AS nth
        FROM votes WHERE voided_at IS NULL AND purpose <> 'gold'
    )
    SELECT b.voted_at AS "at", b.voted_at AS created, b.crop_id || {person} AS unit, {person} AS person, b.form, b.kind,
           1 AS fields, b.prediction_id, b.kind AS layout,
           (a.outcome = b.outcome AND lower(trim(a.text)) = lower(trim(b.text)))::INT AS agrees
    FROM ranked a JOIN ranked b ON a.crop_id = b.crop_id AND a.nth = 1 AND b.nth = 2 {each}
    WHERE b.voted_at > {{since}} ORDER BY b.voted_at, unit"""
"""The first two answers to a question: the third is asked for where these differ."""

_TRIALS = f"""
    SELECT max(greatest(t.created_at, e."at")) AS "at", min(t.created_at) AS created, f.page_id AS unit, f.form,
           {SOURCE} AS source, t.bundle_id AS model, count(*) AS fields,
           min_by(t.prediction_id, f.field) AS prediction_id,
           f.form || ' ' || min(f.bundle_id) || max(f.bundle_id) AS reader,
           avg((t.outcome = f.outcome AND t.text = f.text)::INT) AS models_agree
    FROM _others t JOIN _fields f USING (crop_id) JOIN _scan_ends e ON (e.batch_id, e.scan_no) = (f.batch_id, f.scan_no)
    WHERE t.purpose = 'trial' AND f.fresh AND f.purpose = 'production'
    GROUP BY f.batch_id, f.scan_no, f.page_no, f.page_id, f.form, f.scan, t.bundle_id
    HAVING max(greatest(t.created_at, e."at")) > {{since}} ORDER BY "at", unit"""

FAMILIES: Mapping[str, str] = {
    "page": _PAGES,
    "read": _READ.replace("{named}", "").replace("{by}", ""),
    "kind": _READ.replace("{named}", "kind,").replace("{by}", ", kind"),
    "model": _READ.replace("{named}", "bundle_id AS model,").replace("{by}", ", bundle_id"),
    "judged": _JUDGED.replace("{by}", ""),
    "judged kind": _JUDGED.replace("{by}", ", f.kind"),
    "vote": _VOTES,
    "pair": _PAIRS.format(person="''", each=""),
    "person": _PAIRS.format(
        person="w.person", each="JOIN ranked w ON w.crop_id = b.crop_id AND w.nth <= 2"
    ),
    "trial": _TRIALS,
    "likeness": LIKENESS,
}  # fmt: skip
"""By name, the question whose answer holds the units that came in after `{since}`."""

EVER = "0001-01-01T00:00:00+00:00"


def units(ask: Any, family: str, since: str) -> "pd.DataFrame":
    """The units of a family that came in after `since` (UTC, ISO 8601; "" for all), in that order."""
    frame: pd.DataFrame = ask(FAMILIES[family].replace("{since}", f"TIMESTAMPTZ '{since or EVER}'")).to_pandas()
    for name in frame.columns[frame.dtypes == "category"]:
        frame[name] = frame[name].astype(object)
    return frame
