/// What compaction did with one sealed segment.
package struct SegmentCompaction: Hashable, Sendable {
    package enum Outcome: String, Hashable, Sendable {
        /// The file was replaced by a smaller one.
        case rewritten
        /// Its frames are large and compressed as hard already; only a few of them were tried.
        case compact
        /// It was written anew, and the new file was no smaller; the old one stays.
        case noGain
    }

    package let name: SegmentName
    package let outcome: Outcome
    package let recordCount: UInt64
    /// NDJSON bytes.
    package let rawBytes: UInt64
    package let framesBefore: UInt64
    package let framesAfter: UInt64
    /// Bytes of the file.
    package let bytesBefore: UInt64
    package let bytesAfter: UInt64

    init(
        _ name: SegmentName,
        _ tail: SealedTail,
        _ outcome: Outcome,
        framesAfter: UInt64? = nil,
        bytesAfter: UInt64? = nil
    ) {
        self.name = name
        self.outcome = outcome
        recordCount = tail.seal.recordCount
        rawBytes = tail.seal.rawBytes
        framesBefore = tail.seal.commitCount
        self.framesAfter = framesAfter ?? tail.seal.commitCount
        bytesBefore = tail.fileBytes
        self.bytesAfter = bytesAfter ?? tail.fileBytes
    }
}
