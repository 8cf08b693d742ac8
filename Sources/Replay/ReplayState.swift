package import Fold
package import Goals

/// How much of the players a state keeps.
package enum Detail: Sendable {
    /// Progress rows and players; of requests only what later decisions need.
    case rows
    /// Outcomes and grants, too: all that the tables hold.
    case everything
}

/// The folded state of some players: what the tables would hold of them, in memory.
package struct ReplayState: Sendable {
    private struct Entry: Sendable {
        var state: PlayerState
        var rows: [ReplayRow] = []
        var requests: [[UInt8]: ReplayRequest] = [:]
        var newestRequestAt: Timestamp?
        var grants: [[UInt8]: ReplayGrant] = [:]
    }

    package private(set) var catalogue = GoalCatalogue()
    /// What happened since this was last set to `GoalEffects()`.
    package var effects = GoalEffects()
    private let detail: Detail
    private var challenges: ChallengeSet
    private var fold: PlayerFold
    /// Catalogue numbers by index into the set's goals, and back.
    private var goalNumbers: [UInt32] = []
    private var challengeNumbers: [UInt32] = []
    private var goalIndices: [UInt32: UInt32] = [:]
    private var table = PlayerTable()
    private var entries: [Entry] = []
    private var countsBefore = FoldCounts()

    package init(challenges: ChallengeSet, keeping detail: Detail) {
        self.detail = detail
        self.challenges = challenges
        fold = PlayerFold(challenges: challenges)
        use(challenges)
    }

    package var playerCount: Int { entries.count }
    package private(set) var rowCount = 0
    package var byteCount: Int {
        table.byteCount + entries.count * 128 + rowCount * MemoryLayout<ReplayRow>.stride
    }
    package var counts: FoldCounts {
        var counts = countsBefore
        counts.add(fold.counts)
        return counts
    }

    /// Makes the log's next configuration govern all that follows.
    package mutating func use(_ challenges: ChallengeSet) {
        countsBefore.add(fold.counts)
        self.challenges = challenges
        fold = PlayerFold(challenges: challenges)
        catalogue.add(challenges)
        goalNumbers = challenges.goals.map { catalogue.goalNumber($0.id) ?? 0 }
        challengeNumbers = challenges.challenges.map { catalogue.challengeNumber($0.id) ?? 0 }
        goalIndices = Dictionary(
            uniqueKeysWithValues: goalNumbers.enumerated().map { ($0.element, UInt32($0.offset)) }
        )
    }

    /// Applies the events of one batch, which was parsed with the configuration in use.
    package mutating func apply(_ events: PartitionEvents) {
        let groups = events.grouped()
        for player in 0..<events.players.count {
            let id = events.players.id(UInt32(player))
            for position in groups.starts[player]..<groups.starts[player + 1] {
                apply(events.events[Int(groups.order[position])], events.requests, id)
            }
        }
    }

    private mutating func apply(_ event: FoldEvent, _ requests: [FoldRequest], _ id: Identifier) {
        let known = table.existingIndex(of: id)
        let number = known ?? table.index(of: id)
        if known == nil {
            entries.append(Entry(state: PlayerState(firstEventAt: event.time, lastEventAt: event.time)))
        }
        var entry = entries[Int(number)]
        entries[Int(number)].rows = []
        fold.begin(
            player: event.player,
            state: known == nil ? nil : entry.state,
            rows: entry.rows.compactMap { row in
                goalIndices[row.goal].map { row.progressRow(player: event.player, goal: $0) }
            }
        )
        for request in entry.requests.values {
            fold.remember(
                decided: DecidedRequest(
                    player: event.player,
                    eventID: request.eventID,
                    decidedAt: request.decidedAt
                )
            )
        }
        fold.remember(newestRequest: entry.newestRequestAt)
        var change = PartitionChange()
        fold.apply(event, requests: requests, to: &change)
        fold.end(into: &change, isNew: known == nil)
        write(change, to: &entry)
        count(event, requests, change)
        entries[Int(number)] = entry
    }

    private mutating func write(_ change: PartitionChange, to entry: inout Entry) {
        for (_, state, _) in change.players { entry.state = state }
        for row in change.newRows + change.changedRows {
            let goal = goalNumbers[Int(row.goal)]
            let challenge = challengeNumbers[challenges.goals[Int(row.goal)].challenge]
            let after = ReplayRow(row, goal: goal, challenge: challenge)
            let position = entry.rows.firstIndex { $0.goal == goal }
            countRow(position.map { entry.rows[$0] }, after, row.updatedAt)
            if let position {
                entry.rows[position] = after
            } else {
                entry.rows.append(after)
                rowCount += 1
            }
        }
        for outcome in change.outcomes {
            entry.requests[outcome.eventID] = ReplayRequest(
                eventID: outcome.eventID,
                rejection: outcome.rejection,
                decidedAt: outcome.decidedAt
            )
        }
        for (_, horizon) in change.outcomeHorizons {
            entry.requests = entry.requests.filter { $0.value.decidedAt >= horizon }
        }
        entry.newestRequestAt = entry.requests.values.map(\.decidedAt).max()
        for grant in change.grants where entry.grants[grant.claimEventID] == nil {
            entry.grants[grant.claimEventID] = ReplayGrant(
                claimEventID: grant.claimEventID,
                goal: goalNumbers[Int(grant.goal)],
                reward: grant.reward,
                claimedAt: grant.claimedAt
            )
            effects.countReward(grant.reward)
        }
        for delivery in change.earlyDeliveries + change.deliveries
        where entry.grants[delivery.claimEventID]?.deliveredAt == nil {
            entry.grants[delivery.claimEventID]?.deliveredAt = delivery.deliveredAt
        }
    }

    private mutating func countRow(_ before: ReplayRow?, _ after: ReplayRow, _ time: Timestamp) {
        if before?.status ?? .notStarted == .notStarted, after.status != .notStarted {
            effects.countStarted(after.goal, on: time.day)
        }
        if let completedAt = after.completedAt, completedAt != before?.completedAt {
            effects.countCompleted(after.goal, at: completedAt, assignedAt: after.assignedAt)
        }
        if let claimedAt = after.claimedAt, claimedAt != before?.claimedAt || before?.status != .claimed {
            effects.countClaimed(after.goal, on: claimedAt.day)
        }
    }

    private mutating func count(_ event: FoldEvent, _ requests: [FoldRequest], _ change: PartitionChange) {
        guard case .claim(let index) = event.action else { return }
        // The id may be that of an activation decided before; only a decision of this event has its time.
        guard let rejection = change.outcomes.first?.rejection else { return }
        effects.countRejectedClaim(requests[Int(index)].goal.map { goalNumbers[Int($0)] }, rejection)
    }

    // MARK: Players

    /// Puts a restored player in; its numbers are this state's. There must be no player of this id yet.
    package mutating func insert(_ player: ReplayPlayer) {
        precondition(table.existingIndex(of: player.id) == nil, "a player is restored twice")
        _ = table.index(of: player.id)
        var entry = Entry(state: player.state)
        entry.rows = player.rows
        for request in player.requests { entry.requests[request.eventID] = request }
        entry.newestRequestAt = player.newestRequestAt
        for grant in player.grants { entry.grants[grant.claimEventID] = grant }
        entries.append(entry)
        rowCount += player.rows.count
    }

    /// Numbers of all players in the order of their ids' bytes.
    package func playerNumbersInIDOrder() -> [UInt32] { table.indicesInIDOrder() }

    package func id(_ number: UInt32) -> ArraySlice<UInt8> { table.idBytes(number) }

    package func playerNumber(_ id: Identifier) -> UInt32? { table.existingIndex(of: id) }

    package func player(_ number: UInt32) -> ReplayPlayer {
        let entry = entries[Int(number)]
        let isWhole = detail == .everything
        return ReplayPlayer(
            id: table.id(number),
            state: entry.state,
            newestRequestAt: entry.newestRequestAt,
            rows: entry.rows.sorted { catalogue.goals[Int($0.goal)] < catalogue.goals[Int($1.goal)] },
            requests: isWhole
                ? entry.requests.values.sorted { $0.eventID.lexicographicallyPrecedes($1.eventID) } : [],
            grants: isWhole
                ? entry.grants.values.sorted { $0.claimEventID.lexicographicallyPrecedes($1.claimEventID) }
                : []
        )
    }
}
