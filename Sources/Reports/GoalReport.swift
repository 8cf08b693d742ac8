package import Goals

/// What a report says of one goal.
package struct GoalReport: Sendable {
    package let id: Identifier
    package let challenge: Identifier
    /// As the configuration names it; the id where it has no name.
    package let name: String
    package let funnel: GoalFunnel
    /// From assignment to completion.
    package let times: SpanHistogram

    package init(
        id: Identifier,
        challenge: Identifier,
        name: String,
        funnel: GoalFunnel,
        times: SpanHistogram
    ) {
        self.id = id
        self.challenge = challenge
        self.name = name
        self.funnel = funnel
        self.times = times
    }
}

/// Players by how far they got with a goal at the end of the span; each count includes the ones after it.
package struct GoalFunnel: Hashable, Sendable {
    /// Players for whom it is or was active.
    package var assigned: Int64
    /// Players with some progress.
    package var started: Int64
    package var completed: Int64
    package var claimed: Int64

    package init(assigned: Int64 = 0, started: Int64 = 0, completed: Int64 = 0, claimed: Int64 = 0) {
        self.assigned = assigned
        self.started = started
        self.completed = completed
        self.claimed = claimed
    }

    /// The counts in the order of their names in ``steps``.
    package var counts: [Int64] { [assigned, started, completed, claimed] }
    package static let steps = ["assigned", "started", "completed", "claimed"]

    package static func + (left: GoalFunnel, right: GoalFunnel) -> GoalFunnel {
        GoalFunnel(
            assigned: left.assigned + right.assigned,
            started: left.started + right.started,
            completed: left.completed + right.completed,
            claimed: left.claimed + right.claimed
        )
    }
}
