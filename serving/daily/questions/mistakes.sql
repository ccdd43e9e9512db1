-- Accepted values that were found wrong on the day, the surest first.
SELECT d.batch_id, d.scan_no, d.page_no, d.form, d.field, d.kind, d.crop_id, d.prediction_id, d.decision,
       p.outcome AS read_outcome, p.text AS read, t.outcome AS settled_outcome, t.text AS settled, t.source,
       p.confidence, t.known_at
FROM decisions d JOIN judged j USING (prediction_id) JOIN predictions p USING (prediction_id)
JOIN truth t ON t.crop_id = d.crop_id
WHERE d.fresh AND d.accepted AND NOT j.correct AND t.known_at >= DATE '$day' AND t.known_at < DATE '$day' + 1
ORDER BY p.confidence DESC, d.prediction_id LIMIT 12
