-- The changes of models on the day, with their evidence.
SELECT scope, bundle_id, replaced, how, "by", reason, evidence, activated_at
FROM activations WHERE activated_at >= DATE '$day' AND activated_at < DATE '$day' + 1
ORDER BY seq
