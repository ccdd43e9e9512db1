-- The audits of the last 28 days: with which probability each was drawn, and what blind votes found (nothing where
-- nobody has answered yet).
SELECT d.kind, d.probability, NOT j.correct AS wrong
FROM decisions d LEFT JOIN (SELECT * FROM judged WHERE blind) j USING (prediction_id)
WHERE d.fresh AND d.decision = 'audit' AND d.probability IS NOT NULL
  AND d.decided_at >= DATE '$day' - 27 AND d.decided_at < DATE '$day' + 1
