-- The fields that cost people most on the day, with how many of the day's were sent to them.
WITH work AS (
    SELECT form, field, sum(seconds) / 60 AS minutes, count(*) AS votes
    FROM votes WHERE purpose IN ('production', 'audit') AND voted_at >= DATE '$day' AND voted_at < DATE '$day' + 1
    GROUP BY form, field
), sent AS (
    SELECT form, field, any_value(kind) AS kind, count(*) AS fields,
           count(*) FILTER (NOT accepted) AS to_people, avg(confidence) AS confidence
    FROM decisions WHERE fresh AND decided_at >= DATE '$day' AND decided_at < DATE '$day' + 1
    GROUP BY form, field
)
SELECT form, field, kind, coalesce(fields, 0) AS fields, coalesce(to_people, 0) AS to_people, confidence,
       coalesce(minutes, 0) AS minutes, coalesce(votes, 0) AS votes
FROM sent FULL JOIN work USING (form, field)
WHERE to_people > 0 OR votes > 0
ORDER BY minutes DESC, to_people DESC, form, field LIMIT 10
