import Jobs
import Postgres
import TestKit

/// The tables' contents in the oracle's words.
struct TableRows {
    var progress: [NaiveRowKey: NaiveRow] = [:]
    var players: [[UInt8]: NaivePlayer] = [:]
    var outcomes: [NaiveRequestKey: NaiveOutcome] = [:]
    var grants: [NaiveRequestKey: NaiveGrant] = [:]

    static func read(_ world: PipelineWorld) async throws -> TableRows {
        try await world.database.session("rows").readOnlySnapshot { transaction in
            var rows = TableRows()
            try rows.readProgress(transaction)
            let players = "SELECT user_id, first_event_at, last_event_at FROM goalpost.player"
            try transaction.query(players) { row in
                rows.players[try row.bytes(0)] = NaivePlayer(
                    firstEventAt: try row.timestamptz(1),
                    lastEventAt: try row.timestamptz(2)
                )
            }
            let outcomes =
                "SELECT user_id, event_id, outcome, error_code, decided_at FROM goalpost.request_outcome"
            try transaction.query(outcomes) { row in
                let code = row.isNull(3) ? nil : try row.text(3)
                guard (try row.text(2) == "applied") == (code == nil) else { throw Contradiction() }
                rows.outcomes[NaiveRequestKey(userId: try row.bytes(0), eventId: try row.bytes(1))] =
                    NaiveOutcome(
                        errorCode: code,
                        decidedAt: try row.timestamptz(4)
                    )
            }
            let grants = """
                SELECT user_id, claim_event_id, goal_id, reward_type, reward_id, quantity, claimed_at, delivered_at
                FROM goalpost.reward_grant
                """
            try transaction.query(grants) { row in
                rows.grants[NaiveRequestKey(userId: try row.bytes(0), eventId: try row.bytes(1))] =
                    NaiveGrant(
                        goalId: try row.bytes(2),
                        reward: NaiveReward(
                            type: try row.text(3),
                            rewardId: try row.text(4),
                            quantity: Int(try row.int4(5))
                        ),
                        claimedAt: try row.timestamptz(6),
                        deliveredAt: try row.optionalTimestamptz(7)
                    )
            }
            return rows
        }
    }

    /// An outcome whose word and code disagree.
    struct Contradiction: Error {}

    private mutating func readProgress(_ transaction: borrowing Transaction) throws {
        let sql = """
            SELECT user_id, goal_id, challenge_id, namespace, progress, status, is_active, assigned_at,
                completed_at, claimed_at, expires_at, created_at, updated_at, last_event_at, last_counted_on
            FROM goalpost.user_goal_progress
            """
        var found: [NaiveRowKey: NaiveRow] = [:]
        try transaction.query(sql) { row in
            let naive = NaiveRow(
                userId: try row.bytes(0),
                goalId: try row.bytes(1),
                challengeId: try row.bytes(2),
                namespace: try row.text(3),
                progress: Int(try row.int4(4)),
                status: try row.text(5),
                isActive: try row.bool(6),
                assignedAt: try row.optionalTimestamptz(7),
                completedAt: try row.optionalTimestamptz(8),
                claimedAt: try row.optionalTimestamptz(9),
                expiresAt: try row.optionalTimestamptz(10),
                createdAt: try row.timestamptz(11),
                updatedAt: try row.timestamptz(12),
                lastEventAt: try row.optionalTimestamptz(13),
                lastCountedOn: try row.optionalDate(14).map(Int.init)
            )
            found[NaiveRowKey(userId: naive.userId, goalId: naive.goalId)] = naive
        }
        progress = found
    }
}
