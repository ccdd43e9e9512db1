-- The records that were completed on each of the last 28 days, and the hours from their reading to that.
WITH completed AS (
    SELECT batch_id, scan_no, page_no, min(happened_at) AS moment
    FROM record_events WHERE event = 'completed' GROUP BY ALL
    HAVING moment >= DATE '$day' - 27 AND moment < DATE '$day' + 1
), read AS (
    SELECT batch_id, scan_no, page_no, min(decided_at) AS moment
    FROM decisions SEMI JOIN completed USING (batch_id, scan_no, page_no) GROUP BY ALL
)
SELECT c.moment::DATE AS day, count(*) AS records, median(epoch(c.moment) - epoch(r.moment)) / 3600 AS hours_median,
       quantile_cont(epoch(c.moment) - epoch(r.moment), 0.9) / 3600 AS hours_90
FROM completed c JOIN read r USING (batch_id, scan_no, page_no)
GROUP BY day ORDER BY day
