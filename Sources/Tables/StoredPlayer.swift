package import Goals

/// Everything that the tables hold of one player, as it stands there, every column that the log decides.
package struct StoredPlayer: Sendable {
    package let id: Identifier
    /// Its row in `player`; nil where there is none.
    package internal(set) var state: PlayerState?
    /// Its row in `player_change`; nil where there is none.
    package internal(set) var changeSequence: UInt64?
    /// Ascending by goal id.
    package internal(set) var rows: [StoredProgress] = []
    /// Ascending by event key.
    package internal(set) var outcomes: [StoredOutcome] = []
    /// Ascending by event key.
    package internal(set) var grants: [StoredGrant] = []

    init(id: Identifier) { self.id = id }

    /// Whether no table but `player_change` knows the player.
    package var isUnknown: Bool { state == nil && rows.isEmpty && outcomes.isEmpty && grants.isEmpty }
}

/// One row of `user_goal_progress` with all of its columns.
package struct StoredProgress: Hashable, Sendable {
    package let goal: Identifier
    package let challenge: Identifier
    package let namespace: Identifier
    package let progress: Int32
    /// The word as it stands there.
    package let status: String
    package let isActive: Bool
    package let assignedAt: Timestamp?
    package let completedAt: Timestamp?
    package let claimedAt: Timestamp?
    package let expiresAt: Timestamp?
    package let createdAt: Timestamp
    package let updatedAt: Timestamp
    package let lastEventAt: Timestamp?
    package let lastCountedOn: UTCDay?

    package init(
        goal: Identifier,
        challenge: Identifier,
        namespace: Identifier,
        progress: Int32,
        status: String,
        isActive: Bool,
        assignedAt: Timestamp?,
        completedAt: Timestamp?,
        claimedAt: Timestamp?,
        expiresAt: Timestamp?,
        createdAt: Timestamp,
        updatedAt: Timestamp,
        lastEventAt: Timestamp?,
        lastCountedOn: UTCDay?
    ) {
        self.goal = goal
        self.challenge = challenge
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

/// One row of `request_outcome`.
package struct StoredOutcome: Hashable, Sendable {
    /// `EventKey.key` of the event's id.
    package let eventKey: [UInt8]
    package let outcome: String
    package let errorCode: String?
    package let decidedAt: Timestamp

    package init(
        eventKey: [UInt8],
        outcome: String,
        errorCode: String?,
        decidedAt: Timestamp
    ) {
        self.eventKey = eventKey
        self.outcome = outcome
        self.errorCode = errorCode
        self.decidedAt = decidedAt
    }
}

/// One row of `reward_grant`.
package struct StoredGrant: Hashable, Sendable {
    /// `EventKey.key` of the claim's event id.
    package let eventKey: [UInt8]
    package let goal: Identifier
    package let rewardKind: String
    package let rewardID: String
    package let quantity: Int32
    /// `pending`, `delivered` or `dead`.
    package let state: String
    package let claimedAt: Timestamp
    package let deliveredAt: Timestamp?
    package let attempts: Int32

    /// Whether nobody tried to deliver it: then taking it back takes nothing from the player.
    package var isUntouched: Bool { state == "pending" && attempts == 0 }

    package init(
        eventKey: [UInt8],
        goal: Identifier,
        rewardKind: String,
        rewardID: String,
        quantity: Int32,
        state: String,
        claimedAt: Timestamp,
        deliveredAt: Timestamp?,
        attempts: Int32
    ) {
        self.eventKey = eventKey
        self.goal = goal
        self.rewardKind = rewardKind
        self.rewardID = rewardID
        self.quantity = quantity
        self.state = state
        self.claimedAt = claimedAt
        self.deliveredAt = deliveredAt
        self.attempts = attempts
    }
}
