-- Schema version 1: the partitioned parents, the watermarks and the identity of the database.
-- Never edited once it has run anywhere; a change is a new file with the next number.
--
-- Ids compare and sort as UTF-8 bytes (COLLATE "C"), as in every other reader of the log. No constraint here
-- refuses anything that the fold can produce: a refused row would block its partition.

CREATE TABLE goalpost.meta (
    one            boolean     PRIMARY KEY DEFAULT true CHECK (one),
    schema_version integer     NOT NULL,
    database_uuid  uuid        NOT NULL DEFAULT gen_random_uuid(),
    -- The one log that may be folded into this database; empty until the first fold.
    log_uuid       uuid,
    partitions     integer     NOT NULL,
    created_at     timestamptz NOT NULL DEFAULT now()
);

-- How far each partition got. Its row lock is what makes a partition's writer the only one.
CREATE TABLE goalpost.fold_watermark (
    stream      text COLLATE "C" NOT NULL,
    partition   integer          NOT NULL,
    modulus     integer          NOT NULL,
    remainder   integer          NOT NULL,
    -- First log offset that is not folded yet.
    next_offset bigint           NOT NULL DEFAULT 0,
    -- Number of the last transaction that changed this partition.
    sequence    bigint           NOT NULL DEFAULT 0,
    folded_at   timestamptz,
    PRIMARY KEY (stream, partition)
) WITH (fillfactor = 50);

CREATE TABLE goalpost.player (
    user_id        varchar(100) COLLATE "C" NOT NULL,
    first_event_at timestamptz  NOT NULL,
    last_event_at  timestamptz  NOT NULL,
    PRIMARY KEY (user_id)
) PARTITION BY HASH (user_id);

CREATE TABLE goalpost.user_goal_progress (
    user_id         varchar(100) COLLATE "C" NOT NULL,
    goal_id         varchar(100) COLLATE "C" NOT NULL,
    challenge_id    varchar(100) COLLATE "C" NOT NULL,
    namespace       varchar(100) COLLATE "C" NOT NULL,
    progress        integer      NOT NULL DEFAULT 0 CHECK (progress >= 0),
    status          varchar(20)  COLLATE "C" NOT NULL DEFAULT 'not_started'
                    CHECK (status IN ('not_started', 'in_progress', 'completed', 'claimed')),
    is_active       boolean      NOT NULL DEFAULT true,
    assigned_at     timestamptz,
    completed_at    timestamptz,
    claimed_at      timestamptz,
    expires_at      timestamptz,
    created_at      timestamptz  NOT NULL DEFAULT now(),
    updated_at      timestamptz  NOT NULL DEFAULT now(),
    last_event_at   timestamptz,
    last_counted_on date,
    PRIMARY KEY (user_id, goal_id),
    CHECK (claimed_at IS NULL OR completed_at IS NOT NULL)
) PARTITION BY HASH (user_id);

-- One row a player: the newest transaction that changed what the player is shown.
CREATE TABLE goalpost.player_change (
    user_id  varchar(100) COLLATE "C" NOT NULL,
    sequence bigint       NOT NULL,
    PRIMARY KEY (user_id)
) PARTITION BY HASH (user_id);

CREATE INDEX player_change_sequence ON goalpost.player_change (sequence, user_id);

-- The outbox: one row for each applied claim, made with it and delivered later.
CREATE TABLE goalpost.reward_grant (
    user_id         varchar(100) COLLATE "C" NOT NULL,
    claim_event_id  text         COLLATE "C" NOT NULL,
    goal_id         varchar(100) COLLATE "C" NOT NULL,
    reward_type     text         COLLATE "C" NOT NULL,
    reward_id       text         COLLATE "C" NOT NULL,
    quantity        integer      NOT NULL,
    state           text         COLLATE "C" NOT NULL DEFAULT 'pending'
                    CHECK (state IN ('pending', 'delivered', 'dead')),
    claimed_at      timestamptz  NOT NULL,
    delivered_at    timestamptz,
    attempts        integer      NOT NULL DEFAULT 0,
    next_attempt_at timestamptz,
    last_error      text,
    PRIMARY KEY (user_id, claim_event_id)
) PARTITION BY HASH (user_id);

CREATE INDEX reward_grant_pending ON goalpost.reward_grant (next_attempt_at, claimed_at)
    WHERE state = 'pending';

-- What became of each request, for as long as a retry of it may come.
CREATE TABLE goalpost.request_outcome (
    user_id    varchar(100) COLLATE "C" NOT NULL,
    event_id   text         COLLATE "C" NOT NULL,
    outcome    text         COLLATE "C" NOT NULL CHECK (outcome IN ('applied', 'rejected')),
    error_code text         COLLATE "C",
    decided_at timestamptz  NOT NULL,
    PRIMARY KEY (user_id, event_id)
) PARTITION BY HASH (user_id);

-- One row a run of a job; the newest 10,000 are kept.
CREATE TABLE goalpost.job_run (
    id          bigint      GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    job         text        COLLATE "C" NOT NULL,
    started_at  timestamptz NOT NULL,
    ended_at    timestamptz NOT NULL,
    exit_code   integer     NOT NULL,
    error       text,
    -- First offset not folded, in the partition furthest behind, before and after the run.
    from_offset bigint,
    next_offset bigint,
    counts      jsonb,
    host        text        NOT NULL,
    version     text        NOT NULL
);
