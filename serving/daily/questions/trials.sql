-- The trials that ran at the end of the day or ended on it: who is held against whom, under which settings, and what was
-- concluded, with the guards that it rests on (in `finding`). Of one that ran on, nothing that came later.
SELECT trial_id, scope, champion, challenger, watches, settings, started_at,
       CASE WHEN ended_at < DATE '$day' + 1 THEN outcome END AS outcome,
       CASE WHEN ended_at < DATE '$day' + 1 THEN reason END AS reason,
       CASE WHEN ended_at < DATE '$day' + 1 THEN finding END AS finding,
       CASE WHEN ended_at < DATE '$day' + 1 THEN ended_at END AS ended_at
FROM trials
WHERE started_at < DATE '$day' + 1 AND (ended_at IS NULL OR ended_at >= DATE '$day')
ORDER BY seq
