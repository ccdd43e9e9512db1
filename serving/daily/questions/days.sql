-- What came in on each of the last 28 days, and who settled it: fields by decision, and what the machine itself
-- expects of the values that it accepted (the mean of their calibrated confidence).
SELECT decided_at::DATE AS day, count(DISTINCT (batch_id, scan_no, page_no)) AS pages, count(*) AS fields,
       count(*) FILTER (decision = 'accept') AS accept, count(*) FILTER (decision = 'audit') AS audit,
       count(*) FILTER (decision = 'review') AS review, count(*) FILTER (decision = 'rescan') AS rescan,
       avg(confidence) FILTER (accepted) AS estimated
FROM decisions
WHERE fresh AND decided_at >= DATE '$day' - 27 AND decided_at < DATE '$day' + 1
GROUP BY day ORDER BY day
