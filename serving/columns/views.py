"""The views that questions are asked of, as SQL over the columns; docs/QUERIES.md explains each column."""

from serving.columns.shape import MEASURES

_MEASURED = ", ".join(MEASURES)
_SAID = (
    "prediction_id, crop_id, page_id, form, field, kind, bundle_id, purpose, outcome, text, characters, confidence, "
    "runner_up, log_mass, components, parts_agree, latency_ms, created_at"
)


def _believed(heard: str) -> str:
    """What is believed of each crop of which something was said in `heard`, a table as verdicts are: of the highest
    source what was learned last, of what held when the form was read (`serving.truth.belief`)."""
    return f"""
        WITH read AS (
            SELECT crop_id, min(created_at) AS read_at FROM _fields
            WHERE crop_id IN (SELECT crop_id FROM {heard}) GROUP BY crop_id
        ), latest AS (
            SELECT v.* FROM {heard} v LEFT JOIN read USING (crop_id)
            WHERE v.valid_at <= coalesce(read_at, v.valid_at)
            QUALIFY row_number() OVER (PARTITION BY crop_id, source ORDER BY known_at DESC, verdict_id DESC) = 1
        )
        SELECT verdict_id, crop_id, form, field, kind, source, blind, outcome, text, confidence, valid_at, known_at
        FROM latest WHERE outcome <> 'withdrawn'
        QUALIFY row_number() OVER (
            PARTITION BY crop_id
            ORDER BY CASE source WHEN 'customer' THEN 3 WHEN 'expert' THEN 2 ELSE 1 END DESC) = 1"""


VIEWS: dict[str, str] = {
    "predictions": f"""
        SELECT batch_id, scan, scanner, page_no, {_SAID} FROM _fields WHERE fresh
        UNION ALL BY NAME SELECT {_SAID} FROM _others""",
    "decisions": """
        SELECT batch_id, scan, scanner, scan_no, page_no, form, field, kind, prediction_id, crop_id, bundle_id, purpose,
               outcome, confidence, decision, decision IN ('accept', 'audit') AS accepted, code, threshold,
               probability, policy_digest, decided_at, fresh
        FROM _fields f SEMI JOIN (SELECT batch_id FROM _batches WHERE purpose = 'production') USING (batch_id)""",
    "quality": f"""
        SELECT batch_id, scan, scanner, page_no, page_id, form, field, kind, prediction_id, crop_id, created_at,
               {_MEASURED}
        FROM _fields WHERE fresh""",
    "pages": f"""
        SELECT batch_id, scan, scanner, scan_no, page_no, page_id, form, status, method, residual_px, width_px,
               height_px, milliseconds, created_at, {_MEASURED}
        FROM _pages""",
    "votes": """
        SELECT v.* RENAME ("at" AS voted_at), d."at" AS voided_at
        FROM _votes v LEFT JOIN _vote_voids d ON d.token = v.token""",
    "verdicts": "SELECT * FROM _verdicts",
    "truth": _believed("_verdicts"),
    "judged": """
        SELECT j.prediction_id, t.crop_id, t.form, t.field, t.kind, t.source, j.correct, j.known_at,
               t.crop_id IN (SELECT crop_id FROM _verdicts WHERE blind) AS blind
        FROM truth t JOIN _judgements j USING (verdict_id)""",
    "record_events": 'SELECT batch_id, scan_no, page_no, event, "at" AS happened_at FROM _record_events',
    "activations": 'SELECT * RENAME ("at" AS activated_at) FROM _activations ORDER BY seq',
    "batches": "SELECT * FROM _batches",
    "trials": """
        SELECT t.* RENAME ("at" AS started_at), outcome, e."by" AS ended_by, reason, finding, activation_seq,
               e."at" AS ended_at
        FROM _trials t LEFT JOIN _trial_ends e USING (trial_id) ORDER BY seq""",
    "trial_pairs": f"""
        WITH tried AS (
            SELECT * FROM _verdicts SEMI JOIN _trial_pairs USING (crop_id)
        ), heard AS (
            SELECT * FROM tried
            WHERE (blind OR source = 'customer') AND crop_id IN (SELECT crop_id FROM tried WHERE blind)
        ), believed AS ({_believed("heard")})
        SELECT p.* EXCLUDE ("at", champion_id, challenger_id), champion_id, challenger_id,
               one.correct AS champion_correct,
               CASE WHEN challenger_id IS NULL AND one.correct IS NOT NULL THEN false ELSE other.correct END
                   AS challenger_correct,
               b.known_at AS answered_at, p."at" AS paired_at
        FROM _trial_pairs p LEFT JOIN believed b USING (crop_id)
        LEFT JOIN _judgements one ON one.verdict_id = b.verdict_id AND one.prediction_id = champion_id
        LEFT JOIN _judgements other ON other.verdict_id = b.verdict_id AND other.prediction_id = challenger_id""",
}
"""By name. What begins with an underscore is a table of the columns."""
