-- What became of the pages of the day.
SELECT status, count(DISTINCT page_id) AS pages
FROM pages SEMI JOIN (SELECT batch_id FROM batches WHERE purpose = 'production') USING (batch_id)
WHERE created_at >= DATE '$day' AND created_at < DATE '$day' + 1
GROUP BY status ORDER BY pages DESC, status
