import Jobs
import Testing

/// One way in which tables can go wrong, planted by SQL.
struct PlantedDrift: Sendable, CustomTestStringConvertible {
    let name: String
    /// Statements that plant it; the last answers the id of a player concerned and how many rows were touched.
    let sql: String
    /// What verify has to call it, at least once.
    let kinds: [Drift.Kind]
    /// The field that the report has to name, where it is one.
    var field: String?
    /// Whether a repair brings back what was there; else it is only reported.
    var isRepairable = true
    /// Records at the log's end that are not folded when it happens.
    var unfolded = 200

    var testDescription: String { name }

    /// Changes the first row of a table that fits.
    private static func change(
        _ table: String,
        _ field: String,
        to value: String,
        where condition: String = "true",
        _ kind: Drift.Kind,
        key: String = "goal_id",
        isRepairable: Bool = true
    ) -> PlantedDrift {
        PlantedDrift(
            name: "\(table).\(field) = \(value)",
            sql: """
                UPDATE goalpost.\(table) t SET \(field) = \(value) FROM (SELECT * FROM goalpost.\(table) WHERE \(condition)
                    ORDER BY user_id, \(key) LIMIT 1) f
                WHERE t.user_id = f.user_id AND t.\(key) = f.\(key) RETURNING t.user_id
                """,
            kinds: [kind],
            field: field,
            isRepairable: isRepairable
        )
    }

    private static func delete(_ table: String, key: String, _ kinds: [Drift.Kind]) -> PlantedDrift {
        PlantedDrift(
            name: "a row of \(table) is deleted",
            sql: """
                DELETE FROM goalpost.\(table) t USING (SELECT * FROM goalpost.\(table) ORDER BY user_id, \(key) LIMIT 1) f
                WHERE t.user_id = f.user_id AND t.\(key) = f.\(key) RETURNING t.user_id
                """,
            kinds: kinds
        )
    }

    static let fields: [PlantedDrift] = [
        change("user_goal_progress", "progress", to: "t.progress + 1", .fieldDiffers),
        change(
            "user_goal_progress",
            "status",
            to: "'in_progress'",
            where: "status = 'completed'",
            .fieldDiffers
        ),
        change("user_goal_progress", "is_active", to: "NOT t.is_active", .fieldDiffers),
        change(
            "user_goal_progress",
            "assigned_at",
            to: "NULL",
            where: "assigned_at IS NOT NULL",
            .fieldDiffers
        ),
        change(
            "user_goal_progress",
            "completed_at",
            to: "t.completed_at + interval '1 microsecond'",
            where: "completed_at IS NOT NULL",
            .fieldDiffers
        ),
        change(
            "user_goal_progress",
            "claimed_at",
            to: "NULL",
            where: "claimed_at IS NOT NULL",
            .fieldDiffers
        ),
        change("user_goal_progress", "expires_at", to: "'infinity'", .fieldDiffers),
        change(
            "user_goal_progress",
            "created_at",
            to: "t.created_at - interval '1 second'",
            .fieldDiffers
        ),
        change("user_goal_progress", "updated_at", to: "now()", .fieldDiffers),
        change(
            "user_goal_progress",
            "last_event_at",
            to: "NULL",
            where: "last_event_at IS NOT NULL",
            .fieldDiffers
        ),
        change("user_goal_progress", "last_counted_on", to: "'2001-01-01'", .fieldDiffers),
        change("user_goal_progress", "challenge_id", to: "'elsewhere'", .fieldDiffers),
        change("user_goal_progress", "namespace", to: "'another'", .fieldDiffers),
        change("player", "first_event_at", to: "'1999-01-01Z'", .playerDiffers, key: "user_id"),
        change("player", "last_event_at", to: "'infinity'", .playerDiffers, key: "user_id"),
        change(
            "request_outcome",
            "outcome",
            to: "'rejected'",
            where: "outcome = 'applied'",
            .outcomeDiffers,
            key: "event_id"
        ),
        change("request_outcome", "error_code", to: "'LOST'", .outcomeDiffers, key: "event_id"),
        change(
            "request_outcome",
            "decided_at",
            to: "t.decided_at + interval '1 hour'",
            .outcomeDiffers,
            key: "event_id"
        ),
        change(
            "reward_grant",
            "goal_id",
            to: "'another goal'",
            where: "state = 'pending'",
            .grantDiffers,
            key: "claim_event_id"
        ),
        change(
            "reward_grant",
            "quantity",
            to: "t.quantity + 1000000",
            where: "state = 'pending'",
            .grantDiffers,
            key: "claim_event_id"
        ),
        change(
            "reward_grant",
            "reward_id",
            to: "'GOLD'",
            where: "state = 'pending'",
            .grantDiffers,
            key: "claim_event_id"
        ),
        change(
            "reward_grant",
            "claimed_at",
            to: "now()",
            where: "state = 'pending'",
            .grantDiffers,
            key: "claim_event_id"
        ),
        change(
            "reward_grant",
            "state",
            to: "'pending'",
            where: "state = 'delivered'",
            .grantDiffers,
            key: "claim_event_id"
        ),
        change(
            "reward_grant",
            "delivered_at",
            to: "t.delivered_at + interval '1 second'",
            where: "state = 'delivered'",
            .grantDiffers,
            key: "claim_event_id"
        ),
        change(
            "reward_grant",
            "state",
            to: "'delivered'",
            where: "state = 'pending'",
            .grantDiffers,
            key: "claim_event_id",
            isRepairable: false
        ),
    ]

    static let rows: [PlantedDrift] = [
        delete("user_goal_progress", key: "goal_id", [.rowMissing]),
        delete("player", key: "user_id", [.playerMissing]),
        delete("player_change", key: "user_id", [.changeLost]),
        delete("request_outcome", key: "event_id", [.outcomeMissing]),
        PlantedDrift(
            name: "a pending grant is deleted",
            sql: """
                DELETE FROM goalpost.reward_grant t USING (SELECT * FROM goalpost.reward_grant
                    WHERE state = 'pending' ORDER BY user_id LIMIT 1) f
                WHERE t.user_id = f.user_id AND t.claim_event_id = f.claim_event_id RETURNING t.user_id
                """,
            kinds: [.grantMissing]
        ),
        PlantedDrift(
            name: "a delivered grant is deleted",
            sql: """
                DELETE FROM goalpost.reward_grant t USING (SELECT * FROM goalpost.reward_grant
                    WHERE state = 'delivered' ORDER BY user_id LIMIT 1) f
                WHERE t.user_id = f.user_id AND t.claim_event_id = f.claim_event_id RETURNING t.user_id
                """,
            kinds: [.grantMissing]
        ),
        PlantedDrift(
            name: "a row of a goal that never was",
            sql: """
                INSERT INTO goalpost.user_goal_progress (user_id, goal_id, challenge_id, namespace)
                SELECT user_id, 'ghost', 'ghosts', 'goalpost-test' FROM goalpost.player ORDER BY user_id LIMIT 1
                RETURNING user_id
                """,
            kinds: [.rowExtra]
        ),
        PlantedDrift(
            name: "another player's row is copied",
            sql: """
                INSERT INTO goalpost.user_goal_progress SELECT p.user_id, t.goal_id, t.challenge_id, t.namespace,
                    t.progress, t.status, t.is_active, t.assigned_at, t.completed_at, t.claimed_at, t.expires_at,
                    t.created_at, t.updated_at, t.last_event_at, t.last_counted_on
                FROM goalpost.player p JOIN goalpost.user_goal_progress t ON t.user_id <> p.user_id
                WHERE NOT EXISTS (SELECT FROM goalpost.user_goal_progress o
                    WHERE o.user_id = p.user_id AND o.goal_id = t.goal_id)
                ORDER BY p.user_id, t.user_id, t.goal_id LIMIT 1 RETURNING user_id
                """,
            kinds: [.rowExtra]
        ),
        PlantedDrift(
            name: "a player whom the log does not know",
            sql: "INSERT INTO goalpost.player VALUES ('nobody', now(), now()) RETURNING user_id",
            kinds: [.playerExtra]
        ),
        PlantedDrift(
            name: "a player whom the log does not know, with rows everywhere",
            sql: """
                INSERT INTO goalpost.player VALUES ('nobody', now(), now());
                INSERT INTO goalpost.player_change VALUES ('nobody', 1);
                INSERT INTO goalpost.user_goal_progress (user_id, goal_id, challenge_id, namespace)
                    VALUES ('nobody', 'g1', 'c', 'goalpost-test');
                INSERT INTO goalpost.request_outcome VALUES ('nobody', 'e', 'applied', NULL, now());
                INSERT INTO goalpost.reward_grant (user_id, claim_event_id, goal_id, reward_type, reward_id, quantity,
                    claimed_at) VALUES ('nobody', 'e', 'g1', 'ITEM', 'r', 1, now()) RETURNING user_id
                """,
            kinds: [.playerExtra, .rowExtra, .outcomeExtra, .grantExtra]
        ),
        PlantedDrift(
            name: "an outcome of a request that never was",
            sql: """
                INSERT INTO goalpost.request_outcome SELECT user_id, 'never asked', 'rejected', 'GOAL_NOT_FOUND', now()
                FROM goalpost.player ORDER BY user_id DESC LIMIT 1 RETURNING user_id
                """,
            kinds: [.outcomeExtra]
        ),
        PlantedDrift(
            name: "a grant without a claim",
            sql: """
                INSERT INTO goalpost.reward_grant (user_id, claim_event_id, goal_id, reward_type, reward_id, quantity,
                    claimed_at)
                SELECT user_id, 'never claimed', 'g', 'WALLET', 'GEMS', 5, now() FROM goalpost.player
                ORDER BY user_id DESC LIMIT 1 RETURNING user_id
                """,
            kinds: [.grantExtra]
        ),
        PlantedDrift(
            name: "a grant without a claim that was tried",
            sql: """
                INSERT INTO goalpost.reward_grant (user_id, claim_event_id, goal_id, reward_type, reward_id, quantity,
                    claimed_at, attempts)
                SELECT user_id, 'never claimed', 'g', 'WALLET', 'GEMS', 5, now(), 3 FROM goalpost.player
                ORDER BY user_id DESC LIMIT 1 RETURNING user_id
                """,
            kinds: [.grantExtra],
            isRepairable: false
        ),
        PlantedDrift(
            name: "a goal is claimed without a grant",
            sql: """
                UPDATE goalpost.user_goal_progress t SET status = 'claimed', claimed_at = t.completed_at
                FROM (SELECT * FROM goalpost.user_goal_progress WHERE status = 'completed' ORDER BY user_id LIMIT 1) f
                WHERE t.user_id = f.user_id AND t.goal_id = f.goal_id RETURNING t.user_id
                """,
            kinds: [.fieldDiffers]
        ),
        PlantedDrift(
            name: "two players are swapped",
            sql: """
                CREATE TEMP TABLE pair AS SELECT user_id, row_number() OVER (ORDER BY count(*) DESC, user_id) AS n
                    FROM goalpost.user_goal_progress GROUP BY user_id ORDER BY count(*) DESC, user_id LIMIT 2;
                UPDATE goalpost.user_goal_progress t SET user_id = 'swapping' FROM pair p
                    WHERE p.n = 1 AND t.user_id = p.user_id;
                UPDATE goalpost.user_goal_progress t SET user_id = a.user_id FROM pair a, pair b
                    WHERE a.n = 1 AND b.n = 2 AND t.user_id = b.user_id;
                UPDATE goalpost.user_goal_progress t SET user_id = b.user_id FROM pair b
                    WHERE b.n = 2 AND t.user_id = 'swapping' RETURNING t.user_id
                """,
            kinds: []
        ),
        PlantedDrift(
            name: "a name is written otherwise: its rows go under another spelling of the same letters",
            sql: """
                CREATE TEMP TABLE spelling AS SELECT user_id AS was, CASE WHEN user_id = U&'caf\\00e9' COLLATE "C"
                    THEN U&'cafe\\0301' ELSE U&'caf\\00e9' END AS becomes
                    FROM goalpost.user_goal_progress WHERE user_id IN (U&'caf\\00e9', U&'cafe\\0301')
                    ORDER BY user_id LIMIT 1;
                DELETE FROM goalpost.user_goal_progress t USING spelling s WHERE t.user_id = s.becomes;
                UPDATE goalpost.user_goal_progress t SET user_id = s.becomes FROM spelling s
                    WHERE t.user_id = s.was RETURNING t.user_id
                """,
            kinds: []
        ),
        PlantedDrift(
            name: "a leaf is emptied",
            sql: """
                DELETE FROM goalpost.user_goal_progress_p01 RETURNING user_id
                """,
            kinds: [.rowMissing]
        ),
        PlantedDrift(
            name: "rows of goals that were removed are changed",
            sql: """
                UPDATE goalpost.user_goal_progress t SET progress = progress + 7
                WHERE NOT goal_id = ANY (string_to_array(current_setting('test.goals'), '|')) RETURNING user_id
                """,
            kinds: [.fieldDiffers],
            field: "progress"
        ),
        PlantedDrift(
            name: "the sequence is set back",
            sql: """
                UPDATE goalpost.fold_watermark SET sequence = 0 WHERE partition = 2;
                SELECT user_id FROM goalpost.player_change_p02 LIMIT 1
                """,
            kinds: [.changeLost],
            field: "sequence"
        ),
        PlantedDrift(
            name: "the watermark is set back",
            sql: """
                UPDATE goalpost.fold_watermark SET next_offset = next_offset / 2 WHERE partition = 2;
                SELECT user_id FROM goalpost.player_p02 LIMIT 1
                """,
            kinds: [.fieldDiffers],
            // Rewards that were delivered after that offset: the next fold brings back their claims.
            isRepairable: false
        ),
        PlantedDrift(
            name: "the watermark is set forward over records that are not folded",
            sql: """
                UPDATE goalpost.fold_watermark SET next_offset = (SELECT current_setting('test.end')::bigint)
                    WHERE partition = 2;
                SELECT user_id FROM goalpost.player_p02 LIMIT 1
                """,
            kinds: [.fieldDiffers]
        ),
        PlantedDrift(
            name: "the watermark is beyond the log's end",
            sql: """
                UPDATE goalpost.fold_watermark SET next_offset = 1000000
                    WHERE partition = (SELECT max(partition) FROM goalpost.fold_watermark);
                SELECT 'any'
                """,
            kinds: [.watermarkBeyondLog],
            field: "next_offset",
            unfolded: 0
        ),
    ]
}
