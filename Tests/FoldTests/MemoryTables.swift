import Fold
import Goals
import TestKit

/// The tables as dictionaries: what one partitioned database would hold, to run the fold without PostgreSQL.
struct MemoryTables {
    struct Key: Hashable {
        let user: Identifier
        let goal: Identifier
    }
    struct RequestKey: Hashable {
        let user: Identifier
        let event: [UInt8]
    }
    struct Grant {
        let goal: Identifier
        let reward: Reward
        let claimedAt: Timestamp
        var deliveredAt: Timestamp?
    }

    var rows: [Key: ProgressRow] = [:]
    var players: [Identifier: PlayerState] = [:]
    var outcomes: [RequestKey: RequestOutcome] = [:]
    var grants: [RequestKey: Grant] = [:]
    var counts = FoldCounts()

    /// Folds lines `range` of the log with one configuration into `partitions` partitions.
    mutating func fold(
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
            outcomes = outcomes.filter { $0.key.user != user || $0.value.decidedAt >= horizon }
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
}
