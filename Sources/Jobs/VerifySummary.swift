/// What one verify found, and what a repair did about it.
package struct VerifySummary: JobSummary {
    /// First offset folded: 0, or the snapshot's.
    package var fromOffset: UInt64 = 0
    /// The least watermark compared with: the tables are right or wrong up to here.
    package var nextOffset: UInt64 = 0
    package var partitions = 0
    /// How many times the log was read: once for each group of partitions that fits into memory.
    package var passes = 0
    /// Players that the log knows, of those looked at.
    package var players: UInt64 = 0
    /// Rows read from the tables.
    package var rows: UInt64 = 0
    package var outcomes: UInt64 = 0
    package var grants: UInt64 = 0
    /// Published players compared; nil where payloads were not asked for.
    package var payloads: UInt64?
    /// Why payloads could not be compared.
    package var payloadsSkipped: String?
    package var drift = DriftList()
    /// Rows written or deleted by a repair; nil where none was asked for.
    package var repairedRows: UInt64?
    /// Players marked for publish by a repair.
    package var markedPlayers: UInt64 = 0
    /// Whether there are more unknown players than one run can take up: repair, then verify again.
    package var isTruncated = false
    package var foldSeconds = 0.0
    package var compareSeconds = 0.0
    package var seconds = 0.0

    package init() {}

    /// Rows that differ from what the log says: the metric `goalpost_verify_drift_rows`.
    package var driftRows: UInt64 { drift.rowCount }
    package var isClean: Bool { drift.rowCount == 0 }

    package var offsets: (from: UInt64?, next: UInt64?) { (fromOffset, nextOffset) }

    /// Drift fails a run, also one that mended it: somebody has to ask where it came from.
    package var failure: JobError? {
        guard !isClean else { return nil }
        let rest =
            repairedRows.map { "\($0) rows were repaired: verify again" }
            ?? "`goalpost verify --repair` mends them"
        return JobError(.drift, "\(driftRows) rows of the tables differ from what the log says; \(rest)")
    }

    /// The numbers without the list of differences: what a history of runs keeps.
    package var withoutDifferences: VerifySummary {
        var summary = self
        summary.drift.dropKept()
        return summary
    }

    mutating func add(_ other: VerifySummary) {
        players += other.players
        rows += other.rows
        outcomes += other.outcomes
        grants += other.grants
        drift.add(other.drift)
        if let repaired = other.repairedRows { repairedRows = (repairedRows ?? 0) + repaired }
        markedPlayers += other.markedPlayers
        isTruncated = isTruncated || other.isTruncated
    }
}

extension VerifySummary: Encodable {
    private enum Key: String, CodingKey {
        case fromOffset, nextOffset, partitions, passes, players, rows, outcomes, grants, payloads,
            payloadsSkipped
        case driftRows, drift, notRepairableRows, differences, differencesCount, isTruncated, repairedRows
        case markedPlayers, foldSeconds, compareSeconds, seconds, rowsPerSecond
    }

    package func encode(to encoder: any Encoder) throws {
        var container = encoder.container(keyedBy: Key.self)
        try container.encode(fromOffset, forKey: .fromOffset)
        try container.encode(nextOffset, forKey: .nextOffset)
        try container.encode(partitions, forKey: .partitions)
        try container.encode(passes, forKey: .passes)
        try container.encode(players, forKey: .players)
        try container.encode(rows, forKey: .rows)
        try container.encode(outcomes, forKey: .outcomes)
        try container.encode(grants, forKey: .grants)
        try container.encodeIfPresent(payloads, forKey: .payloads)
        try container.encodeIfPresent(payloadsSkipped, forKey: .payloadsSkipped)
        try container.encode(driftRows, forKey: .driftRows)
        let kinds = drift.rows.map { ($0.key.rawValue, $0.value) }
        try container.encode(Dictionary(uniqueKeysWithValues: kinds), forKey: .drift)
        try container.encode(drift.notRepairableRows, forKey: .notRepairableRows)
        try container.encode(drift.count, forKey: .differencesCount)
        try container.encode(drift.kept, forKey: .differences)
        try container.encode(isTruncated, forKey: .isTruncated)
        try container.encodeIfPresent(repairedRows, forKey: .repairedRows)
        try container.encode(markedPlayers, forKey: .markedPlayers)
        try container.encode(foldSeconds, forKey: .foldSeconds)
        try container.encode(compareSeconds, forKey: .compareSeconds)
        try container.encode(seconds, forKey: .seconds)
        try container.encode(compareSeconds > 0 ? Double(rows) / compareSeconds : 0, forKey: .rowsPerSecond)
    }
}
