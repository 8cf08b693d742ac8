/// One row of `user_goal_progress`: a player's state in one goal, with indices where the table has ids.
///
/// Trivially copyable, so that a batch holds millions of them in one array.
package struct ProgressRow: Hashable, Sendable {
    /// Index into the batch's `PlayerTable`.
    package var player: UInt32
    /// Index into `ChallengeSet.goals`.
    package var goal: UInt32
    /// 0 or more; may exceed the goal's target.
    package var progress: Int32
    package var status: GoalStatus
    package var isActive: Bool
    package var assignedAt: Timestamp?
    package var completedAt: Timestamp?
    package var claimedAt: Timestamp?
    /// Time of the event that made the row.
    package var createdAt: Timestamp
    /// Time of the event that last changed the row.
    package var updatedAt: Timestamp
    /// Greatest time of a login or stat applied to the row.
    package var lastEventAt: Timestamp?
    /// Last UTC day that counted, for increment goals with `daily`.
    package var lastCountedOn: UTCDay?

    package init(
        player: UInt32,
        goal: UInt32,
        progress: Int32 = 0,
        status: GoalStatus = .notStarted,
        isActive: Bool,
        assignedAt: Timestamp? = nil,
        completedAt: Timestamp? = nil,
        claimedAt: Timestamp? = nil,
        createdAt: Timestamp,
        updatedAt: Timestamp,
        lastEventAt: Timestamp? = nil,
        lastCountedOn: UTCDay? = nil
    ) {
        self.player = player
        self.goal = goal
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
}
