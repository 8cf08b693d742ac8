package import Goals

/// What happened on one UTC day, over all goals.
package struct DayTotals: Hashable, Sendable {
    package let day: UTCDay
    package let started: Int64
    package let completed: Int64
    package let claimed: Int64

    package init(day: UTCDay, started: Int64, completed: Int64, claimed: Int64) {
        self.day = day
        self.started = started
        self.completed = completed
        self.claimed = claimed
    }
}
