/// Some rows of a leaf as they came, with their texts' bytes in one array.
package struct ScanBlock<ScannedRow: Sendable>: Sendable {
    /// The texts of all rows; rows hold ranges of it.
    package internal(set) var bytes: [UInt8] = []
    package internal(set) var rows: [ScannedRow] = []

    /// Clears the block for reuse.
    mutating func removeAll() {
        bytes.removeAll(keepingCapacity: true)
        rows.removeAll(keepingCapacity: true)
    }
}

/// A column that may be NULL, as one number: `ScannedTime.none` stands for NULL.
package enum ScannedTime {
    /// No instant that PostgreSQL holds.
    package static let none = Int64.min
}

/// One row of `user_goal_progress`; ranges lie in the block's bytes, times are microseconds since 1970 or
/// `ScannedTime.none`.
package struct ScannedProgress: Sendable {
    package let user: Range<Int>
    package let goal: Range<Int>
    package let challenge: Range<Int>
    package let namespace: Range<Int>
    package let progress: Int32
    /// The status's raw value, 255 for a word that is none.
    package let status: UInt8
    package let isActive: Bool
    package let assignedAt: Int64
    package let completedAt: Int64
    package let claimedAt: Int64
    package let expiresAt: Int64
    package let createdAt: Int64
    package let updatedAt: Int64
    package let lastEventAt: Int64
    /// Days since 1970, or `ScannedTime.none`.
    package let lastCountedOn: Int64
}

/// One player of `player` and `player_change`: either row may be missing, not both.
package struct ScannedPlayer: Sendable {
    package let user: Range<Int>
    /// Microseconds since 1970; `ScannedTime.none` where `player` has no row.
    package let firstEventAt: Int64
    package let lastEventAt: Int64
    /// `ScannedTime.none` where `player_change` has no row.
    package let changeSequence: Int64
}

/// One row of `request_outcome`.
package struct ScannedOutcome: Sendable {
    package let user: Range<Int>
    package let eventKey: Range<Int>
    package let isApplied: Bool
    /// Empty for NULL.
    package let errorCode: Range<Int>
    package let decidedAt: Int64
}

/// One row of `reward_grant`.
package struct ScannedGrant: Sendable {
    package let user: Range<Int>
    package let eventKey: Range<Int>
    package let goal: Range<Int>
    package let rewardKind: Range<Int>
    package let rewardID: Range<Int>
    package let quantity: Int32
    package let isDelivered: Bool
    package let claimedAt: Int64
    package let deliveredAt: Int64
}
