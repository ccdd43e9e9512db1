-- The changes of models on the day, with their evidence, and whether they were undone before it was over: each rollback
-- undoes the last activation of its scope that stands, as a bracket is closed.
WITH deep AS (
    SELECT *, sum(CASE how WHEN 'rollback' THEN -1 ELSE 1 END) OVER (PARTITION BY scope ORDER BY seq) AS depth
    FROM activations WHERE activated_at < DATE '$day' + 1
), lowest AS (
    SELECT *, min(depth) OVER (
        PARTITION BY scope ORDER BY seq ROWS BETWEEN 1 FOLLOWING AND UNBOUNDED FOLLOWING
    ) AS later
    FROM deep
)
SELECT scope, coalesce(bundle_id, '') AS bundle_id, replaced, how, "by", reason, evidence, activated_at,
       how <> 'rollback' AND coalesce(later < depth, false) AS undone
FROM lowest WHERE activated_at >= DATE '$day'
ORDER BY seq
