import Goals
import Postgres

/// Reads what a partition's leaves hold about a batch's players.
struct PriorReader {
    private let batch: FoldBatch

    init(_ batch: FoldBatch) { self.batch = batch }

    /// Everything that the fold needs to know before it applies the batch.
    func prior(
        requests: [(player: UInt32, eventID: [UInt8])],
        in transaction: borrowing Transaction
    ) throws -> PartitionPrior {
        var prior = PartitionPrior(playerCount: batch.players.count)
        guard !batch.chosen.isEmpty else { return prior }
        let ids = batch.playerIDs
        let known = try readPlayers(ids, into: &prior, in: transaction)
        // A player without a row in `player` has none in any other table.
        guard known > 0 else { return prior }
        prior.rows = try rows(ids, in: transaction)
        guard !requests.isEmpty else { return prior }
        try readOutcomes(of: requests, into: &prior, in: transaction)
        return prior
    }

    /// Progress rows of the batch's players for goals of its challenges, in no order.
    func rows(_ ids: Parameter, in transaction: borrowing Transaction) throws -> [ProgressRow] {
        var rows: [ProgressRow] = []
        let leaf = batch.partition.leaf("user_goal_progress")
        // OFFSET 0 keeps the planner from joining the other way round: one index descent a player.
        let progress =
            batch.isSmall
            ? "CROSS JOIN LATERAL (SELECT * FROM \(leaf) l WHERE l.user_id = p.id OFFSET 0) t"
            : "JOIN \(leaf) t ON t.user_id = p.id"
        let sql = """
            SELECT p.number::int4 - 1, g.number::int4 - 1, t.progress,
                CASE t.status WHEN 'not_started' THEN 0 WHEN 'in_progress' THEN 1 WHEN 'completed' THEN 2 ELSE 3 END,
                t.is_active, t.assigned_at, t.completed_at, t.claimed_at, t.created_at, t.updated_at,
                t.last_event_at, t.last_counted_on
            FROM unnest($1::text[]) WITH ORDINALITY AS p (id, number) \(progress)
            JOIN unnest($2::text[]) WITH ORDINALITY AS g (id, number) ON g.id = t.goal_id
            """
        try transaction.query(sql, [ids, batch.goalIDs]) { row in
            rows.append(try Self.row(row, first: batch.chosen.lowerBound))
        }
        return rows
    }

    private static func row(_ row: borrowing Row, first: UInt32) throws(PostgresError) -> ProgressRow {
        let status = try row.int4(3)
        return ProgressRow(
            player: first + UInt32(bitPattern: try row.int4(0)),
            goal: UInt32(bitPattern: try row.int4(1)),
            progress: try row.int4(2),
            status: GoalStatus(rawValue: UInt8(clamping: status)) ?? .claimed,
            isActive: try row.bool(4),
            assignedAt: try time(row, 5),
            completedAt: try time(row, 6),
            claimedAt: try time(row, 7),
            createdAt: Timestamp(microseconds: try row.timestamptz(8)),
            updatedAt: Timestamp(microseconds: try row.timestamptz(9)),
            lastEventAt: try time(row, 10),
            lastCountedOn: try row.optionalDate(11).map { UTCDay(number: $0) }
        )
    }

    private static func time(_ row: borrowing Row, _ column: Int) throws(PostgresError) -> Timestamp? {
        guard let microseconds = try row.optionalTimestamptz(column) else { return nil }
        return Timestamp(microseconds: microseconds)
    }

    /// Returns how many of the players have a row.
    private func readPlayers(
        _ ids: Parameter,
        into prior: inout PartitionPrior,
        in transaction: borrowing Transaction
    ) throws -> Int {
        var states: [(player: Int, state: PlayerState)] = []
        let sql = """
            SELECT p.number::int4 - 1, t.first_event_at, t.last_event_at
            FROM unnest($1::text[]) WITH ORDINALITY AS p (id, number)
            JOIN \(batch.partition.leaf("player")) t ON t.user_id = p.id
            """
        try transaction.query(sql, [ids]) { row in
            let state = PlayerState(
                firstEventAt: Timestamp(microseconds: try row.timestamptz(1)),
                lastEventAt: Timestamp(microseconds: try row.timestamptz(2))
            )
            states.append((Int(batch.chosen.lowerBound) + Int(try row.int4(0)), state))
        }
        for (player, state) in states { prior.players[player] = state }
        return states.count
    }

    private func readOutcomes(
        of requests: [(player: UInt32, eventID: [UInt8])],
        into prior: inout PartitionPrior,
        in transaction: borrowing Transaction
    ) throws {
        let leaf = batch.partition.leaf("request_outcome")
        var users = ArrayColumn(.text, capacity: requests.count * 4)
        var keys = ArrayColumn(.text, capacity: requests.count * 4)
        for request in requests {
            users.append(text: batch.players.idBytes(request.player))
            keys.append(text: EventKey.key(request.eventID))
        }
        var decided: [DecidedRequest] = []
        let decidedSQL = """
            SELECT r.number::int4 - 1, t.decided_at
            FROM unnest($1::text[], $2::text[]) WITH ORDINALITY AS r (user_id, event_id, number)
            JOIN \(leaf) t ON t.user_id = r.user_id AND t.event_id = r.event_id
            """
        try transaction.query(decidedSQL, [.array(users), .array(keys)]) { row in
            let request = requests[Int(try row.int4(0))]
            decided.append(
                DecidedRequest(
                    player: request.player,
                    eventID: request.eventID,
                    decidedAt: Timestamp(microseconds: try row.timestamptz(1))
                )
            )
        }
        var newest: [UInt32: Timestamp] = [:]
        let newestSQL = """
            SELECT r.number::int4 - 1, n.decided_at
            FROM unnest($1::text[]) WITH ORDINALITY AS r (user_id, number)
            CROSS JOIN LATERAL (SELECT max(l.decided_at) AS decided_at FROM \(leaf) l
                WHERE l.user_id = r.user_id) n
            WHERE n.decided_at IS NOT NULL
            """
        let asking = Set(requests.map(\.player)).sorted()
        var askingIDs = ArrayColumn(.text, capacity: asking.count * 4)
        for player in asking { askingIDs.append(text: batch.players.idBytes(player)) }
        try transaction.query(newestSQL, [.array(askingIDs)]) { row in
            newest[asking[Int(try row.int4(0))]] = Timestamp(microseconds: try row.timestamptz(1))
        }
        prior.decided = Set(decided).sorted { ($0.player, $0.decidedAt) < ($1.player, $1.decidedAt) }
        prior.newestRequests = newest
    }
}
