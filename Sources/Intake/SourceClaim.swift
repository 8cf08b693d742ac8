/// A stretch of a named source, as a caller sees it who hands its lines over.
package struct SourceClaim: Sendable, Equatable {
    /// 1 to 255 UTF-8 bytes.
    package let name: String
    /// How far the log has the source, as the caller knows; a batch that is wrong about it is not taken.
    package let committed: UInt64
    /// Where the source's first byte is that the batch does not cover.
    package internal(set) var end: UInt64

    /// A stretch that begins at `start`; `EventBatch.cover` moves its end.
    package init(name: String, committed: UInt64, start: UInt64) {
        self.name = name
        self.committed = committed
        end = start
    }
}

/// What became of a batch of a named source.
package enum SourceOutcome: Sendable, Equatable {
    /// One result for each event; the log has the source up to `position` and ends at `nextOffset`.
    case taken([ItemResult], position: UInt64, nextOffset: UInt64)
    /// Nothing was taken: the log has the source up to `position`, not up to where the caller believed.
    case moved(position: UInt64)
}
