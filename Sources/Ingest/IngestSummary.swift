package import Goals

/// What one ingest did, line by line.
package struct IngestSummary: Sendable, Equatable {
    package var accepted: UInt64 = 0
    package var duplicates: UInt64 = 0
    package var otherNamespace: UInt64 = 0
    package var blankLines: UInt64 = 0
    package var quarantined: [EventFault.Reason: UInt64] = [:]
    /// Bytes of input read, after decompression.
    package var inputBytes: UInt64 = 0
    /// Bytes skipped since an earlier run had committed them.
    package var resumedAtByte: UInt64 = 0
    /// The log's end after the last commit.
    package var nextOffset: UInt64 = 0

    package init() {}

    package var quarantinedTotal: UInt64 { quarantined.values.reduce(0, +) }

    package mutating func add(_ other: IngestSummary) {
        accepted += other.accepted
        duplicates += other.duplicates
        otherNamespace += other.otherNamespace
        blankLines += other.blankLines
        quarantined.merge(other.quarantined, uniquingKeysWith: +)
        inputBytes += other.inputBytes
        resumedAtByte += other.resumedAtByte
        nextOffset = max(nextOffset, other.nextOffset)
    }
}
