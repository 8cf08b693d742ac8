-- The leaves of one partition. {leaf} is its name's ending (p00), {modulus} and {remainder} its share of the ids.
-- fillfactor 50 leaves room on each page for the row's next version: updates stay in their page, touch no
-- index, and the table stops growing.

CREATE TABLE goalpost.player_{leaf} PARTITION OF goalpost.player
    FOR VALUES WITH (MODULUS {modulus}, REMAINDER {remainder}) WITH (fillfactor = 50);

CREATE TABLE goalpost.user_goal_progress_{leaf} PARTITION OF goalpost.user_goal_progress
    FOR VALUES WITH (MODULUS {modulus}, REMAINDER {remainder}) WITH (fillfactor = 50);

CREATE TABLE goalpost.player_change_{leaf} PARTITION OF goalpost.player_change
    FOR VALUES WITH (MODULUS {modulus}, REMAINDER {remainder});

CREATE TABLE goalpost.reward_grant_{leaf} PARTITION OF goalpost.reward_grant
    FOR VALUES WITH (MODULUS {modulus}, REMAINDER {remainder}) WITH (fillfactor = 50);

CREATE TABLE goalpost.request_outcome_{leaf} PARTITION OF goalpost.request_outcome
    FOR VALUES WITH (MODULUS {modulus}, REMAINDER {remainder});
