-- Schema version 3: rewards that were given up are found without reading the delivered ones, which are nearly all.
-- Runs once, over version 2.

CREATE INDEX reward_grant_dead ON goalpost.reward_grant (claimed_at, user_id, claim_event_id)
    WHERE state = 'dead';
