package import Goals

/// Everything the tables hold of one player, as far as the log determines it.
package struct ReplayPlayer: Hashable, Sendable {
    package var id: Identifier
    package var state: PlayerState
    /// Greatest time of the kept outcomes; nil without any.
    package var newestRequestAt: Timestamp?
    /// Ascending by the bytes of the goals' ids, as the table's key is.
    package var rows: [ReplayRow]
    /// Within their retention, ascending by the event id's bytes; empty where only rows are kept.
    package var requests: [ReplayRequest]
    /// Ascending by the claim's event id; empty where only rows are kept.
    package var grants: [ReplayGrant]

    package init(
        id: Identifier,
        state: PlayerState,
        newestRequestAt: Timestamp? = nil,
        rows: [ReplayRow] = [],
        requests: [ReplayRequest] = [],
        grants: [ReplayGrant] = []
    ) {
        self.id = id
        self.state = state
        self.newestRequestAt = newestRequestAt
        self.rows = rows
        self.requests = requests
        self.grants = grants
    }
}

/// One row of `user_goal_progress`, with catalogue numbers where the table has ids.
package struct ReplayRow: Hashable, Sendable {
    package var goal: UInt32
    /// That of the row's last change.
    package var challenge: UInt32
    package var progress: Int32
    package var status: GoalStatus
    package var isActive: Bool
    package var assignedAt: Timestamp?
    package var completedAt: Timestamp?
    package var claimedAt: Timestamp?
    package var createdAt: Timestamp
    package var updatedAt: Timestamp
    package var lastEventAt: Timestamp?
    package var lastCountedOn: UTCDay?

    package init(
        goal: UInt32,
        challenge: UInt32,
        progress: Int32,
        status: GoalStatus,
        isActive: Bool,
        assignedAt: Timestamp? = nil,
        completedAt: Timestamp? = nil,
        claimedAt: Timestamp? = nil,
        createdAt: Timestamp,
        updatedAt: Timestamp,
        lastEventAt: Timestamp? = nil,
        lastCountedOn: UTCDay? = nil
    ) {
        self.goal = goal
        self.challenge = challenge
        self.progress = progress
        self.status = status
        self.isActive = isActive
        self.assignedAt = assignedAt
        self.completedAt = completedAt
        self.claimedAt = claimedAt
        self.createdAt = createdAt
        self.updatedAt = updatedAt
        self.lastEventAt = lastEventAt
        self.lastCountedOn = lastCountedOn
    }

    /// The row that the fold made of a goal; `goal` and `challenge` are catalogue numbers.
    package init(_ row: ProgressRow, goal: UInt32, challenge: UInt32) {
        self.init(
            goal: goal,
            challenge: challenge,
            progress: row.progress,
            status: row.status,
            isActive: row.isActive,
            assignedAt: row.assignedAt,
            completedAt: row.completedAt,
            claimedAt: row.claimedAt,
            createdAt: row.createdAt,
            updatedAt: row.updatedAt,
            lastEventAt: row.lastEventAt,
            lastCountedOn: row.lastCountedOn
        )
    }

    /// The same row as the fold reads it, with a batch's numbers.
    package func progressRow(player: UInt32, goal: UInt32) -> ProgressRow {
        ProgressRow(
            player: player,
            goal: goal,
            progress: progress,
            status: status,
            isActive: isActive,
            assignedAt: assignedAt,
            completedAt: completedAt,
            claimedAt: claimedAt,
            createdAt: createdAt,
            updatedAt: updatedAt,
            lastEventAt: lastEventAt,
            lastCountedOn: lastCountedOn
        )
    }
}

/// One row of `request_outcome`.
package struct ReplayRequest: Hashable, Sendable {
    package var eventID: [UInt8]
    /// Nil when applied.
    package var rejection: RequestOutcome.Rejection?
    package var decidedAt: Timestamp

    package init(eventID: [UInt8], rejection: RequestOutcome.Rejection?, decidedAt: Timestamp) {
        self.eventID = eventID
        self.rejection = rejection
        self.decidedAt = decidedAt
    }
}

/// One row of `reward_grant`.
package struct ReplayGrant: Hashable, Sendable {
    package var claimEventID: [UInt8]
    /// Catalogue number.
    package var goal: UInt32
    package var reward: Reward
    package var claimedAt: Timestamp
    /// The first delivery that the log tells of; nil before it.
    package var deliveredAt: Timestamp?

    package init(
        claimEventID: [UInt8],
        goal: UInt32,
        reward: Reward,
        claimedAt: Timestamp,
        deliveredAt: Timestamp? = nil
    ) {
        self.claimEventID = claimEventID
        self.goal = goal
        self.reward = reward
        self.claimedAt = claimedAt
        self.deliveredAt = deliveredAt
    }
}
