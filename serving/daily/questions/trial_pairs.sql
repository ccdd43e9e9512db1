-- The pairs of these trials, in the order in which they came: whether the two models agree, with which probability people
-- were to be asked, whether they were, and who is right (nothing where nobody has answered); as it was known when the
-- trial ended, or at the end of the day. Gold is left out: it came by no lot.
WITH told AS (
    SELECT trial_id, least(coalesce(ended_at, DATE '$day' + 1), DATE '$day' + 1) AS until
    FROM trials WHERE started_at < DATE '$day' + 1 AND (ended_at IS NULL OR ended_at >= DATE '$day')
)
SELECT trial_id, crop_id, kind, quality, agree, probability, asked,
       CASE WHEN answered_at <= until THEN champion_correct END AS champion_correct,
       CASE WHEN answered_at <= until THEN challenger_correct END AS challenger_correct
FROM trial_pairs JOIN told USING (trial_id)
WHERE NOT is_gold AND paired_at <= until
ORDER BY trial_id, seq
