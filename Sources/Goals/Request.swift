/// What a player asked for and the fold decided: activation or claim.
package struct RequestOutcome: Hashable, Sendable {
    /// Why a request was rejected; the words of `request_outcome.error_code` and of the front's `errorCode`.
    package enum Rejection: String, Sendable, CaseIterable {
        case goalNotFound = "GOAL_NOT_FOUND"
        case goalNotActive = "GOAL_NOT_ACTIVE"
        case alreadyClaimed = "ALREADY_CLAIMED"
        case goalNotCompleted = "GOAL_NOT_COMPLETED"
        case prerequisitesNotMet = "PREREQUISITES_NOT_MET"
    }

    /// Index into the batch's `PlayerTable`.
    package let player: UInt32
    /// The request event's id; unique for a player, not beyond.
    package let eventID: [UInt8]
    /// Nil when applied.
    package let rejection: Rejection?
    /// The event's time.
    package let decidedAt: Timestamp

    package init(player: UInt32, eventID: [UInt8], rejection: Rejection?, decidedAt: Timestamp) {
        self.player = player
        self.eventID = eventID
        self.rejection = rejection
        self.decidedAt = decidedAt
    }

    /// How long an id counts as decided, measured against the player's newest request: 30 days.
    ///
    /// Relative to the log's own times, never to a clock, so that a rebuild decides alike.
    package static let retentionSeconds: Int64 = 30 * 86_400
}

/// One row of the outbox `reward_grant`: a reward owed for one applied claim.
package struct RewardGrant: Hashable, Sendable {
    package let player: UInt32
    package let claimEventID: [UInt8]
    /// Index into `ChallengeSet.goals`.
    package let goal: UInt32
    /// The reward as it was when claimed.
    package let reward: Reward
    package let claimedAt: Timestamp

    package init(player: UInt32, claimEventID: [UInt8], goal: UInt32, reward: Reward, claimedAt: Timestamp) {
        self.player = player
        self.claimEventID = claimEventID
        self.goal = goal
        self.reward = reward
        self.claimedAt = claimedAt
    }
}

/// A `rewardDelivered` event: the reward of that claim reached the player.
package struct RewardDelivery: Hashable, Sendable {
    package let player: UInt32
    package let claimEventID: [UInt8]
    package let deliveredAt: Timestamp

    package init(player: UInt32, claimEventID: [UInt8], deliveredAt: Timestamp) {
        self.player = player
        self.claimEventID = claimEventID
        self.deliveredAt = deliveredAt
    }
}
