internal import Goals

/// What an answer shows of one goal, but for `locked`, which depends on other goals.
struct ShownGoal: Hashable {
    var progress: Int32 = 0
    var status: GoalStatus = .notStarted
    var isActive: Bool
    var assignedAt: Timestamp?
    var completedAt: Timestamp?
    var claimedAt: Timestamp?

    /// A goal without progress and times.
    init(isActive: Bool) { self.isActive = isActive }

    /// A goal without a row: default goals were assigned with the player's first event; nil for a player
    /// without events.
    init(_ goal: Goal, firstEventAt: Timestamp?) {
        isActive = goal.isDefaultAssigned
        assignedAt = goal.isDefaultAssigned ? firstEventAt : nil
    }

    /// A goal with a row.
    init(row: ProgressRow, isDaily: Bool, publishDay: UTCDay) {
        isActive = row.isActive
        assignedAt = row.assignedAt
        if isDaily, let completedAt = row.completedAt, completedAt.day < publishDay { return }
        progress = row.progress
        status = row.status
        completedAt = row.completedAt
        claimedAt = row.claimedAt
    }

    /// Counts as done for the goals that require it.
    var isDone: Bool { status == .completed || status == .claimed }
}
