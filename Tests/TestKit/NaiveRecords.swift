/// Names one row of `user_goal_progress`; ids are UTF-8 bytes, so that two spellings of a name stay apart.
package struct NaiveRowKey: Hashable, Sendable {
    package let userId: [UInt8]
    package let goalId: [UInt8]

    package init(userId: [UInt8], goalId: [UInt8]) {
        self.userId = userId
        self.goalId = goalId
    }
}

/// Every column of one row of `user_goal_progress`; times are microseconds since 1970, days count from 1970.
package struct NaiveRow: Hashable, Sendable {
    package var userId: [UInt8]
    package var goalId: [UInt8]
    package var challengeId: [UInt8]
    package var namespace: String
    package var progress: Int
    package var status: String
    package var isActive: Bool
    package var assignedAt: Int64?
    package var completedAt: Int64?
    package var claimedAt: Int64?
    package var expiresAt: Int64?
    package var createdAt: Int64
    package var updatedAt: Int64
    package var lastEventAt: Int64?
    /// A day number: 0 is 1970-01-01.
    package var lastCountedOn: Int?

    package init(
        userId: [UInt8],
        goalId: [UInt8],
        challengeId: [UInt8],
        namespace: String,
        progress: Int,
        status: String,
        isActive: Bool,
        assignedAt: Int64? = nil,
        completedAt: Int64? = nil,
        claimedAt: Int64? = nil,
        expiresAt: Int64? = nil,
        createdAt: Int64,
        updatedAt: Int64,
        lastEventAt: Int64? = nil,
        lastCountedOn: Int? = nil
    ) {
        self.userId = userId
        self.goalId = goalId
        self.challengeId = challengeId
        self.namespace = namespace
        self.progress = progress
        self.status = status
        self.isActive = isActive
        self.assignedAt = assignedAt
        self.completedAt = completedAt
        self.claimedAt = claimedAt
        self.expiresAt = expiresAt
        self.createdAt = createdAt
        self.updatedAt = updatedAt
        self.lastEventAt = lastEventAt
        self.lastCountedOn = lastCountedOn
    }
}

/// One row of `player`; times are microseconds since 1970.
package struct NaivePlayer: Hashable, Sendable {
    package var firstEventAt: Int64
    package var lastEventAt: Int64

    package init(firstEventAt: Int64, lastEventAt: Int64) {
        self.firstEventAt = firstEventAt
        self.lastEventAt = lastEventAt
    }
}

/// Names a request of a player, or the claim behind a grant.
package struct NaiveRequestKey: Hashable, Sendable {
    package let userId: [UInt8]
    package let eventId: [UInt8]

    package init(userId: [UInt8], eventId: [UInt8]) {
        self.userId = userId
        self.eventId = eventId
    }
}

/// One row of `request_outcome`.
package struct NaiveOutcome: Hashable, Sendable {
    /// Nil when the request was applied.
    package var errorCode: String?
    /// The request's own time, microseconds since 1970.
    package var decidedAt: Int64

    package init(errorCode: String?, decidedAt: Int64) {
        self.errorCode = errorCode
        self.decidedAt = decidedAt
    }
}

/// One row of `reward_grant`.
package struct NaiveGrant: Hashable, Sendable {
    package var goalId: [UInt8]
    package var reward: NaiveReward
    /// The claim's time, microseconds since 1970.
    package var claimedAt: Int64
    /// Nil while the reward has not reached the player.
    package var deliveredAt: Int64?

    package init(goalId: [UInt8], reward: NaiveReward, claimedAt: Int64, deliveredAt: Int64? = nil) {
        self.goalId = goalId
        self.reward = reward
        self.claimedAt = claimedAt
        self.deliveredAt = deliveredAt
    }
}
