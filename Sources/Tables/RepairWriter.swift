package import Goals
package import Postgres

/// Writes repairs into one partition, in one transaction that takes the partition's next sequence.
///
/// The watermark's row is locked first, as by a fold, so that no fold works on the partition meanwhile.
package struct RepairWriter {
    private let partition: PartitionWatermark
    private let stream: String
    private let sequence: UInt64
    /// Rows written or deleted.
    package private(set) var rowCount = 0

    /// Locks the partition; nil when its watermark or sequence is not that of `partition` any more.
    package init?(
        _ partition: PartitionWatermark,
        stream: String,
        in transaction: borrowing Transaction
    ) throws {
        do {
            let sequence = try FoldTables.lock(partition, stream: stream, in: transaction)
            guard sequence == partition.sequence else { return nil }
        } catch TablesError.watermarkMoved {
            return nil
        }
        self.partition = partition
        self.stream = stream
        // Somebody may have set the sequence back: publish looks for numbers above the greatest it has seen.
        var newest = partition.sequence
        let sql = "SELECT coalesce(max(sequence), 0) FROM \(partition.leaf("player_change"))"
        try transaction.query(sql) { newest = max(newest, UInt64(clamping: try $0.int8(0))) }
        sequence = newest + 1
    }

    /// Writes one part of the repair; at most some thousands of rows at a time.
    package mutating func write(_ repair: PartitionRepair, in transaction: borrowing Transaction) throws {
        try writeProgress(repair, transaction)
        try writePlayers(repair, transaction)
        try writeOutcomes(repair, transaction)
        try writeGrants(repair, transaction)
        try mark(repair.marked.sorted(), transaction)
    }

    /// Deletes all rows of ids that belong to another partition, but for grants that somebody tried to deliver.
    package mutating func removeStrangers(_ ids: [Identifier], in transaction: borrowing Transaction) throws {
        let users = Self.column(ids)
        for table in ["user_goal_progress", "player", "player_change", "request_outcome"] as [StaticString] {
            let sql = "DELETE FROM \(partition.leaf(table)) WHERE user_id = ANY ($1::text[])"
            rowCount += try transaction.execute(sql, [users])
        }
        let grants = """
            DELETE FROM \(partition.leaf("reward_grant"))
            WHERE user_id = ANY ($1::text[]) AND state = 'pending' AND attempts = 0
            """
        rowCount += try transaction.execute(grants, [users])
    }

    /// Stores the new sequence, and the watermark where it has to change.
    package func finish(nextOffset: UInt64?, in transaction: borrowing Transaction) throws {
        let moved = try transaction.execute(
            """
            UPDATE goalpost.fold_watermark SET sequence = $3, next_offset = coalesce($4, next_offset)
            WHERE stream = $1 AND partition = $2
            """,
            [
                .text(stream), .int4(Int32(partition.partition)), .int8(Int64(clamping: sequence)),
                nextOffset.map { .int8(Int64(clamping: $0)) } ?? .null,
            ]
        )
        guard moved == 1 else { throw TablesError.unknownStream(stream) }
    }

    // MARK: Tables

    private mutating func writeProgress(
        _ repair: PartitionRepair,
        _ transaction: borrowing Transaction
    ) throws {
        try delete(repair.progressGone, from: "user_goal_progress", key: "goal_id", transaction)
        guard !repair.progress.isEmpty else { return }
        var texts = (0..<5).map { _ in ArrayColumn(.text) }
        var (progress, actives, days) = (ArrayColumn(.int4), ArrayColumn(.bool), ArrayColumn(.date))
        var times = (0..<7).map { _ in ArrayColumn(.timestamptz) }
        for (player, row) in repair.progress {
            let words = [
                player.utf8, row.goal.utf8, row.challenge.utf8, row.namespace.utf8, Array(row.status.utf8),
            ]
            for (index, word) in words.enumerated() { texts[index].append(text: word) }
            progress.append(int4: row.progress)
            actives.append(bool: row.isActive)
            let instants = [
                row.assignedAt, row.completedAt, row.claimedAt, row.expiresAt, row.createdAt, row.updatedAt,
                row.lastEventAt,
            ]
            for (index, time) in instants.enumerated() {
                times[index].append(timestamptz: time?.microseconds)
            }
            days.append(date: row.lastCountedOn?.number)
        }
        let sql = """
            INSERT INTO \(partition.leaf("user_goal_progress")) AS t (user_id, goal_id, challenge_id, namespace,
                status, progress, is_active, assigned_at, completed_at, claimed_at, expires_at, created_at,
                updated_at, last_event_at, last_counted_on)
            SELECT * FROM unnest($1::text[], $2::text[], $3::text[], $4::text[], $5::text[], $6::int4[],
                $7::bool[], $8::timestamptz[], $9::timestamptz[], $10::timestamptz[], $11::timestamptz[],
                $12::timestamptz[], $13::timestamptz[], $14::timestamptz[], $15::date[])
            ON CONFLICT (user_id, goal_id) DO UPDATE SET challenge_id = EXCLUDED.challenge_id,
                namespace = EXCLUDED.namespace, status = EXCLUDED.status, progress = EXCLUDED.progress,
                is_active = EXCLUDED.is_active, assigned_at = EXCLUDED.assigned_at,
                completed_at = EXCLUDED.completed_at, claimed_at = EXCLUDED.claimed_at,
                expires_at = EXCLUDED.expires_at, created_at = EXCLUDED.created_at,
                updated_at = EXCLUDED.updated_at, last_event_at = EXCLUDED.last_event_at,
                last_counted_on = EXCLUDED.last_counted_on
            """
        let columns = texts + [progress, actives] + times + [days]
        rowCount += try transaction.execute(sql, columns.map { .array($0) })
    }

    private mutating func writePlayers(
        _ repair: PartitionRepair,
        _ transaction: borrowing Transaction
    ) throws {
        let leaf = partition.leaf("player")
        if !repair.playersGone.isEmpty {
            let sql = "DELETE FROM \(leaf) WHERE user_id = ANY ($1::text[])"
            rowCount += try transaction.execute(sql, [Self.column(repair.playersGone)])
        }
        guard !repair.players.isEmpty else { return }
        var (first, last) = (ArrayColumn(.timestamptz), ArrayColumn(.timestamptz))
        for (_, state) in repair.players {
            first.append(timestamptz: state.firstEventAt.microseconds)
            last.append(timestamptz: state.lastEventAt.microseconds)
        }
        rowCount += try transaction.execute(
            """
            INSERT INTO \(leaf) AS t (user_id, first_event_at, last_event_at)
            SELECT * FROM unnest($1::text[], $2::timestamptz[], $3::timestamptz[])
            ON CONFLICT (user_id) DO UPDATE
            SET first_event_at = EXCLUDED.first_event_at, last_event_at = EXCLUDED.last_event_at
            """,
            [Self.column(repair.players.map(\.player)), .array(first), .array(last)]
        )
    }

    private mutating func writeOutcomes(
        _ repair: PartitionRepair,
        _ transaction: borrowing Transaction
    ) throws {
        try delete(repair.outcomesGone, from: "request_outcome", key: "event_id", transaction)
        guard !repair.outcomes.isEmpty else { return }
        var (keys, words) = (ArrayColumn(.text), ArrayColumn(.text))
        var (codes, times) = (ArrayColumn(.text), ArrayColumn(.timestamptz))
        for (_, row) in repair.outcomes {
            keys.append(text: row.eventKey)
            words.append(text: row.outcome.utf8)
            if let code = row.errorCode { codes.append(text: code.utf8) } else { codes.appendNull() }
            times.append(timestamptz: row.decidedAt.microseconds)
        }
        rowCount += try transaction.execute(
            """
            INSERT INTO \(partition.leaf("request_outcome")) AS t (user_id, event_id, outcome, error_code,
                decided_at)
            SELECT * FROM unnest($1::text[], $2::text[], $3::text[], $4::text[], $5::timestamptz[])
            ON CONFLICT (user_id, event_id) DO UPDATE SET outcome = EXCLUDED.outcome,
                error_code = EXCLUDED.error_code, decided_at = EXCLUDED.decided_at
            """,
            [
                Self.column(repair.outcomes.map(\.player)), .array(keys), .array(words), .array(codes),
                .array(times),
            ]
        )
    }

    private mutating func writeGrants(_ repair: PartitionRepair, _ transaction: borrowing Transaction) throws
    {
        let leaf = partition.leaf("reward_grant")
        let untouched = "t.state = 'pending' AND t.attempts = 0"
        try delete(
            repair.grantsGone,
            from: "reward_grant",
            key: "claim_event_id",
            also: untouched,
            transaction
        )
        let columns = """
            unnest($1::text[], $2::text[], $3::text[], $4::text[], $5::text[], $6::int4[], $7::text[],
                $8::timestamptz[], $9::timestamptz[])
            AS s (user_id, claim_event_id, goal_id, reward_type, reward_id, quantity, state, claimed_at,
                delivered_at)
            """
        let insert = """
            INSERT INTO \(leaf) (user_id, claim_event_id, goal_id, reward_type, reward_id, quantity, state,
                claimed_at, delivered_at)
            SELECT * FROM \(columns) ON CONFLICT (user_id, claim_event_id) DO NOTHING
            """
        let contents = """
            UPDATE \(leaf) t SET goal_id = s.goal_id, reward_type = s.reward_type, reward_id = s.reward_id,
                quantity = s.quantity, claimed_at = s.claimed_at, delivered_at = s.delivered_at
            FROM \(columns)
            WHERE t.user_id = s.user_id AND t.claim_event_id = s.claim_event_id AND \(untouched)
            """
        let delivery = """
            UPDATE \(leaf) t SET state = s.state, delivered_at = s.delivered_at, next_attempt_at = NULL
            FROM \(columns) WHERE t.user_id = s.user_id AND t.claim_event_id = s.claim_event_id
            """
        for (sql, grants) in [
            (insert, repair.grants), (contents, repair.grantsChanged), (delivery, repair.grantsDelivered),
        ] where !grants.isEmpty {
            rowCount += try transaction.execute(sql, Self.parameters(grants))
        }
    }

    private static func parameters(_ grants: [(player: Identifier, row: StoredGrant)]) -> [Parameter] {
        var texts = (0..<5).map { _ in ArrayColumn(.text) }
        var quantities = ArrayColumn(.int4)
        var (claimed, delivered) = (ArrayColumn(.timestamptz), ArrayColumn(.timestamptz))
        for (_, row) in grants {
            let words = [
                row.eventKey, row.goal.utf8, Array(row.rewardKind.utf8), Array(row.rewardID.utf8),
                Array(row.state.utf8),
            ]
            for (index, word) in words.enumerated() { texts[index].append(text: word) }
            quantities.append(int4: row.quantity)
            claimed.append(timestamptz: row.claimedAt.microseconds)
            delivered.append(timestamptz: row.deliveredAt?.microseconds)
        }
        let columns = texts[0..<4] + [quantities, texts[4], claimed, delivered]
        return [column(grants.map(\.player))] + columns.map { .array($0) }
    }

    private func mark(_ players: [Identifier], _ transaction: borrowing Transaction) throws {
        guard !players.isEmpty else { return }
        try transaction.execute(
            """
            INSERT INTO \(partition.leaf("player_change")) AS t (user_id, sequence)
            SELECT id, $2 FROM unnest($1::text[]) AS s (id)
            ON CONFLICT (user_id) DO UPDATE SET sequence = EXCLUDED.sequence
            """,
            [Self.column(players), .int8(Int64(clamping: sequence))]
        )
    }

    private mutating func delete(
        _ keys: [PartitionRepair.Key],
        from table: StaticString,
        key: StaticString,
        also condition: String = "true",
        _ transaction: borrowing Transaction
    ) throws {
        guard !keys.isEmpty else { return }
        var rest = ArrayColumn(.text)
        for key in keys { rest.append(text: key.rest) }
        let sql = """
            DELETE FROM \(partition.leaf(table)) t USING unnest($1::text[], $2::text[]) AS d (user_id, key)
            WHERE t.user_id = d.user_id AND t.\(key) = d.key AND \(condition)
            """
        rowCount += try transaction.execute(sql, [Self.column(keys.map(\.player)), .array(rest)])
    }

    private static func column(_ ids: [Identifier]) -> Parameter {
        var column = ArrayColumn(.text, capacity: ids.count * 4)
        for id in ids { column.append(text: id.utf8) }
        return .array(column)
    }
}
