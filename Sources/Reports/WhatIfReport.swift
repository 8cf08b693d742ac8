package import Goals

/// What another configuration would have changed.
package struct WhatIfReport: Sendable {
    /// One goal under both configurations; a goal that one of them lacks has zeros there.
    package struct GoalChange: Sendable {
        package let id: Identifier
        package let challenge: Identifier
        package let name: String
        package let presence: Presence
        package var completedBefore: Int64 = 0
        package var completedAfter: Int64 = 0
        /// Players who have completed it only after, and only before.
        package var completionsGained: Int64 = 0
        package var completionsLost: Int64 = 0
        package var claimedBefore: Int64 = 0
        package var claimedAfter: Int64 = 0
        package var claimsGained: Int64 = 0
        package var claimsLost: Int64 = 0
        /// Players whose row of this goal differs in any field.
        package var playersAffected: Int64 = 0

        package init(id: Identifier, challenge: Identifier, name: String, presence: Presence) {
            self.id = id
            self.challenge = challenge
            self.name = name
            self.presence = presence
        }
    }

    /// Which of the two configurations have a goal.
    package enum Presence: String, Sendable { case both, added, removed }

    /// What was granted of one reward under both configurations.
    package struct RewardChange: Sendable {
        package let kind: String
        package let id: String
        package let before: Int64
        package let after: Int64

        package init(kind: String, id: String, before: Int64, after: Int64) {
            self.kind = kind
            self.id = id
            self.before = before
            self.after = after
        }
    }

    package let goals: [GoalChange]
    package let rewards: [RewardChange]
    /// Players with a difference in any goal.
    package let playersAffected: Int64

    package init(goals: [GoalChange], rewards: [RewardChange], playersAffected: Int64) {
        self.goals = goals
        self.rewards = rewards
        self.playersAffected = playersAffected
    }
}
