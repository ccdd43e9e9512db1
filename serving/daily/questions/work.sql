-- What people did on each of the last 28 days, and what it cost.
SELECT voted_at::DATE AS day, count(*) AS votes, count(DISTINCT person) AS people, sum(seconds) / 60 AS minutes,
       sum(keystrokes) AS keystrokes, sum(seconds) / 3600 * $wage + count(*) * $piece AS cost
FROM votes
WHERE purpose IN ('production', 'audit', 'gold') AND voted_at >= DATE '$day' - 27 AND voted_at < DATE '$day' + 1
GROUP BY day ORDER BY day
