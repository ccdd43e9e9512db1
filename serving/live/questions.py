"""What is asked of the columns beside the questions of the day's report; docs/LIVE.md explains the answers."""

from datetime import date
from string import Template

KINDS, HOURS, MODELS, SPEED = "kinds_now", "hours", "models_now", "speed"

QUESTIONS = {
    KINDS: """
SELECT kind, decision, count(*) AS fields FROM decisions
WHERE fresh AND decided_at >= DATE '$day' AND decided_at < DATE '$day' + 1
GROUP BY kind, decision ORDER BY kind, decision""",
    HOURS: """
WITH hours AS (
    SELECT unnest(generate_series(TIMESTAMP '$hour' - INTERVAL 23 HOUR, TIMESTAMP '$hour', INTERVAL 1 HOUR)) AS hour
), read AS (
    SELECT date_trunc('hour', decided_at) AS hour, count(*) AS fields, count(*) FILTER (decision = 'accept') AS accept
    FROM decisions WHERE fresh AND decided_at >= TIMESTAMP '$hour' - INTERVAL 23 HOUR GROUP BY 1
), voted AS (
    SELECT date_trunc('hour', voted_at) AS hour, count(*) AS votes
    FROM votes WHERE voted_at >= TIMESTAMP '$hour' - INTERVAL 23 HOUR GROUP BY 1
)
SELECT hour, coalesce(fields, 0) AS fields, coalesce(accept, 0) AS accept, coalesce(votes, 0) AS votes
FROM hours LEFT JOIN read USING (hour) LEFT JOIN voted USING (hour) ORDER BY hour""",
    MODELS: """
SELECT bundle_id, purpose, count(*) AS predictions, sum(latency_ms) / 1000 AS seconds
FROM predictions WHERE created_at >= DATE '$day' AND created_at < DATE '$day' + 1
GROUP BY bundle_id, purpose ORDER BY bundle_id, purpose""",
    SPEED: """
SELECT median(latency_ms) / 1000 AS median, quantile_cont(latency_ms, 0.95) / 1000 AS high,
       max(created_at) AS last_at, (SELECT max(voted_at) FROM votes) AS voted_at
FROM predictions
WHERE purpose = 'production' AND created_at >= DATE '$day' AND created_at < DATE '$day' + 1""",
}  # fmt: skip
"""By name."""


def asked(name: str, day: date, now: str) -> str:
    """The SQL of a question about a day (UTC) and the hours until `now`, as the ledger writes times."""
    return Template(QUESTIONS[name]).substitute(day=day.isoformat(), hour=f"{now[:13]}:00:00".replace("T", " ")).strip()
