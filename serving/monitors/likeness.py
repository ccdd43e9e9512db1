"""Whether values are like those of their own field: what tells two fields of one kind that were swapped.

First and last name are of one kind, as long and as sure as each other. What stands in them differs: the same names, and
the same beginnings and endings of names, come again in their own field. On the first pages of a form it is counted how
often each value, and its first and last two letters, stand in each field of a kind. The measure of a value is the
logarithm of its odds for its own field against the likeliest other one, as naive Bayes has it; that of a page is the
mean over its values. A page among the first is not counted for itself, so that all pages are alike while nothing
changes.
"""

from serving.diagnose.window import SOURCE

KINDS = ("name",)
"""Of codes and numbers the values do not come again; texts and sensitive kinds are not compared."""
FIRST_PAGES = 127
"""So many pages of a form say what stands in its fields."""
UNSEEN = 0.5
"""Is added to each count (Krichevsky and Trofimov 1981)."""

_KINDS = ", ".join(f"'{kind}'" for kind in KINDS)
LIKENESS = f"""
    WITH pages AS (
        SELECT p.batch_id, p.scan_no, p.page_no, e."at" AS ended, row_number() OVER (
            PARTITION BY p.form ORDER BY e."at", p.batch_id, p.scan_no, p.page_no) <= {FIRST_PAGES} AS is_first
        FROM _pages p JOIN _scan_ends e USING (batch_id, scan_no) JOIN _batches b USING (batch_id)
        WHERE b.purpose = 'production' AND status = 'read'
    ), said AS (
        SELECT f.batch_id, f.scan_no, f.page_no, page_id, form, kind, field, {SOURCE} AS source, scanner, bundle_id,
               f.created_at, prediction_id, ended, is_first, lower(trim(text)) AS value
        FROM _fields f JOIN pages USING (batch_id, scan_no, page_no)
        WHERE fresh AND purpose = 'production' AND outcome = 'text' AND kind IN ({_KINDS}) AND text NOT LIKE '%*%'
              AND (is_first OR ended > {{since}})
    ), signs AS (
        SELECT *, unnest([value, left(value, 2) || '-', '-' || right(value, 2)]) AS sign FROM said
    ), seen AS (
        SELECT form, kind, field, sign, count(*) AS times FROM signs WHERE is_first GROUP BY ALL
    ), fields AS (
        SELECT form, kind, field, count(*) OVER (PARTITION BY form, kind) AS alike
        FROM (SELECT DISTINCT form, kind, field FROM said)
    ), others AS (
        SELECT a.form, a.kind, a.field, s.sign, max(s.times) AS times
        FROM fields a JOIN seen s ON (s.form, s.kind) = (a.form, a.kind) AND s.field <> a.field GROUP BY ALL
    ), odds AS (
        SELECT signs.*,
               ln(coalesce(own.times, 0) - is_first::INT + {UNSEEN}) - ln(coalesce(o.times, 0) + {UNSEEN}) AS odds
        FROM signs JOIN fields USING (form, kind, field) LEFT JOIN seen own USING (form, kind, field, sign)
             LEFT JOIN others o USING (form, kind, field, sign)
        WHERE alike > 1 AND ended > {{since}}
    )
    SELECT ended AS "at", min(created_at) AS created, any_value(page_id) AS unit, any_value(form) AS form,
           any_value(source) AS source, any_value(scanner) AS scanner, count(DISTINCT field) AS fields,
           min_by(prediction_id, field) AS prediction_id,
           any_value(form) || ' ' || min(bundle_id) || max(bundle_id) AS reader,
           sum(odds) / count(DISTINCT field) AS like_its_field
    FROM odds GROUP BY ended, batch_id, scan_no, page_no ORDER BY ended, batch_id, scan_no, page_no"""
"""The units that came in after `{{since}}`, as those of `serving.monitors.units`."""
