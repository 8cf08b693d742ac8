package import Goals
package import Postgres

/// The outbox `reward_grant` as the grant job sees it: what is due, leased, delivered and given up.
///
/// A lease moves `next_attempt_at` into the future and counts the attempt before it is made. So a second job
/// passes leased rows over, and those of a killed one are due again when their lease has run out.
package struct GrantTables: Sendable {
    /// Characters of a failure's reason that are kept.
    package static let errorCharactersMax = 500

    /// What became of a leased row.
    package enum Outcome: Sendable {
        case delivered(at: Timestamp)
        /// To be tried again.
        case postponed(until: Timestamp, reason: String)
        case dead(reason: String)
        /// Never sent: due again at once, its attempt not counted.
        case released
    }

    private static let columns = """
        g.user_id, g.claim_event_id, g.goal_id, g.reward_type, g.reward_id, g.quantity, g.claimed_at, g.state,
        g.attempts, g.next_attempt_at, g.delivered_at, g.last_error
        """

    private let session: Session

    package init(session: Session) { self.session = session }

    // MARK: Held

    /// Whether rewards are held back since a restore.
    package func isHeld() async throws -> Bool {
        try await TablesError.wrapping {
            try await session.readOnlySnapshot { transaction in
                var isHeld = false
                try transaction.query("SELECT grants_held FROM goalpost.meta") { isHeld = try $0.bool(0) }
                return isHeld
            }
        }
    }

    /// Lets rewards be sent again.
    package func release() async throws {
        _ = try await TablesError.wrapping {
            try await session.transaction { try $0.execute("UPDATE goalpost.meta SET grants_held = false") }
        }
    }

    // MARK: Delivery

    /// Whether any row is due at `now`.
    package func hasDue(now: Timestamp) async throws -> Bool {
        let sql = """
            SELECT 1 FROM goalpost.reward_grant
            WHERE state = 'pending' AND (next_attempt_at IS NULL OR next_attempt_at <= $1) LIMIT 1
            """
        return try await TablesError.wrapping {
            try await session.readOnlySnapshot { try $0.execute(sql, [.timestamptz(now.microseconds)]) == 1 }
        }
    }

    /// Takes at most `limit` rows that are due at `now`, and no one else's until `until`.
    package func lease(limit: Int, now: Timestamp, until: Timestamp) async throws -> [RewardGrantRow] {
        // Rows to be tried again come first, which the attempts bound; then the oldest claims.
        let sql = """
            WITH due AS (
                SELECT user_id, claim_event_id FROM goalpost.reward_grant
                WHERE state = 'pending' AND (next_attempt_at IS NULL OR next_attempt_at <= $1)
                ORDER BY next_attempt_at, claimed_at LIMIT $3 FOR UPDATE SKIP LOCKED
            )
            UPDATE goalpost.reward_grant g SET attempts = g.attempts + 1, next_attempt_at = $2
            FROM due WHERE g.user_id = due.user_id AND g.claim_event_id = due.claim_event_id
            RETURNING \(Self.columns)
            """
        return try await TablesError.wrapping {
            try await session.transaction { transaction in
                var rows: [RewardGrantRow] = []
                try transaction.query(
                    sql,
                    [.timestamptz(now.microseconds), .timestamptz(until.microseconds), .int8(Int64(limit))]
                ) { rows.append(try Self.row($0)) }
                return rows
            }
        }
    }

    /// Writes what became of leased rows.
    ///
    /// A row that a fold has found delivered meanwhile stays so; one that somebody else leased again is only
    /// changed by a delivery.
    package func settle(_ outcomes: [(row: RewardGrantRow, outcome: Outcome)]) async throws {
        var delivered = DeliveredColumns()
        var (users, keys, states) = (ArrayColumn(.text), ArrayColumn(.text), ArrayColumn(.text))
        var (times, errors) = (ArrayColumn(.timestamptz), ArrayColumn(.text))
        var (leased, attempts) = (ArrayColumn(.int4), ArrayColumn(.int4))
        for (row, outcome) in outcomes {
            var (state, until, reason) = (RewardGrantRow.State.pending, Timestamp?.none, String?.none)
            switch outcome {
            case .delivered(let time):
                delivered.append(row.user, key: row.claimKey, at: time)
                continue
            case .postponed(let time, let text): (until, reason) = (time, text)
            case .dead(let text): (state, reason) = (.dead, text)
            case .released: reason = row.lastError
            }
            users.append(text: row.user.utf8)
            keys.append(text: row.claimKey)
            states.append(text: state.rawValue.utf8)
            times.append(timestamptz: until?.microseconds)
            if let reason {
                errors.append(text: reason.prefix(Self.errorCharactersMax).utf8.map { $0 == 0 ? 0x20 : $0 })
            } else {
                errors.appendNull()
            }
            leased.append(int4: row.attempts)
            if case .released = outcome {
                attempts.append(int4: row.attempts - 1)
            } else {
                attempts.append(int4: row.attempts)
            }
        }
        let sql = """
            UPDATE goalpost.reward_grant g
            SET state = o.state, next_attempt_at = o.until, last_error = o.error, attempts = o.attempts
            FROM unnest($1::text[], $2::text[], $3::text[], $4::timestamptz[], $5::text[], $6::int4[], $7::int4[])
                AS o (user_id, claim_event_id, state, until, error, leased, attempts)
            WHERE g.user_id = o.user_id AND g.claim_event_id = o.claim_event_id
                AND g.state = 'pending' AND g.attempts = o.leased
            """
        let parameters: [Parameter] = [
            .array(users), .array(keys), .array(states), .array(times), .array(errors), .array(leased),
            .array(attempts),
        ]
        let marks = delivered
        _ = try await TablesError.wrapping {
            try await session.transaction { transaction in
                _ = try marks.write(in: transaction)
                try transaction.execute(sql, parameters)
            }
        }
    }

    /// Marks rows that the log says were delivered; returns how many were not known to be.
    package func markDelivered(
        _ deliveries: [(user: Identifier, claimEventID: [UInt8], time: Timestamp)]
    ) async throws -> Int {
        guard !deliveries.isEmpty else { return 0 }
        var columns = DeliveredColumns()
        for delivery in deliveries {
            columns.append(delivery.user, key: EventKey.key(delivery.claimEventID), at: delivery.time)
        }
        let marks = columns
        return try await TablesError.wrapping {
            try await session.transaction { try marks.write(in: $0) }
        }
    }

    /// Deliveries as columns of one statement.
    private struct DeliveredColumns: Sendable {
        private var users = ArrayColumn(.text)
        private var keys = ArrayColumn(.text)
        private var times = ArrayColumn(.timestamptz)

        mutating func append(_ user: Identifier, key: [UInt8], at time: Timestamp) {
            users.append(text: user.utf8)
            keys.append(text: key)
            times.append(timestamptz: time.microseconds)
        }

        func write(in transaction: borrowing Transaction) throws -> Int {
            try transaction.execute(
                """
                UPDATE goalpost.reward_grant g
                SET state = 'delivered', delivered_at = d.delivered_at, next_attempt_at = NULL, last_error = NULL,
                    attempts = greatest(g.attempts, 1)
                FROM unnest($1::text[], $2::text[], $3::timestamptz[]) AS d (user_id, claim_event_id, delivered_at)
                WHERE g.user_id = d.user_id AND g.claim_event_id = d.claim_event_id AND g.state <> 'delivered'
                """,
                [.array(users), .array(keys), .array(times)]
            )
        }
    }

    // MARK: For people

    /// Rows that are still to be delivered, and rows that were given up.
    ///
    /// Reads those rows alone, not the delivered ones, which are nearly all.
    package func undelivered() async throws -> (pending: Int64, dead: Int64) {
        let sql = """
            SELECT (SELECT count(*) FROM goalpost.reward_grant WHERE state = 'pending'),
                (SELECT count(*) FROM goalpost.reward_grant WHERE state = 'dead')
            """
        return try await TablesError.wrapping {
            try await session.readOnlySnapshot { transaction in
                var counts: (pending: Int64, dead: Int64) = (0, 0)
                try transaction.query(sql) { row in counts = (try row.int8(0), try row.int8(1)) }
                return counts
            }
        }
    }

    /// Rows of each state; reads all of them.
    package func counts() async throws -> [RewardGrantRow.State: Int64] {
        try await TablesError.wrapping {
            try await session.readOnlySnapshot { transaction in
                var counts: [RewardGrantRow.State: Int64] = [:]
                try transaction.query("SELECT state, count(*) FROM goalpost.reward_grant GROUP BY state") {
                    row in
                    counts[try Self.state(row, 0)] = try row.int8(1)
                }
                return counts
            }
        }
    }

    /// Rows in the order of their claims, oldest first, at most `limit`; nil takes every state or player.
    package func rows(state: RewardGrantRow.State?, user: Identifier?, limit: Int) async throws
        -> [RewardGrantRow]
    {
        // The state stands in the statement, or no partial index would be known to hold what is wanted.
        let condition = state.map { "g.state = '\($0.rawValue)'" } ?? "true"
        let sql = """
            SELECT \(Self.columns) FROM goalpost.reward_grant g
            WHERE \(condition) AND \(user == nil ? "$1::text IS NULL" : "g.user_id = $1::text")
            ORDER BY g.claimed_at, g.user_id, g.claim_event_id LIMIT $2
            """
        let parameters: [Parameter] = [user.map { .text($0.utf8) } ?? .null, .int8(Int64(limit))]
        return try await read(sql, parameters)
    }

    /// One row; nil where the player has no such claim.
    package func row(user: Identifier, claimEventID: [UInt8]) async throws -> RewardGrantRow? {
        let sql = """
            SELECT \(Self.columns) FROM goalpost.reward_grant g WHERE g.user_id = $1 AND g.claim_event_id = $2
            """
        return try await read(sql, [.text(user.utf8), .text(EventKey.key(claimEventID))]).first
    }

    /// Makes dead rows pending again, with their attempts begun anew.
    ///
    /// Nil takes all. Returns how many there were.
    package func redrive(user: Identifier?, claimEventID: [UInt8]?) async throws -> Int {
        let sql = """
            UPDATE goalpost.reward_grant SET state = 'pending', attempts = 0, next_attempt_at = NULL
            WHERE state = 'dead' AND ($1::text IS NULL OR user_id = $1)
                AND ($2::text IS NULL OR claim_event_id = $2)
            """
        let parameters: [Parameter] = [
            user.map { .text($0.utf8) } ?? .null,
            claimEventID.map { .text(EventKey.key($0)) } ?? .null,
        ]
        return try await TablesError.wrapping {
            try await session.transaction { try $0.execute(sql, parameters) }
        }
    }

    private func read(_ sql: String, _ parameters: [Parameter]) async throws -> [RewardGrantRow] {
        try await TablesError.wrapping {
            try await session.readOnlySnapshot { transaction in
                var rows: [RewardGrantRow] = []
                try transaction.query(sql, parameters) { rows.append(try Self.row($0)) }
                return rows
            }
        }
    }

    private static func row(_ row: borrowing Row) throws -> RewardGrantRow {
        RewardGrantRow(
            user: Identifier(utf8: try row.bytes(0)),
            claimKey: try row.bytes(1),
            goal: Identifier(utf8: try row.bytes(2)),
            rewardType: try row.text(3),
            rewardID: try row.text(4),
            quantity: try row.int4(5),
            claimedAt: Timestamp(microseconds: try row.timestamptz(6)),
            state: try state(row, 7),
            attempts: try row.int4(8),
            nextAttemptAt: try row.optionalTimestamptz(9).map { Timestamp(microseconds: $0) },
            deliveredAt: try row.optionalTimestamptz(10).map { Timestamp(microseconds: $0) },
            lastError: row.isNull(11) ? nil : try row.text(11)
        )
    }

    private static func state(_ row: borrowing Row, _ column: Int) throws -> RewardGrantRow.State {
        let word = try row.text(column)
        guard let state = RewardGrantRow.State(rawValue: word) else {
            throw TablesError.inconsistent("reward_grant has a row of state \(word)")
        }
        return state
    }
}
