/// How much of a log is to be kept.
package enum RetentionPolicy: Hashable, Sendable {
    /// What is at most so old; the age of a segment is that of its newest event or its last commit, whichever
    /// is newer.
    case age(Duration)
    /// The newest segments whose files have at most so many bytes together, unsealed ones included.
    case bytes(UInt64)
}

/// An offset from which on records are needed, and by what.
package struct RetentionLimit: Hashable, Sendable {
    package let offset: UInt64
    /// Who needs the records, as the rest of "stays, for ".
    package let reason: String

    package init(offset: UInt64, reason: String) {
        self.offset = offset
        self.reason = reason
    }
}

/// What becomes of each segment, and why.
package struct RetentionPlan: Hashable, Sendable {
    /// One segment's lot.
    package struct Decision: Hashable, Sendable {
        package let name: SegmentName
        package let nextOffset: UInt64
        package let fileBytes: UInt64
        /// Milliseconds since 1970: the newest event or the last commit, whichever is newer.
        package let newestTime: Int64
        /// Whether the policy wants it deleted and the log itself could do without it.
        package let isUnwanted: Bool
        /// Whether it goes.
        package let goes: Bool
        /// Why it goes or stays, as one clause.
        package let reason: String
    }

    /// In log order; those that go come first.
    package let decisions: [Decision]

    /// Offset of the first record that stays.
    package var firstOffset: UInt64 {
        decisions.first { !$0.goes }?.name.baseOffset ?? decisions.last?.nextOffset ?? 0
    }
    package var deletedBytes: UInt64 { decisions.reduce(0) { $0 + ($1.goes ? $1.fileBytes : 0) } }
    package var deletedCount: Int { decisions.count(where: \.goes) }
    /// Bytes that the policy wants deleted and something else keeps.
    package var heldBytes: UInt64 {
        decisions.reduce(0) { $0 + ($1.isUnwanted && !$1.goes ? $1.fileBytes : 0) }
    }

    /// A segment as the plan judges it.
    struct Candidate {
        let name: SegmentName
        let nextOffset: UInt64
        let fileBytes: UInt64
        let newestTime: Int64
        let isSealed: Bool
    }

    /// Decides for `segments`, all there are in log order; `now` in milliseconds since 1970.
    ///
    /// What goes is a run of the oldest segments. The last segment stays, for it tells where the log ends, and
    /// the newest sealed one, for its seal tells how far each source was read.
    init(
        _ segments: [Candidate],
        _ policy: RetentionPolicy,
        limits: [RetentionLimit],
        now: Int64
    ) {
        var decisions: [Decision] = []
        var bytesLeft = segments.reduce(UInt64(0)) { $0 + $1.fileBytes }
        let newestSealed = segments.last(where: \.isSealed)?.name
        // Whether all older segments go.
        var isOpen = true
        for segment in segments {
            let wish = Self.wish(segment, policy, bytesLeft: bytesLeft, now: now)
            bytesLeft -= segment.fileBytes
            var reason = wish.reason
            var goes = wish.isUnwanted
            let limit = limits.filter { $0.offset < segment.nextOffset }.min { $0.offset < $1.offset }
            var isUnwanted = goes
            if goes, segment.name == segments.last?.name {
                (isUnwanted, goes) = (false, false)
                reason = "it is the last segment and tells where the log ends"
            } else if goes, segment.name == newestSealed {
                (isUnwanted, goes) = (false, false)
                reason = "its seal is the newest that tells how far each source was read"
            } else if goes, let limit {
                (goes, reason) = (false, limit.reason)
            } else if goes, !isOpen {
                (goes, reason) = (false, "an older segment stays, and a log has no gaps")
            }
            isOpen = isOpen && goes
            decisions.append(
                Decision(
                    name: segment.name,
                    nextOffset: segment.nextOffset,
                    fileBytes: segment.fileBytes,
                    newestTime: segment.newestTime,
                    isUnwanted: isUnwanted,
                    goes: goes,
                    reason: reason
                )
            )
        }
        self.decisions = decisions
    }

    private static func wish(
        _ segment: Candidate,
        _ policy: RetentionPolicy,
        bytesLeft: UInt64,
        now: Int64
    ) -> (isUnwanted: Bool, reason: String) {
        switch policy {
        case .age(let most):
            let age = Duration.milliseconds(now &- segment.newestTime)
            return age > most
                ? (true, "all of it is older than what is kept") : (false, "it is young enough to be kept")
        case .bytes(let most):
            return bytesLeft > most
                ? (true, "the log from here on is larger than what is kept")
                : (false, "the log from here on is small enough to be kept")
        }
    }
}
