import Goals
package import Postgres

/// Reads all rows of a partition's leaves in the order in which they lie there, as fast as the server sends them.
///
/// Inside the transaction that it is given, best `readOnlySnapshot`: all leaves and the watermark are then of one
/// instant. Rows come in blocks, so that memory does not grow with the leaf. They come in no order, for sorting tens
/// of millions of rows would cost the server more than everything else: who compares adds up a checksum a player.
package struct ProgressScan {
    /// Rows of one block.
    package static let blockRows = 1024

    private let partition: PartitionWatermark

    package init(_ partition: PartitionWatermark) { self.partition = partition }

    /// All partitions of the stream as the transaction sees them, ascending.
    package static func watermarks(stream: String, in transaction: borrowing Transaction) throws
        -> [PartitionWatermark]
    {
        try PartitionWatermark.read(stream: stream, in: transaction)
    }

    /// Bytes that the partition's leaves take on disk, indexes left out.
    package func storedBytes(in transaction: borrowing Transaction) throws -> UInt64 {
        var bytes: UInt64 = 0
        let sql = """
            SELECT coalesce(sum(pg_relation_size(to_regclass(name))), 0)::int8
            FROM unnest($1::text[]) AS t (name)
            """
        var names = ArrayColumn(.text)
        for table in ["user_goal_progress", "player", "request_outcome", "reward_grant"] as [StaticString] {
            names.append(text: partition.leaf(table).utf8)
        }
        try transaction.query(sql, [.array(names)]) { bytes = UInt64(clamping: try $0.int8(0)) }
        return bytes
    }

    /// Every row of `user_goal_progress`; returns how many.
    package func progress(
        in transaction: borrowing Transaction,
        _ body: (ScanBlock<ScannedProgress>) throws -> Void
    ) throws -> Int {
        let sql = """
            COPY (SELECT user_id, goal_id, challenge_id, namespace, progress, status, is_active, assigned_at,
                completed_at, claimed_at, expires_at, created_at, updated_at, last_event_at, last_counted_on
            FROM \(partition.leaf("user_goal_progress"))) TO STDOUT (FORMAT binary)
            """
        return try scan(sql, fieldCount: 15, in: transaction, Self.progress, body)
    }

    /// Every player that `player` or `player_change` knows; returns how many.
    package func players(
        in transaction: borrowing Transaction,
        _ body: (ScanBlock<ScannedPlayer>) throws -> Void
    ) throws -> Int {
        let sql = """
            COPY (SELECT user_id, p.first_event_at, p.last_event_at, c.sequence
            FROM \(partition.leaf("player")) p FULL JOIN \(partition.leaf("player_change")) c USING (user_id))
            TO STDOUT (FORMAT binary)
            """
        return try scan(sql, fieldCount: 4, in: transaction, Self.player, body)
    }

    /// Every row of `request_outcome`; returns how many.
    package func outcomes(
        in transaction: borrowing Transaction,
        _ body: (ScanBlock<ScannedOutcome>) throws -> Void
    ) throws -> Int {
        let sql = """
            COPY (SELECT user_id, event_id, outcome = 'applied', error_code, decided_at
            FROM \(partition.leaf("request_outcome"))) TO STDOUT (FORMAT binary)
            """
        return try scan(sql, fieldCount: 5, in: transaction, Self.outcome, body)
    }

    /// Every row of `reward_grant`; returns how many.
    package func grants(
        in transaction: borrowing Transaction,
        _ body: (ScanBlock<ScannedGrant>) throws -> Void
    ) throws -> Int {
        let sql = """
            COPY (SELECT user_id, claim_event_id, goal_id, reward_type, reward_id, quantity,
                state = 'delivered', claimed_at, delivered_at
            FROM \(partition.leaf("reward_grant"))) TO STDOUT (FORMAT binary)
            """
        return try scan(sql, fieldCount: 9, in: transaction, Self.grant, body)
    }

    private func scan<ScannedRow>(
        _ sql: String,
        fieldCount: Int,
        in transaction: borrowing Transaction,
        _ read: (inout TupleReader, inout [UInt8]) throws -> ScannedRow,
        _ body: (ScanBlock<ScannedRow>) throws -> Void
    ) throws -> Int {
        var block = ScanBlock<ScannedRow>()
        let count = try transaction.copyOut(sql) { tuple in
            try tuple.expect(fieldCount: fieldCount)
            block.rows.append(try read(&tuple, &block.bytes))
            guard block.rows.count >= Self.blockRows else { return }
            try body(block)
            block.removeAll()
        }
        if !block.rows.isEmpty { try body(block) }
        return count
    }

    // MARK: Tuples

    private static func progress(
        _ tuple: inout TupleReader,
        _ bytes: inout [UInt8]
    ) throws -> ScannedProgress {
        ScannedProgress(
            user: try text(&tuple, &bytes),
            goal: try text(&tuple, &bytes),
            challenge: try text(&tuple, &bytes),
            namespace: try text(&tuple, &bytes),
            progress: try tuple.int4(),
            status: try status(&tuple, &bytes),
            isActive: try tuple.bool(),
            assignedAt: try time(&tuple),
            completedAt: try time(&tuple),
            claimedAt: try time(&tuple),
            expiresAt: try time(&tuple),
            createdAt: try time(&tuple),
            updatedAt: try time(&tuple),
            lastEventAt: try time(&tuple),
            lastCountedOn: try tuple.optionalDate().map { Int64($0) } ?? ScannedTime.none
        )
    }

    private static func player(_ tuple: inout TupleReader, _ bytes: inout [UInt8]) throws -> ScannedPlayer {
        ScannedPlayer(
            user: try text(&tuple, &bytes),
            firstEventAt: try time(&tuple),
            lastEventAt: try time(&tuple),
            changeSequence: try tuple.optionalInt8() ?? ScannedTime.none
        )
    }

    private static func outcome(_ tuple: inout TupleReader, _ bytes: inout [UInt8]) throws -> ScannedOutcome {
        ScannedOutcome(
            user: try text(&tuple, &bytes),
            eventKey: try text(&tuple, &bytes),
            isApplied: try tuple.bool(),
            errorCode: try tuple.text(into: &bytes) ?? bytes.count..<bytes.count,
            decidedAt: try time(&tuple)
        )
    }

    private static func grant(_ tuple: inout TupleReader, _ bytes: inout [UInt8]) throws -> ScannedGrant {
        ScannedGrant(
            user: try text(&tuple, &bytes),
            eventKey: try text(&tuple, &bytes),
            goal: try text(&tuple, &bytes),
            rewardKind: try text(&tuple, &bytes),
            rewardID: try text(&tuple, &bytes),
            quantity: try tuple.int4(),
            isDelivered: try tuple.bool(),
            claimedAt: try time(&tuple),
            deliveredAt: try time(&tuple)
        )
    }

    private static func text(_ tuple: inout TupleReader, _ bytes: inout [UInt8]) throws -> Range<Int> {
        guard let range = try tuple.text(into: &bytes) else {
            throw TablesError.inconsistent("a key column is NULL")
        }
        return range
    }

    private static func time(_ tuple: inout TupleReader) throws -> Int64 {
        try tuple.optionalTimestamptz() ?? ScannedTime.none
    }

    private static let statuses = GoalStatus.allCases.map { (Array($0.text.utf8), $0.rawValue) }

    private static func status(_ tuple: inout TupleReader, _ bytes: inout [UInt8]) throws -> UInt8 {
        let range = try text(&tuple, &bytes)
        let found = statuses.first { $0.0.elementsEqual(bytes[range]) }?.1
        bytes.removeLast(range.count)
        return found ?? .max
    }
}
