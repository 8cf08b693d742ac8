package import Goals
package import Postgres

/// What one fold transaction wrote.
package struct FoldWriteCounts: Hashable, Sendable {
    /// Progress rows that were not there before.
    package var inserted = 0
    /// Progress rows that were there and changed.
    package var updated = 0
    /// Deliveries that name no grant of that player.
    package var deliveredUnmatched = 0
    /// The partition's sequence afterwards; one more than before when anything was written.
    package var sequence: UInt64 = 0

    package init() {}

    /// Adds rows, not the sequence.
    mutating func add(_ other: FoldWriteCounts) {
        inserted += other.inserted
        updated += other.updated
        deliveredUnmatched += other.deliveredUnmatched
    }
}

/// The tables as the fold sees them: read a partition's prior state, write its change and its watermark.
package struct FoldTables: Sendable {
    private let session: Session
    private let namespace: Identifier

    /// `namespace` is what rows get in their column of that name; at most `Identifier.scalarsMax` scalars.
    package init(session: Session, namespace: Identifier) {
        (self.session, self.namespace) = (session, namespace)
    }

    /// All partitions of a stream, ascending.
    package func watermarks(stream: String) async throws -> [PartitionWatermark] {
        try await TablesError.wrapping {
            try await session.readOnlySnapshot { try PartitionWatermark.read(stream: stream, in: $0) }
        }
    }

    /// Notes the log's UUID the first time; throws `logMismatch` for any other later.
    package func bindLog(uuid: String) async throws {
        let log = uuid.lowercased()
        try await TablesError.wrapping {
            try await session.transaction { transaction in
                try transaction.execute(
                    "UPDATE goalpost.meta SET log_uuid = $1::text::uuid WHERE log_uuid IS NULL",
                    [.text(log)]
                )
                var bound: String?
                try transaction.query("SELECT log_uuid FROM goalpost.meta") { bound = try $0.uuid(0) }
                guard let bound else { throw TablesError.notInstalled }
                guard bound == log else { throw TablesError.logMismatch(database: bound, log: log) }
            }
        }
    }

    /// Folds one batch into one partition: prior state, change and watermark in one transaction.
    ///
    /// The watermark's row is locked first and compared with `partition`; when another fold moved it meanwhile,
    /// this throws `watermarkMoved` and nothing is written. `players` are the batch's players of this partition,
    /// `requests` the ids it asks about. At most `playersAtOnce` players are read, folded and written at a time, which
    /// bounds memory. `apply` gets each such range of player indices; it is pure, runs on the session's lane, and
    /// what it throws is rethrown. `nextOffset` is the watermark afterwards; `now` is noted as the time of the fold and stored
    /// nowhere else.
    package func fold(
        partition: PartitionWatermark,
        stream: String,
        players: PlayerTable,
        playersAtOnce: Int = .max,
        requests: [(player: UInt32, eventID: [UInt8])],
        challenges: ChallengeSet,
        nextOffset: UInt64,
        now: Timestamp,
        apply: @escaping @Sendable (Range<Int>, PartitionPrior) throws -> PartitionChange
    ) async throws -> FoldWriteCounts {
        guard nextOffset >= partition.nextOffset else {
            throw TablesError.inconsistent(
                "partition \(partition.partition) cannot go back from offset \(partition.nextOffset) to \(nextOffset)"
            )
        }
        let batch = FoldBatch(
            partition: partition,
            players: players,
            challenges: challenges,
            namespace: namespace
        )
        try batch.checkRouting()
        return try await TablesError.wrapping {
            try await session.transaction { transaction in
                let sequence = try Self.lock(partition, stream: stream, in: transaction)
                var counts = FoldWriteCounts()
                counts.sequence = sequence
                for chosen in Self.ranges(of: players.count, atOnce: playersAtOnce) {
                    var part = batch
                    part.chosen = UInt32(chosen.lowerBound)..<UInt32(chosen.upperBound)
                    // Few players in a big leaf: whatever the planner guesses, do not read all of it.
                    try transaction.script("SET LOCAL enable_seqscan = \(part.isSmall ? "off" : "on")")
                    let asked =
                        chosen.count == players.count
                        ? requests : requests.filter { part.chosen.contains($0.player) }
                    let prior = try PriorReader(part).prior(requests: asked, in: transaction)
                    let change = try apply(chosen, prior)
                    var writer = ChangeWriter(part, prior: prior, change: change, sequence: sequence + 1)
                    counts.add(try writer.write(in: transaction))
                    if writer.didWrite { counts.sequence = sequence + 1 }
                }
                let moved = try transaction.execute(
                    """
                    UPDATE goalpost.fold_watermark SET next_offset = $3, sequence = $4, folded_at = $5
                    WHERE stream = $1 AND partition = $2
                    """,
                    [
                        .text(stream), .int4(Int32(partition.partition)), .int8(Int64(clamping: nextOffset)),
                        .int8(Int64(clamping: counts.sequence)), .timestamptz(now.microseconds),
                    ]
                )
                guard moved == 1 else { throw TablesError.unknownStream(stream) }
                return counts
            }
        }
    }

    private static func ranges(of count: Int, atOnce: Int) -> [Range<Int>] {
        stride(from: 0, to: count, by: max(1, min(atOnce, count))).map { start in
            start..<(count - start > atOnce ? start + atOnce : count)
        }
    }

    /// Locks the partition for this transaction and returns its sequence.
    ///
    /// Every stream's row of it is locked, in one order, so that two streams cannot write one leaf at once.
    static func lock(
        _ partition: PartitionWatermark,
        stream: String,
        in transaction: borrowing Transaction
    ) throws -> UInt64 {
        var sequence: UInt64 = 0
        var found: (nextOffset: UInt64, modulus: Int, remainder: Int)?
        let sql = """
            SELECT stream = $2, next_offset, sequence, modulus, remainder
            FROM goalpost.fold_watermark WHERE partition = $1 ORDER BY stream FOR UPDATE
            """
        let parameters: [Parameter] = [.int4(Int32(partition.partition)), .text(stream)]
        try transaction.query(sql, parameters) { row in
            sequence = max(sequence, UInt64(clamping: try row.int8(2)))
            guard try row.bool(0) else { return }
            found = (UInt64(clamping: try row.int8(1)), Int(try row.int4(3)), Int(try row.int4(4)))
        }
        guard let found else { throw TablesError.unknownStream(stream) }
        guard found.nextOffset == partition.nextOffset else {
            throw TablesError.watermarkMoved(
                partition: partition.partition,
                expected: partition.nextOffset,
                found: found.nextOffset
            )
        }
        guard found.modulus == partition.modulus, found.remainder == partition.remainder else {
            throw TablesError.inconsistent(
                "partition \(partition.partition) was split meanwhile: read it again"
            )
        }
        return sequence
    }
}
