import Goals
import Postgres

/// Writes one batch's change into a partition's leaves, in the transaction that advances its watermark.
///
/// New rows go in by binary COPY, sorted as the primary key is; changed rows by one UPDATE a chunk, joined with
/// arrays. Nothing that the fold can produce is refused: what may repeat in a batch is made unique first.
struct ChangeWriter {
    /// New rows from which on the leaf's statistics are renewed, if it grew by half.
    private static let analyzeRowsMin = 20_000

    private let batch: FoldBatch
    private let prior: PartitionPrior
    private let change: PartitionChange
    private let sequence: UInt64
    private let order: LeafOrder
    /// Whether any row was written or deleted.
    private(set) var didWrite = false

    init(_ batch: FoldBatch, prior: PartitionPrior, change: PartitionChange, sequence: UInt64) {
        self.batch = batch
        self.prior = prior
        self.change = change
        self.sequence = sequence
        order = LeafOrder(batch)
    }

    mutating func write(in transaction: borrowing Transaction) throws -> FoldWriteCounts {
        var counts = FoldWriteCounts()
        try writePlayers(in: transaction)
        counts.inserted = try insertRows(in: transaction)
        counts.updated = try updateRows(in: transaction)
        try markChangedPlayers(in: transaction)
        var requests = RequestWriter(batch, change: change)
        counts.deliveredUnmatched = try requests.write(in: transaction)
        if requests.didWrite { didWrite = true }
        return counts
    }
}

// MARK: Progress rows
extension ChangeWriter {
    private mutating func insertRows(in transaction: borrowing Transaction) throws -> Int {
        guard !change.newRows.isEmpty else { return 0 }
        let leaf = batch.partition.leaf("user_goal_progress")
        let sql = """
            COPY \(leaf) (user_id, goal_id, challenge_id, namespace, progress, status, is_active, assigned_at,
                completed_at, claimed_at, created_at, updated_at, last_event_at, last_counted_on)
            FROM STDIN (FORMAT binary)
            """
        let (rows, batch) = (order.sorted(change.newRows), self.batch)
        let inserted = try transaction.copyIn(sql) { writer throws(PostgresError) in
            for row in rows {
                let goal = batch.challenges.goals[Int(row.goal)]
                try writer.row(fieldCount: 14)
                writer.text(batch.players.idBytes(row.player))
                writer.text(goal.id.utf8)
                writer.text(batch.challenges.challenges[goal.challenge].id.utf8)
                writer.text(batch.namespace.utf8)
                writer.int4(row.progress)
                writer.text(row.status.text.utf8)
                writer.bool(row.isActive)
                writer.timestamptz(row.assignedAt?.microseconds)
                writer.timestamptz(row.completedAt?.microseconds)
                writer.timestamptz(row.claimedAt?.microseconds)
                writer.timestamptz(row.createdAt.microseconds)
                writer.timestamptz(row.updatedAt.microseconds)
                writer.timestamptz(row.lastEventAt?.microseconds)
                writer.date(row.lastCountedOn?.number)
            }
        }
        didWrite = true
        if inserted >= Self.analyzeRowsMin { try renewStatistics(grownBy: inserted, in: transaction) }
        return inserted
    }

    /// The planner's picture of a leaf that just grew: the autovacuum worker would come minutes too late.
    private func renewStatistics(grownBy rows: Int, in transaction: borrowing Transaction) throws {
        let leaf = batch.partition.leaf("user_goal_progress")
        let hasGrown = try transaction.execute(
            "SELECT 1 FROM pg_class WHERE oid = to_regclass($1::text) AND reltuples < $2::bigint * 2",
            [.text(leaf), .int8(Int64(rows))]
        )
        if hasGrown == 1 {
            try transaction.script("ANALYZE \(leaf); ANALYZE \(batch.partition.leaf("player"))")
        }
    }

    private mutating func updateRows(in transaction: borrowing Transaction) throws -> Int {
        guard !change.changedRows.isEmpty else { return 0 }
        let sql = """
            UPDATE \(batch.partition.leaf("user_goal_progress")) t SET
                challenge_id = s.challenge_id, namespace = $14, progress = s.progress, status = s.status,
                is_active = s.is_active, assigned_at = s.assigned_at, completed_at = s.completed_at,
                claimed_at = s.claimed_at, updated_at = s.updated_at, last_event_at = s.last_event_at,
                last_counted_on = s.last_counted_on, created_at = s.created_at
            FROM unnest($1::text[], $2::text[], $3::text[], $4::int4[], $5::text[], $6::bool[],
                $7::timestamptz[], $8::timestamptz[], $9::timestamptz[], $10::timestamptz[],
                $11::timestamptz[], $12::date[], $13::timestamptz[])
                AS s (user_id, goal_id, challenge_id, progress, status, is_active, assigned_at, completed_at,
                    claimed_at, updated_at, last_event_at, last_counted_on, created_at)
            WHERE t.user_id = s.user_id AND t.goal_id = s.goal_id
            """
        let rows = order.sorted(change.changedRows)
        for chunk in Chunks(rows) {
            let columns = ProgressColumns(chunk, of: batch).parameters
            let updated = try transaction.execute(sql, columns + [.text(batch.namespace.utf8)])
            guard updated == chunk.count else {
                throw TablesError.inconsistent(
                    "\(chunk.count - updated) of \(chunk.count) changed rows are not in partition "
                        + "\(batch.partition.partition) any more"
                )
            }
        }
        didWrite = true
        return rows.count
    }
}

// MARK: Players
extension ChangeWriter {
    private mutating func writePlayers(in transaction: borrowing Transaction) throws {
        let leaf = batch.partition.leaf("player")
        let seen = order.sorted(change.players) { $0.player }
        let new = seen.filter(\.isNew)
        if !new.isEmpty {
            let batch = self.batch
            let sql = "COPY \(leaf) (user_id, first_event_at, last_event_at) FROM STDIN (FORMAT binary)"
            try transaction.copyIn(sql) { writer throws(PostgresError) in
                for (player, state, _) in new {
                    try writer.row(fieldCount: 3)
                    writer.text(batch.players.idBytes(player))
                    writer.timestamptz(state.firstEventAt.microseconds)
                    writer.timestamptz(state.lastEventAt.microseconds)
                }
            }
            didWrite = true
        }
        let moved = seen.filter { !$0.isNew && prior.players[Int($0.player)] != $0.state }
        let sql = """
            UPDATE \(leaf) t SET first_event_at = s.first_event_at, last_event_at = s.last_event_at
            FROM unnest($1::text[], $2::timestamptz[], $3::timestamptz[])
                AS s (user_id, first_event_at, last_event_at)
            WHERE t.user_id = s.user_id
            """
        for chunk in Chunks(moved) {
            var (first, last) = (ArrayColumn(.timestamptz), ArrayColumn(.timestamptz))
            for (_, state, _) in chunk {
                first.append(timestamptz: state.firstEventAt.microseconds)
                last.append(timestamptz: state.lastEventAt.microseconds)
            }
            let ids = batch.ids(of: chunk.lazy.map(\.player))
            try transaction.execute(sql, [ids, .array(first), .array(last)])
            didWrite = true
        }
    }

    /// Gives every player whose answers may differ now, or of whose requests one was decided, this transaction's
    /// sequence, for publish to find.
    ///
    /// A rejected request changes no row, so that nothing but its outcome tells of it.
    private mutating func markChangedPlayers(in transaction: borrowing Transaction) throws {
        let leaf = batch.partition.leaf("player_change")
        let decided = Set(change.outcomes.lazy.map(\.player))
        let changed = order.sorted(Array(decided.union(change.changedPlayers))) { $0 }
        let newPlayers = Set(change.players.lazy.filter(\.isNew).map(\.player))
        let sequence = Int64(clamping: self.sequence)
        let new = changed.filter { newPlayers.contains($0) }
        if !new.isEmpty {
            let batch = self.batch
            let sql = "COPY \(leaf) (user_id, sequence) FROM STDIN (FORMAT binary)"
            try transaction.copyIn(sql) { writer throws(PostgresError) in
                for player in new {
                    try writer.row(fieldCount: 2)
                    writer.text(batch.players.idBytes(player))
                    writer.int8(sequence)
                }
            }
        }
        let known = changed.filter { !newPlayers.contains($0) }
        let sql = """
            INSERT INTO \(leaf) AS t (user_id, sequence) SELECT id, $2 FROM unnest($1::text[]) AS s (id)
            ON CONFLICT (user_id) DO UPDATE SET sequence = EXCLUDED.sequence
            """
        for chunk in Chunks(known) {
            try transaction.execute(sql, [batch.ids(of: chunk), .int8(sequence)])
        }
        if !changed.isEmpty { didWrite = true }
    }
}
