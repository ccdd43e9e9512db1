-- Which model answers for each kind of field at the end of the day ("" for all that have none of their own).
SELECT scope, coalesce(bundle_id, '') AS bundle_id, how, "by", reason, activated_at
FROM activations WHERE activated_at < DATE '$day' + 1
QUALIFY row_number() OVER (PARTITION BY scope ORDER BY seq DESC) = 1
ORDER BY scope
