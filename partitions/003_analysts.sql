-- Schema version 2: views for analysts, and what a database must know of itself after it was restored.
-- Runs once, over version 1, for a fresh installation as for one that is upgraded.

ALTER TABLE goalpost.meta
    -- When this database was restored from a backup; empty where it never was.
    ADD COLUMN restored_at   timestamptz,
    -- database_uuid of the database whose backup that was; the restored one has a UUID of its own.
    ADD COLUMN restored_from uuid,
    -- While true the grant job sends nothing: what was sent after the backup is not known here.
    ADD COLUMN grants_held   boolean NOT NULL DEFAULT false;

COMMENT ON TABLE goalpost.meta IS 'One row: what this database is, and which log is folded into it.';
COMMENT ON COLUMN goalpost.meta.restored_at IS
    'When it was restored from a backup; empty where it never was.';
COMMENT ON COLUMN goalpost.meta.restored_from IS
    'database_uuid of the database that the backup was made of.';
COMMENT ON COLUMN goalpost.meta.grants_held IS
    'While true no reward is sent: set by a restore until confirmed.';

CREATE VIEW goalpost.progress AS
SELECT user_id, challenge_id, goal_id, namespace, status, progress, is_active, assigned_at, completed_at,
    claimed_at, last_event_at, created_at, updated_at
FROM goalpost.user_goal_progress;

COMMENT ON VIEW goalpost.progress IS
    'One row a player and goal, from the first event that changed it on. All times are event times,
    in UTC. '
    'Fast by user_id; anything else reads all rows.';
COMMENT ON COLUMN goalpost.progress.user_id IS 'The player; compared byte by byte.';
COMMENT ON COLUMN goalpost.progress.challenge_id IS 'The challenge that the goal belongs to.';
COMMENT ON COLUMN goalpost.progress.goal_id IS 'The goal; it may be gone from the challenges in force.';
COMMENT ON COLUMN goalpost.progress.namespace IS 'The game.';
COMMENT ON COLUMN goalpost.progress.status IS
    'not_started, in_progress, completed or claimed. Of a daily goal: as of its last completion,
    whatever day it is.';
COMMENT ON COLUMN goalpost.progress.progress IS 'How far towards the target, in the goal''s own unit.';
COMMENT ON COLUMN goalpost.progress.is_active IS 'Whether events count for it.';
COMMENT ON COLUMN goalpost.progress.assigned_at IS 'When it last became active.';
COMMENT ON COLUMN goalpost.progress.completed_at IS 'When it was completed, of a daily goal the last time.';
COMMENT ON COLUMN goalpost.progress.claimed_at IS
    'When its reward was claimed, of a daily goal for that completion.';
COMMENT ON COLUMN goalpost.progress.last_event_at IS
    'Greatest time of a login or stat that counted for it.';
COMMENT ON COLUMN goalpost.progress.created_at IS 'Time of the event that made the row.';
COMMENT ON COLUMN goalpost.progress.updated_at IS 'Time of the event that last changed the row.';

CREATE VIEW goalpost.players AS
SELECT user_id, first_event_at, last_event_at FROM goalpost.player;

COMMENT ON VIEW goalpost.players IS 'One row a player of whom there was any event.';
COMMENT ON COLUMN goalpost.players.user_id IS 'The player; compared byte by byte.';
COMMENT ON COLUMN goalpost.players.first_event_at IS 'Time of the first event in log order.';
COMMENT ON COLUMN goalpost.players.last_event_at IS 'Greatest event time.';

CREATE VIEW goalpost.goal_funnel AS
SELECT challenge_id, goal_id,
    count(*) AS players,
    count(*) FILTER (WHERE is_active) AS active,
    count(*) FILTER (WHERE status <> 'not_started') AS started,
    count(*) FILTER (WHERE status IN ('completed', 'claimed')) AS completed,
    count(*) FILTER (WHERE status = 'claimed') AS claimed
FROM goalpost.user_goal_progress
GROUP BY challenge_id, goal_id;

COMMENT ON VIEW goalpost.goal_funnel IS 'One row a goal: how many players got how far. Reads all rows.';
COMMENT ON COLUMN goalpost.goal_funnel.challenge_id IS 'The challenge.';
COMMENT ON COLUMN goalpost.goal_funnel.goal_id IS 'The goal.';
COMMENT ON COLUMN goalpost.goal_funnel.players IS 'Players who have a row of it.';
COMMENT ON COLUMN goalpost.goal_funnel.active IS 'Of them, for whom it is active.';
COMMENT ON COLUMN goalpost.goal_funnel.started IS 'Of them, for whom any event counted.';
COMMENT ON COLUMN goalpost.goal_funnel.completed IS 'Of them, who completed it, claimed or not.';
COMMENT ON COLUMN goalpost.goal_funnel.claimed IS 'Of them, who claimed its reward.';

CREATE VIEW goalpost.completions_daily AS
SELECT (completed_at AT TIME ZONE 'UTC')::date AS day, challenge_id, goal_id,
    count(*) AS completions,
    count(claimed_at) AS claimed
FROM goalpost.user_goal_progress
WHERE completed_at IS NOT NULL
GROUP BY 1, challenge_id, goal_id;

COMMENT ON VIEW goalpost.completions_daily IS
    'One row a UTC day and goal: players who completed it then. A daily goal counts on the day of its last '
    'completion only, for the tables keep no earlier one: the log does. Reads all rows.';
COMMENT ON COLUMN goalpost.completions_daily.day IS 'UTC day of completion.';
COMMENT ON COLUMN goalpost.completions_daily.challenge_id IS 'The challenge.';
COMMENT ON COLUMN goalpost.completions_daily.goal_id IS 'The goal.';
COMMENT ON COLUMN goalpost.completions_daily.completions IS 'Players who completed it on that day.';
COMMENT ON COLUMN goalpost.completions_daily.claimed IS 'Of them, who have claimed its reward since.';

CREATE VIEW goalpost.claims AS
SELECT user_id, claim_event_id, goal_id, reward_type, reward_id, quantity, state, claimed_at,
    delivered_at, attempts,
    last_error
FROM goalpost.reward_grant;

COMMENT ON VIEW goalpost.claims IS
    'One row an applied claim: the reward as it was then, and whether it was delivered.';
COMMENT ON COLUMN goalpost.claims.user_id IS 'The player; compared byte by byte.';
COMMENT ON COLUMN goalpost.claims.claim_event_id IS 'Id of the event that claimed it.';
COMMENT ON COLUMN goalpost.claims.goal_id IS 'The goal.';
COMMENT ON COLUMN goalpost.claims.reward_type IS 'ITEM or WALLET.';
COMMENT ON COLUMN goalpost.claims.reward_id IS 'What is given.';
COMMENT ON COLUMN goalpost.claims.quantity IS 'How many of it.';
COMMENT ON COLUMN goalpost.claims.state IS 'pending, delivered, or dead when delivery was given up.';
COMMENT ON COLUMN goalpost.claims.claimed_at IS 'Time of the claim.';
COMMENT ON COLUMN goalpost.claims.delivered_at IS 'When it reached the player; empty until then.';
COMMENT ON COLUMN goalpost.claims.attempts IS 'Deliveries tried.';
COMMENT ON COLUMN goalpost.claims.last_error IS 'Why the last one failed.';

CREATE VIEW goalpost.claims_daily AS
SELECT (claimed_at AT TIME ZONE 'UTC')::date AS day, goal_id, reward_type, reward_id,
    count(*) AS claims,
    sum(quantity::bigint) AS quantity,
    count(*) FILTER (WHERE state = 'delivered') AS delivered
FROM goalpost.reward_grant
GROUP BY 1, goal_id, reward_type, reward_id;

COMMENT ON VIEW goalpost.claims_daily IS
    'One row a UTC day, goal and reward: claims and what they cost. Reads all rows.';
COMMENT ON COLUMN goalpost.claims_daily.day IS 'UTC day of the claim.';
COMMENT ON COLUMN goalpost.claims_daily.goal_id IS 'The goal.';
COMMENT ON COLUMN goalpost.claims_daily.reward_type IS 'ITEM or WALLET.';
COMMENT ON COLUMN goalpost.claims_daily.reward_id IS 'What is given.';
COMMENT ON COLUMN goalpost.claims_daily.claims IS 'Claims applied.';
COMMENT ON COLUMN goalpost.claims_daily.quantity IS 'Sum of their quantities.';
COMMENT ON COLUMN goalpost.claims_daily.delivered IS 'Of the claims, those delivered.';

CREATE VIEW goalpost.requests_daily AS
SELECT (decided_at AT TIME ZONE 'UTC')::date AS day, outcome, error_code, count(*) AS requests
FROM goalpost.request_outcome
GROUP BY 1, outcome, error_code;

COMMENT ON VIEW goalpost.requests_daily IS
    'One row a UTC day and outcome: claims and activations decided. Outcomes are kept for a bounded time.';
COMMENT ON COLUMN goalpost.requests_daily.day IS 'UTC day of the request.';
COMMENT ON COLUMN goalpost.requests_daily.outcome IS 'applied or rejected.';
COMMENT ON COLUMN goalpost.requests_daily.error_code IS 'Why it was rejected, such as GOAL_NOT_COMPLETED.';
COMMENT ON COLUMN goalpost.requests_daily.requests IS 'Requests decided so.';

CREATE VIEW goalpost.freshness AS
SELECT w.stream,
    min(w.next_offset) AS next_offset,
    max(w.next_offset) AS newest_offset,
    min(w.folded_at) AS folded_at,
    now() - min(w.folded_at) AS age,
    count(*) AS partitions,
    m.log_uuid, m.database_uuid, m.restored_at, m.grants_held
FROM goalpost.fold_watermark w CROSS JOIN goalpost.meta m
GROUP BY w.stream, m.log_uuid, m.database_uuid, m.restored_at, m.grants_held;

COMMENT ON VIEW goalpost.freshness IS
    'One row a stream: how much of the log all these views include, and since when.';
COMMENT ON COLUMN goalpost.freshness.stream IS 'The stream of events.';
COMMENT ON COLUMN goalpost.freshness.next_offset IS 'Every record before this log offset is included.';
COMMENT ON COLUMN goalpost.freshness.newest_offset IS 'No record from this log offset on is included.';
COMMENT ON COLUMN goalpost.freshness.folded_at IS 'When the partition furthest behind was last folded.';
COMMENT ON COLUMN goalpost.freshness.age IS 'How long ago that was.';
COMMENT ON COLUMN goalpost.freshness.partitions IS 'Partitions of the tables.';
COMMENT ON COLUMN goalpost.freshness.log_uuid IS 'The log that is folded into this database.';
COMMENT ON COLUMN goalpost.freshness.database_uuid IS 'This database; another UUID is another database.';
COMMENT ON COLUMN goalpost.freshness.restored_at IS
    'When it was restored from a backup; empty where it never was.';
COMMENT ON COLUMN goalpost.freshness.grants_held IS 'Whether rewards are held back since a restore.';

CREATE VIEW goalpost.runs AS
SELECT id, job, started_at, ended_at, ended_at - started_at AS duration, exit_code, error,
    from_offset, next_offset,
    counts, host, version
FROM goalpost.job_run;

COMMENT ON VIEW goalpost.runs IS 'One row a run of a job, the newest 10,000.';
COMMENT ON COLUMN goalpost.runs.id IS 'Ascending; later runs have greater ones.';
COMMENT ON COLUMN goalpost.runs.job IS 'Its name, such as fold or publish.';
COMMENT ON COLUMN goalpost.runs.started_at IS 'When it began.';
COMMENT ON COLUMN goalpost.runs.ended_at IS 'When it ended.';
COMMENT ON COLUMN goalpost.runs.duration IS 'How long it took.';
COMMENT ON COLUMN goalpost.runs.exit_code IS '0 when it did its work, else a code of sysexits.h.';
COMMENT ON COLUMN goalpost.runs.error IS 'Why it failed; empty when it did not.';
COMMENT ON COLUMN goalpost.runs.from_offset IS
    'First log offset not folded before it, in the partition furthest behind.';
COMMENT ON COLUMN goalpost.runs.next_offset IS 'The same after it.';
COMMENT ON COLUMN goalpost.runs.counts IS 'What it did, as JSON.';
COMMENT ON COLUMN goalpost.runs.host IS 'The machine it ran on.';
COMMENT ON COLUMN goalpost.runs.version IS 'The program''s version.';
