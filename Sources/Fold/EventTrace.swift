package import Goals

/// What one event did to its player, goal by goal, or why it did nothing.
package struct EventTrace: Sendable {
    /// What an event did to one of the goals that it concerns.
    package struct Effect: Hashable, Sendable {
        /// Index into `ChallengeSet.goals`.
        package let goal: UInt32
        /// The goal's row before the event; where the player had none, what holds by default.
        package let before: ProgressRow
        /// Whether `before` was a row, not the default.
        package let hadRow: Bool
        package let after: ProgressRow
        /// Why nothing was applied; nil where something was, and where a request was decided.
        package let ignored: FoldCounts.Ignored?

        package var isChange: Bool { before != after }
    }

    /// What became of a request.
    package enum Decision: Hashable, Sendable {
        case applied
        case rejected(RequestOutcome.Rejection)
    }

    /// Each goal the event concerns, in configuration order.
    package var effects: [Effect] = []
    /// Why the event concerned no goal at all: no goal counts its stat, or its request was decided before.
    package var ignored: FoldCounts.Ignored?
    /// Set for a request that was decided now.
    package var decision: Decision?
    /// The grant that a claim made.
    package var grant: RewardGrant?
    /// For a delivery: whether the player has a grant of that claim which was not delivered yet.
    package var isDelivered: Bool?
}

extension PlayerFold {
    /// Does what `apply` does, by the same rules, and says what that was; for looking at players one by one.
    package mutating func traced(
        _ event: FoldEvent,
        requests: [FoldRequest],
        to change: inout PartitionChange
    ) -> EventTrace {
        var trace = EventTrace()
        switch event.action {
        case .login:
            hear(of: event)
            trace.effects = loginGoals.map { tracedSignal($0, value: nil, at: event.time) }
        case .stat(let stat?, let value):
            hear(of: event)
            trace.effects = challenges.statGoals[Int(stat)].map {
                tracedSignal($0, value: value, at: event.time)
            }
        case .stat(nil, _):
            apply(event, requests: requests, to: &change)
            trace.ignored = .noGoal
        case .activation(let index, _), .claim(let index):
            trace = tracedRequest(event, requests[Int(index)], requests, &change)
        case .delivery: apply(event, requests: requests, to: &change)
        }
        return trace
    }

    private mutating func tracedSignal(_ goal: Int, value: Double?, at time: Timestamp) -> EventTrace.Effect {
        let (position, before) = row(goal, at: time)
        let countsBefore = counts
        signal(goal, value: value, at: time)
        return EventTrace.Effect(
            goal: UInt32(goal),
            before: before,
            hadRow: position != nil,
            after: row(goal, at: time).row,
            ignored: FoldCounts.Ignored.allCases.first { counts[$0] != countsBefore[$0] }
        )
    }

    private mutating func tracedRequest(
        _ event: FoldEvent,
        _ request: FoldRequest,
        _ requests: [FoldRequest],
        _ change: inout PartitionChange
    ) -> EventTrace {
        var trace = EventTrace()
        let found = request.goal.map { row(Int($0), at: event.time) }
        let (decided, grants) = (outcomes.count, change.grants.count)
        apply(event, requests: requests, to: &change)
        guard outcomes.count > decided, let outcome = outcomes.last else {
            trace.ignored = .duplicateRequest
            return trace
        }
        trace.decision = outcome.rejection.map { .rejected($0) } ?? .applied
        if change.grants.count > grants { trace.grant = change.grants.last }
        if let goal = request.goal, let found {
            trace.effects = [
                EventTrace.Effect(
                    goal: goal,
                    // A first event is what assigns default goals: look again where there was no row.
                    before: found.position == nil ? defaultRow(Int(goal), at: event.time) : found.row,
                    hadRow: found.position != nil,
                    after: row(Int(goal), at: event.time).row,
                    ignored: nil
                )
            ]
        }
        return trace
    }
}
