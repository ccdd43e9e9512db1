-- The accepted fields of the last 28 days by kind: how many, how many of them no audit drew though it could have, the
-- least probability with which one was drawn, and what the machine expects of them.
SELECT kind, count(*) AS accepted, count(probability) FILTER (decision = 'accept') AS undrawn,
       min(probability) AS least, avg(confidence) AS estimated
FROM decisions
WHERE fresh AND accepted AND decided_at >= DATE '$day' - 27 AND decided_at < DATE '$day' + 1
GROUP BY kind ORDER BY kind
