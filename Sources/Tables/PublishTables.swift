package import Goals
package import Postgres

/// The tables as publish sees them, read only: which players changed, and what their answers are made of.
///
/// Where `outcomesMax` is more than 0, a batch comes with that many of the newest outcomes of each player.
package struct PublishTables: Sendable {
    private let session: Session

    package init(session: Session) { self.session = session }

    /// All partitions of a stream, ascending, with their watermarks and sequences.
    package func partitionStates(stream: String) async throws -> [PartitionWatermark] {
        try await TablesError.wrapping {
            try await session.readOnlySnapshot { try PartitionWatermark.read(stream: stream, in: $0) }
        }
    }

    /// Players last changed by a transaction after `after`, at most `limit`.
    ///
    /// Ascending by id, beginning after `afterUser`. Each call reads the tables as they are then, so that
    /// a player whom every fold changes is found by every publish. Players that a repair removed are `gone`.
    package func changed(
        partition: PartitionWatermark,
        after: UInt64,
        afterUser: Identifier?,
        limit: Int,
        challenges: ChallengeSet,
        outcomesMax: Int = 0
    ) async throws -> PlayerBatch {
        let sql = """
            SELECT c.user_id, p.first_event_at, p.last_event_at
            FROM \(partition.leaf("player_change")) c LEFT JOIN \(partition.leaf("player")) p USING (user_id)
            WHERE c.sequence > $3 AND c.user_id > $1::text
            ORDER BY c.user_id LIMIT $2
            """
        return try await read(
            sql,
            [.text(afterUser?.utf8 ?? []), .int8(Int64(limit)), Self.number(after)],
            partition: partition,
            limit: limit,
            challenges: challenges,
            outcomesMax: outcomesMax
        )
    }

    /// All players of the partition, at most `limit`, ascending by id, beginning after `afterUser`.
    package func all(
        partition: PartitionWatermark,
        afterUser: Identifier?,
        limit: Int,
        challenges: ChallengeSet,
        outcomesMax: Int = 0
    ) async throws -> PlayerBatch {
        let sql = """
            SELECT p.user_id, p.first_event_at, p.last_event_at FROM \(partition.leaf("player")) p
            WHERE p.user_id > $1::text ORDER BY p.user_id LIMIT $2
            """
        return try await read(
            sql,
            [.text(afterUser?.utf8 ?? []), .int8(Int64(limit))],
            partition: partition,
            limit: limit,
            challenges: challenges,
            outcomesMax: outcomesMax
        )
    }

    /// The players of the partition among `ids`; ids that it does not know are left out.
    package func players(
        partition: PartitionWatermark,
        ids: [Identifier],
        challenges: ChallengeSet,
        outcomesMax: Int = 0
    ) async throws -> PlayerBatch {
        var column = ArrayColumn(.text, capacity: ids.count * 4)
        for id in ids { column.append(text: id.utf8) }
        let sql = """
            SELECT p.user_id, p.first_event_at, p.last_event_at FROM \(partition.leaf("player")) p
            WHERE p.user_id = ANY ($1::text[]) ORDER BY p.user_id
            """
        return try await read(
            sql,
            [.array(column)],
            partition: partition,
            limit: .max,
            challenges: challenges,
            outcomesMax: outcomesMax
        )
    }

    /// The sequence of each player's newest change, for those of `ids` that have one.
    package func changeSequences(
        partition: PartitionWatermark,
        ids: [Identifier]
    ) async throws -> [Identifier: UInt64] {
        var column = ArrayColumn(.text, capacity: ids.count * 4)
        for id in ids { column.append(text: id.utf8) }
        let parameter = Parameter.array(column)
        let sql = """
            SELECT user_id, sequence FROM \(partition.leaf("player_change"))
            WHERE user_id = ANY ($1::text[])
            """
        return try await TablesError.wrapping {
            try await session.readOnlySnapshot { transaction in
                var sequences: [Identifier: UInt64] = [:]
                try transaction.query(sql, [parameter]) { row in
                    sequences[Identifier(utf8: try row.bytes(0))] = UInt64(clamping: try row.int8(1))
                }
                return sequences
            }
        }
    }

    /// Ids of players whose newest change is not after `sequence`, at most `limit`, ascending, after `afterUser`.
    package func unchanged(
        partition: PartitionWatermark,
        since sequence: UInt64,
        afterUser: Identifier?,
        limit: Int
    ) async throws -> [Identifier] {
        let sql = """
            SELECT p.user_id FROM \(partition.leaf("player")) p
            JOIN \(partition.leaf("player_change")) c USING (user_id)
            WHERE c.sequence <= $3 AND p.user_id > $1::text ORDER BY p.user_id LIMIT $2
            """
        return try await TablesError.wrapping {
            try await session.readOnlySnapshot { transaction in
                var ids: [Identifier] = []
                try transaction.query(
                    sql,
                    [.text(afterUser?.utf8 ?? []), .int8(Int64(limit)), Self.number(sequence)]
                ) { ids.append(Identifier(utf8: try $0.bytes(0))) }
                return ids
            }
        }
    }

    private static func number(_ sequence: UInt64) -> Parameter { .int8(Int64(clamping: sequence)) }

    private func read(
        _ sql: String,
        _ parameters: [Parameter],
        partition: PartitionWatermark,
        limit: Int,
        challenges: ChallengeSet,
        outcomesMax: Int
    ) async throws -> PlayerBatch {
        try await TablesError.wrapping {
            try await session.readOnlySnapshot { transaction in
                // A batch at a time in the order of ids: whatever the planner guesses, none of them reads all.
                try transaction.script("SET LOCAL enable_seqscan = off")
                var players = PlayerTable()
                var states: [PlayerState] = []
                var gone: [Identifier] = []
                var last: Identifier?
                try transaction.query(sql, parameters) { row in
                    let user = Identifier(utf8: try row.bytes(0))
                    last = user
                    guard !row.isNull(1) else {
                        gone.append(user)
                        return
                    }
                    _ = players.index(of: user)
                    states.append(
                        PlayerState(
                            firstEventAt: Timestamp(microseconds: try row.timestamptz(1)),
                            lastEventAt: Timestamp(microseconds: try row.timestamptz(2))
                        )
                    )
                }
                let batch = FoldBatch(
                    partition: partition,
                    players: players,
                    challenges: challenges,
                    namespace: Identifier(utf8: [])
                )
                var rows =
                    players.count == 0 ? [] : try PriorReader(batch).rows(batch.playerIDs, in: transaction)
                rows.sort { ($0.player, $0.goal) < ($1.player, $1.goal) }
                let outcomes = try Self.outcomes(of: batch, atMost: outcomesMax, in: transaction)
                return PlayerBatch(
                    players: players,
                    states: states,
                    rows: rows,
                    outcomes: outcomes,
                    gone: gone,
                    lastUser: players.count + gone.count < limit ? nil : last
                )
            }
        }
    }

    /// The newest outcomes of each player of a batch, from the snapshot that the batch is read from.
    private static func outcomes(
        of batch: FoldBatch,
        atMost countMax: Int,
        in transaction: borrowing Transaction
    ) throws -> [UInt32: [StoredOutcome]] {
        guard countMax > 0, batch.players.count > 0 else { return [:] }
        let sql = """
            SELECT p.number::int4 - 1, t.event_id, t.outcome, t.error_code, t.decided_at
            FROM unnest($1::text[]) WITH ORDINALITY AS p (id, number)
            CROSS JOIN LATERAL (SELECT l.event_id, l.outcome, l.error_code, l.decided_at
                FROM \(batch.partition.leaf("request_outcome")) l WHERE l.user_id = p.id
                ORDER BY l.decided_at DESC, l.event_id DESC LIMIT $2) t
            ORDER BY 1, t.decided_at DESC, t.event_id DESC
            """
        var outcomes: [UInt32: [StoredOutcome]] = [:]
        try transaction.query(sql, [batch.playerIDs, .int8(Int64(countMax))]) { row in
            let outcome = StoredOutcome(
                eventKey: try row.bytes(1),
                outcome: try row.text(2),
                errorCode: row.isNull(3) ? nil : try row.text(3),
                decidedAt: Timestamp(microseconds: try row.timestamptz(4))
            )
            outcomes[UInt32(bitPattern: try row.int4(0)), default: []].append(outcome)
        }
        return outcomes
    }
}
