-- Which models read on the day, and for what.
SELECT bundle_id, purpose, count(*) AS fields, avg(confidence) AS confidence
FROM predictions WHERE created_at >= DATE '$day' AND created_at < DATE '$day' + 1
GROUP BY bundle_id, purpose ORDER BY fields DESC, bundle_id
