-- What happened to records on the day.
SELECT event, count(DISTINCT (batch_id, scan_no, page_no)) AS records
FROM record_events WHERE happened_at >= DATE '$day' AND happened_at < DATE '$day' + 1
GROUP BY event ORDER BY event
