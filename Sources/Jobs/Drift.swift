/// One difference between what the log says and what is stored: a field, or a whole row.
package struct Drift: Hashable, Sendable, Encodable {
    /// What kind of difference it is; counted by rows.
    package enum Kind: String, Sendable, CaseIterable, Encodable, Comparable {
        case fieldDiffers = "field_differs"
        case rowMissing = "row_missing"
        case rowExtra = "row_extra"
        case playerDiffers = "player_differs"
        case playerMissing = "player_missing"
        case playerExtra = "player_extra"
        /// The player has no row in `player_change`, or one beyond its partition's sequence: publish misses him.
        case changeLost = "change_lost"
        case grantDiffers = "grant_differs"
        case grantMissing = "grant_missing"
        case grantExtra = "grant_extra"
        case outcomeDiffers = "outcome_differs"
        case outcomeMissing = "outcome_missing"
        case outcomeExtra = "outcome_extra"
        /// A row of an id whose hash belongs to another partition.
        case wrongPartition = "wrong_partition"
        case watermarkBeyondLog = "watermark_beyond_log"
        /// A published answer is not the one that the tables give.
        case payloadDiffers = "payload_differs"
        case payloadMissing = "payload_missing"
        case payloadExtra = "payload_extra"

        package static func < (left: Kind, right: Kind) -> Bool { left.rawValue < right.rawValue }
    }

    package let kind: Kind
    package let partition: Int
    package let table: String
    /// Nil where it concerns the whole partition.
    package var player: String?
    package var goal: String?
    /// The event id of a request or claim, as the tables hold it.
    package var event: String?
    /// Nil where it is the whole row.
    package var field: String?
    /// Nil for NULL, and where the log says there is no such row.
    package var logSays: String?
    /// Nil for NULL, and where there is no such row.
    package var tableSays: String?
    /// Why `--repair` leaves it as it is; nil where it repairs it.
    package var notRepairable: String?
}

/// Differences found: all counted, the first ones kept.
package struct DriftList: Sendable {
    /// Differences that are kept in full.
    package static let keptMax = 1000

    package private(set) var kept: [Drift] = []
    /// Rows by kind.
    package private(set) var rows: [Drift.Kind: UInt64] = [:]
    /// Differences found, fields one by one.
    package private(set) var count: UInt64 = 0
    /// Rows that `--repair` would leave.
    package private(set) var notRepairableRows: UInt64 = 0

    package init() {}

    package var rowCount: UInt64 { rows.values.reduce(0, +) }

    /// Notes one row's differences; all of one kind.
    package mutating func add(_ drifts: [Drift]) {
        guard let kind = drifts.first?.kind else { return }
        rows[kind, default: 0] += 1
        count += UInt64(drifts.count)
        if drifts.contains(where: { $0.notRepairable != nil }) { notRepairableRows += 1 }
        kept.append(contentsOf: drifts.prefix(max(0, Self.keptMax - kept.count)))
    }

    /// Forgets the differences and keeps their numbers.
    mutating func dropKept() { kept = [] }

    package mutating func add(_ other: DriftList) {
        for (kind, count) in other.rows { rows[kind, default: 0] += count }
        count += other.count
        notRepairableRows += other.notRepairableRows
        kept.append(contentsOf: other.kept.prefix(max(0, Self.keptMax - kept.count)))
    }
}
