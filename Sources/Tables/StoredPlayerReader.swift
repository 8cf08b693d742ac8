package import Goals
package import Postgres

/// Reads all that a partition's leaves hold of some players.
package struct StoredPlayerReader {
    private let partition: PartitionWatermark

    package init(_ partition: PartitionWatermark) { self.partition = partition }

    /// The players in the order of `ids`, at most `FoldBatch.smallPlayersMax` of them, each once; also those of
    /// whom the tables know nothing.
    package func players(_ ids: [Identifier], in transaction: borrowing Transaction) throws -> [StoredPlayer]
    {
        var players = ids.map { StoredPlayer(id: $0) }
        guard !players.isEmpty else { return [] }
        var column = ArrayColumn(.text, capacity: ids.count * 4)
        for id in ids { column.append(text: id.utf8) }
        let key = Parameter.array(column)
        // Few players in a big leaf: whatever the planner guesses, do not read all of it.
        try transaction.script("SET LOCAL enable_seqscan = off")
        try readPlayers(key, &players, transaction)
        try readRows(key, &players, transaction)
        try readOutcomes(key, &players, transaction)
        try readGrants(key, &players, transaction)
        try transaction.script("SET LOCAL enable_seqscan = on")
        return players
    }

    /// One index descent a player into `table`, its `columns` after the player's number.
    private func select(_ columns: String, from table: StaticString, order: String) -> String {
        """
        SELECT p.number::int4 - 1, \(columns) FROM unnest($1::text[]) WITH ORDINALITY AS p (id, number)
        CROSS JOIN LATERAL (SELECT * FROM \(partition.leaf(table)) l WHERE l.user_id = p.id OFFSET 0) t
        ORDER BY 1\(order)
        """
    }

    private func readPlayers(
        _ ids: Parameter,
        _ players: inout [StoredPlayer],
        _ transaction: borrowing Transaction
    ) throws {
        var states: [(Int, PlayerState)] = []
        let sql = select("t.first_event_at, t.last_event_at", from: "player", order: "")
        try transaction.query(sql, [ids]) { row in
            let state = PlayerState(
                firstEventAt: Timestamp(microseconds: try row.timestamptz(1)),
                lastEventAt: Timestamp(microseconds: try row.timestamptz(2))
            )
            states.append((Int(try row.int4(0)), state))
        }
        for (number, state) in states { players[number].state = state }
        var changes: [(Int, UInt64)] = []
        try transaction.query(select("t.sequence", from: "player_change", order: ""), [ids]) { row in
            changes.append((Int(try row.int4(0)), UInt64(clamping: try row.int8(1))))
        }
        for (number, sequence) in changes { players[number].changeSequence = sequence }
    }

    private func readRows(
        _ ids: Parameter,
        _ players: inout [StoredPlayer],
        _ transaction: borrowing Transaction
    ) throws {
        let columns = """
            t.goal_id, t.challenge_id, t.namespace, t.progress, t.status, t.is_active, t.assigned_at,
            t.completed_at, t.claimed_at, t.expires_at, t.created_at, t.updated_at, t.last_event_at,
            t.last_counted_on
            """
        var found: [(Int, StoredProgress)] = []
        let sql = select(columns, from: "user_goal_progress", order: ", t.goal_id")
        try transaction.query(sql, [ids]) { row in
            let progress = StoredProgress(
                goal: Identifier(utf8: try row.bytes(1)),
                challenge: Identifier(utf8: try row.bytes(2)),
                namespace: Identifier(utf8: try row.bytes(3)),
                progress: try row.int4(4),
                status: try row.text(5),
                isActive: try row.bool(6),
                assignedAt: try Self.time(row, 7),
                completedAt: try Self.time(row, 8),
                claimedAt: try Self.time(row, 9),
                expiresAt: try Self.time(row, 10),
                createdAt: Timestamp(microseconds: try row.timestamptz(11)),
                updatedAt: Timestamp(microseconds: try row.timestamptz(12)),
                lastEventAt: try Self.time(row, 13),
                lastCountedOn: try row.optionalDate(14).map { UTCDay(number: $0) }
            )
            found.append((Int(try row.int4(0)), progress))
        }
        for (number, progress) in found { players[number].rows.append(progress) }
    }

    private func readOutcomes(
        _ ids: Parameter,
        _ players: inout [StoredPlayer],
        _ transaction: borrowing Transaction
    ) throws {
        let columns = "t.event_id, t.outcome, t.error_code, t.decided_at"
        var found: [(Int, StoredOutcome)] = []
        let sql = select(columns, from: "request_outcome", order: ", t.event_id")
        try transaction.query(sql, [ids]) { row in
            let outcome = StoredOutcome(
                eventKey: try row.bytes(1),
                outcome: try row.text(2),
                errorCode: row.isNull(3) ? nil : try row.text(3),
                decidedAt: Timestamp(microseconds: try row.timestamptz(4))
            )
            found.append((Int(try row.int4(0)), outcome))
        }
        for (number, outcome) in found { players[number].outcomes.append(outcome) }
    }

    private func readGrants(
        _ ids: Parameter,
        _ players: inout [StoredPlayer],
        _ transaction: borrowing Transaction
    ) throws {
        let columns = """
            t.claim_event_id, t.goal_id, t.reward_type, t.reward_id, t.quantity, t.state, t.claimed_at,
            t.delivered_at, t.attempts
            """
        var found: [(Int, StoredGrant)] = []
        let sql = select(columns, from: "reward_grant", order: ", t.claim_event_id")
        try transaction.query(sql, [ids]) { row in
            let grant = StoredGrant(
                eventKey: try row.bytes(1),
                goal: Identifier(utf8: try row.bytes(2)),
                rewardKind: try row.text(3),
                rewardID: try row.text(4),
                quantity: try row.int4(5),
                state: try row.text(6),
                claimedAt: Timestamp(microseconds: try row.timestamptz(7)),
                deliveredAt: try Self.time(row, 8),
                attempts: try row.int4(9)
            )
            found.append((Int(try row.int4(0)), grant))
        }
        for (number, grant) in found { players[number].grants.append(grant) }
    }

    private static func time(_ row: borrowing Row, _ column: Int) throws(PostgresError) -> Timestamp? {
        try row.optionalTimestamptz(column).map { Timestamp(microseconds: $0) }
    }
}
