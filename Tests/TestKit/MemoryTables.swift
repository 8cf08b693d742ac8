package import Fold
package import Goals

/// The tables as dictionaries: what one partitioned database would hold, to run the fold without PostgreSQL.
package struct MemoryTables: Sendable {
    package struct Key: Hashable, Sendable {
        package let user: Identifier
        package let goal: Identifier
    }
    package struct RequestKey: Hashable, Sendable {
        package let user: Identifier
        package let event: [UInt8]
    }
    package struct Grant: Hashable, Sendable {
        package let goal: Identifier
        package let reward: Reward
        package let claimedAt: Timestamp
        package var deliveredAt: Timestamp?
    }

    package private(set) var rows: [Key: ProgressRow] = [:]
    package private(set) var players: [Identifier: PlayerState] = [:]
    package private(set) var outcomes: [RequestKey: RequestOutcome] = [:]
    package private(set) var grants: [RequestKey: Grant] = [:]
    package private(set) var counts = FoldCounts()

    package init() {}

    /// Folds lines `range` of the log with one configuration into `partitions` partitions.
    package mutating func fold(
        _ lines: [[UInt8]],
        _ range: Range<Int>,
        challenges: ChallengeSet,
        partitions: Int,
        playersAtOnce: Int
    ) {
        var batch = EventBatch(
            challenges: challenges,
            watermarks: Array(repeating: UInt64(range.lowerBound), count: partitions)
        )
        for offset in range {
            let line = lines[offset]
            batch.append(record: line.span, offset: UInt64(offset))
        }
        fold(batch, challenges: challenges, playersAtOnce: playersAtOnce)
    }

    /// Folds a batch that `challenges` govern.
    package mutating func fold(_ batch: EventBatch, challenges: ChallengeSet, playersAtOnce: Int) {
        for events in batch.partitions {
            let fold = PartitionFold(events, challenges: challenges)
            var start = 0
            while start < events.players.count {
                let end = min(start + playersAtOnce, events.players.count)
                let (change, counts) = fold.change(
                    players: start..<end,
                    prior: prior(events, start..<end, challenges)
                )
                write(change, events.players, challenges)
                self.counts.add(counts)
                start = end
            }
        }
    }

    private func prior(
        _ events: PartitionEvents,
        _ range: Range<Int>,
        _ challenges: ChallengeSet
    ) -> PartitionPrior {
        var prior = PartitionPrior(playerCount: events.players.count)
        for player in range {
            let user = events.players.id(UInt32(player))
            prior.players[player] = players[user]
            // Backwards, for rows may come in any order.
            for goal in challenges.goals.indices.reversed() {
                guard var row = rows[Key(user: user, goal: challenges.goals[goal].id)] else { continue }
                row.player = UInt32(player)
                row.goal = UInt32(goal)
                prior.rows.append(row)
            }
            let asked = events.requests.filter { $0.player == UInt32(player) }
            guard !asked.isEmpty else { continue }
            for event in Set(asked.map(\.eventID)) {
                guard let outcome = outcomes[RequestKey(user: user, event: event)] else { continue }
                prior.decided.append(
                    DecidedRequest(player: UInt32(player), eventID: event, decidedAt: outcome.decidedAt)
                )
            }
            let newest = outcomes.filter { $0.key.user == user }.map(\.value.decidedAt).max()
            prior.newestRequests[UInt32(player)] = newest
        }
        return prior
    }

    private mutating func write(_ change: PartitionChange, _ table: PlayerTable, _ challenges: ChallengeSet) {
        for row in change.newRows {
            let key = Key(user: table.id(row.player), goal: challenges.goals[Int(row.goal)].id)
            precondition(rows[key] == nil, "a new row was there before")
            rows[key] = row
        }
        for row in change.changedRows {
            let key = Key(user: table.id(row.player), goal: challenges.goals[Int(row.goal)].id)
            precondition(rows[key] != nil, "a changed row was not there before")
            rows[key] = row
        }
        for (player, state, isNew) in change.players {
            precondition((players[table.id(player)] == nil) == isNew, "a player is new who is known")
            players[table.id(player)] = state
        }
        for outcome in change.outcomes {
            outcomes[RequestKey(user: table.id(outcome.player), event: outcome.eventID)] = outcome
        }
        for (player, horizon) in change.outcomeHorizons {
            let user = table.id(player)
            let old = outcomes.filter { $0.key.user == user && $0.value.decidedAt < horizon }
            for key in old.keys { outcomes[key] = nil }
        }
        for delivery in change.earlyDeliveries {
            let key = RequestKey(user: table.id(delivery.player), event: delivery.claimEventID)
            if grants[key]?.deliveredAt == nil { grants[key]?.deliveredAt = delivery.deliveredAt }
        }
        for grant in change.grants {
            let key = RequestKey(user: table.id(grant.player), event: grant.claimEventID)
            guard grants[key] == nil else { continue }
            grants[key] = Grant(
                goal: challenges.goals[Int(grant.goal)].id,
                reward: grant.reward,
                claimedAt: grant.claimedAt
            )
        }
        for delivery in change.deliveries {
            let key = RequestKey(user: table.id(delivery.player), event: delivery.claimEventID)
            if grants[key]?.deliveredAt == nil { grants[key]?.deliveredAt = delivery.deliveredAt }
        }
    }

    /// The first thing in which the tables differ from `other`, numbers within batches apart; nil where nothing does.
    package func difference(from other: MemoryTables) -> String? {
        if players != other.players { return "players differ" }
        if grants != other.grants { return "grants differ" }
        guard rows.count == other.rows.count else { return "\(rows.count) rows, not \(other.rows.count)" }
        for (key, row) in rows {
            guard var expected = other.rows[key] else {
                return "the row of \(key.user) \(key.goal) is too much"
            }
            (expected.player, expected.goal) = (row.player, row.goal)
            guard row == expected else { return "the row of \(key.user) \(key.goal) is another one" }
        }
        guard outcomes.count == other.outcomes.count else {
            return "\(outcomes.count) outcomes, not \(other.outcomes.count)"
        }
        for (key, outcome) in outcomes {
            guard let expected = other.outcomes[key], expected.rejection == outcome.rejection,
                expected.decidedAt == outcome.decidedAt
            else { return "the outcome of \(key.user)'s request is another one" }
        }
        return nil
    }
}
