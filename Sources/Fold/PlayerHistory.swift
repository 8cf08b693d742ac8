package import Goals

/// One player's events folded one after another over all configurations of the log, each with what it did.
///
/// Holds all that the tables hold of the player, with ids instead of numbers, for a goal's number changes with
/// the configuration.
package struct PlayerHistory: Sendable {
    /// A goal's row with the challenge that it was last changed in; `player` and `goal` of `row` mean nothing.
    package struct GoalRow: Hashable, Sendable {
        package let challenge: Identifier
        package let row: ProgressRow

        package init(challenge: Identifier, row: ProgressRow) {
            self.challenge = challenge
            self.row = row
        }
    }

    /// A grant, by the claim's event id.
    package struct Grant: Hashable, Sendable {
        package let goal: Identifier
        package let reward: Reward
        package let claimedAt: Timestamp
        package var deliveredAt: Timestamp?

        package init(goal: Identifier, reward: Reward, claimedAt: Timestamp, deliveredAt: Timestamp?) {
            self.goal = goal
            self.reward = reward
            self.claimedAt = claimedAt
            self.deliveredAt = deliveredAt
        }
    }

    /// A request's decision, by the event's id.
    package struct Outcome: Hashable, Sendable {
        package let rejection: RequestOutcome.Rejection?
        package let decidedAt: Timestamp

        package init(rejection: RequestOutcome.Rejection?, decidedAt: Timestamp) {
            self.rejection = rejection
            self.decidedAt = decidedAt
        }
    }

    /// All that the tables hold of the player.
    package struct Contents: Hashable, Sendable {
        package var state: PlayerState?
        package var newestRequestAt: Timestamp?
        package var rows: [Identifier: GoalRow] = [:]
        /// Those within retention.
        package var outcomes: [[UInt8]: Outcome] = [:]
        package var grants: [[UInt8]: Grant] = [:]

        package init() {}
    }

    /// What was so when the fold in `fold` began; `contents` has all.
    private var settled: Contents
    private var challenges: ChallengeSet?
    private var fold: PlayerFold?
    private var change = PartitionChange()
    private var countsBefore = FoldCounts()

    /// Starts with what is known of the player, nothing by default.
    package init(_ contents: Contents = Contents()) { settled = contents }

    /// What the events so far did.
    package var counts: FoldCounts {
        var counts = countsBefore
        if let fold { counts.add(fold.counts) }
        return counts
    }

    /// The configuration that governs the next events.
    package mutating func use(_ challenges: ChallengeSet) {
        settle()
        self.challenges = challenges
        fold = nil
    }

    /// Applies the player's next event; `requests` are those of the event's batch, resolved with the configuration
    /// in use.
    package mutating func apply(_ event: FoldEvent, requests: [FoldRequest]) -> EventTrace {
        guard let challenges else { return EventTrace() }
        // Taken out, so that nothing is copied when it changes.
        var fold = self.fold.take() ?? begun(challenges)
        var trace = fold.traced(event, requests: requests, to: &change)
        self.fold = fold
        for grant in change.grants {
            if settled.grants[grant.claimEventID] != nil { trace.grant = nil }
            settled.grants[grant.claimEventID] =
                settled.grants[grant.claimEventID]
                ?? Grant(
                    goal: challenges.goals[Int(grant.goal)].id,
                    reward: grant.reward,
                    claimedAt: grant.claimedAt,
                    deliveredAt: nil
                )
        }
        change.grants = []
        if case .delivery(let index) = event.action {
            let id = requests[Int(index)].eventID
            let isWaiting = settled.grants[id].map { $0.deliveredAt == nil } ?? false
            if isWaiting { settled.grants[id]?.deliveredAt = event.time }
            trace.isDelivered = isWaiting
        }
        return trace
    }

    /// Everything as it is now.
    package mutating func contents() -> Contents {
        settle()
        return settled
    }

    private func begun(_ challenges: ChallengeSet) -> PlayerFold {
        var fold = PlayerFold(challenges: challenges)
        let rows = challenges.goals.enumerated().compactMap { number, goal -> ProgressRow? in
            guard var row = settled.rows[goal.id]?.row else { return nil }
            (row.player, row.goal) = (0, UInt32(number))
            return row
        }
        fold.begin(player: 0, state: settled.state, rows: rows)
        for (id, outcome) in settled.outcomes {
            fold.remember(decided: DecidedRequest(player: 0, eventID: id, decidedAt: outcome.decidedAt))
        }
        fold.remember(newestRequest: settled.newestRequestAt)
        return fold
    }

    /// Takes what the fold in progress did into `settled`; the next event begins another.
    private mutating func settle() {
        guard var fold, let challenges else { return }
        fold.end(into: &change, isNew: settled.state == nil)
        countsBefore.add(fold.counts)
        if let state = fold.state { settled.state = state }
        for row in change.newRows + change.changedRows {
            let goal = challenges.goals[Int(row.goal)]
            let challenge = challenges.challenges[goal.challenge].id
            settled.rows[goal.id] = GoalRow(challenge: challenge, row: row)
        }
        for outcome in change.outcomes {
            settled.outcomes[outcome.eventID] = Outcome(
                rejection: outcome.rejection,
                decidedAt: outcome.decidedAt
            )
        }
        if let horizon = change.outcomeHorizons[0] {
            settled.outcomes = settled.outcomes.filter { $0.value.decidedAt >= horizon }
            settled.newestRequestAt = horizon.adding(seconds: RequestOutcome.retentionSeconds)
        }
        change = PartitionChange()
        self.fold = nil
    }
}
