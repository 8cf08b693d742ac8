package import Fold

/// What one fold did.
package struct FoldSummary: Sendable {
    /// First offset that was not folded before, in the partition furthest behind.
    package var fromOffset: UInt64 = 0
    /// First offset not folded now.
    package var nextOffset: UInt64 = 0
    package var batches = 0
    package var rowsInserted: UInt64 = 0
    package var rowsUpdated: UInt64 = 0
    /// Deliveries that name no grant.
    package var deliveriesUnmatched: UInt64 = 0
    package var counts = FoldCounts()
    package var seconds = 0.0

    package init() {}
}

extension FoldSummary: JobSummary {
    package var offsets: (from: UInt64?, next: UInt64?) { (fromOffset, nextOffset) }

    private enum Key: String, CodingKey {
        case fromOffset, nextOffset, batches, records, effects, rowsInserted, rowsUpdated, requestsApplied
        case requestsRejected, deliveriesUnmatched, ignored, seconds
    }

    package func encode(to encoder: any Encoder) throws {
        var container = encoder.container(keyedBy: Key.self)
        try container.encode(fromOffset, forKey: .fromOffset)
        try container.encode(nextOffset, forKey: .nextOffset)
        try container.encode(batches, forKey: .batches)
        try container.encode(counts.records, forKey: .records)
        try container.encode(counts.effects, forKey: .effects)
        try container.encode(rowsInserted, forKey: .rowsInserted)
        try container.encode(rowsUpdated, forKey: .rowsUpdated)
        try container.encode(counts.requestsApplied, forKey: .requestsApplied)
        try container.encode(counts.requestsRejected, forKey: .requestsRejected)
        try container.encode(deliveriesUnmatched, forKey: .deliveriesUnmatched)
        let ignored = FoldCounts.Ignored.allCases.map { ($0.rawValue, counts[$0]) }.filter { $0.1 > 0 }
        try container.encode(Dictionary(uniqueKeysWithValues: ignored), forKey: .ignored)
        try container.encode(seconds, forKey: .seconds)
    }
}
