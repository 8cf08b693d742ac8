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
///
/// Deterministic as the fold is, and by the same rules; a row takes 32 bytes and little beside.
package struct ReplayState: Sendable {
    /// A kept outcome.
    struct Outcome: Sendable {
        var rejection: RequestOutcome.Rejection?
        var decidedAt: Int64
    }

    struct Grant: Sendable {
        let goal: UInt32
        let reward: UInt32
        let claimedAt: Int64
        /// `OpenRow.none` before the delivery.
        var deliveredAt: Int64
    }

    package private(set) var catalogue: GoalCatalogue
    /// What became of the events, as a fold counts it.
    package var counts = FoldCounts()
    /// What happened since this was last set to `GoalEffects()`.
    package var effects = GoalEffects()
    let detail: Detail
    private(set) var challenges: ChallengeSet
    private(set) var targets: GoalTargets
    private(set) var kinds = RowKinds()
    private var statCodes: [Identifier]
    var players = PlayerRecords()
    var rows = RowPool()
    var outcomes = EventIDTable<Outcome>()
    /// Entries that outcomes may have before those past retention are swept.
    private var outcomesMax = 1 << 12
    var grants = EventIDTable<Grant>()
    /// Rewards of grants by number.
    private var rewards: [Reward] = []
    private var rewardNumbers: [Reward: UInt32] = [:]
    /// Players of the events being applied.
    var numbers: [UInt32] = []
    /// Rows of the goals that the event being applied reaches.
    var places: [UInt32] = []
    /// Keeps first looks at memory from being left out as useless.
    var glances = PlayerRecords.Glances()
    /// The events being applied, player by player, and where each player's begin.
    var found: [FoundEvent] = []
    var starts: [UInt32] = []

    /// A state without players; `catalogue` gives goals their numbers, where a file or another state has some.
    package init(
        challenges: ChallengeSet,
        keeping detail: Detail,
        catalogue: GoalCatalogue = GoalCatalogue()
    ) {
        self.detail = detail
        self.catalogue = catalogue
        self.challenges = challenges
        statCodes = challenges.statCodes
        self.catalogue.add(challenges)
        targets = GoalTargets(challenges, statCodes: statCodes, catalogue: self.catalogue, kinds: &kinds)
    }

    package var playerCount: Int { players.count }
    package var rowCount: Int { rows.rowCount }
    /// Memory that the players, their rows and requests take.
    package var byteCount: Int {
        players.byteCount + rows.byteCount + outcomes.byteCount + grants.byteCount + numbers.capacity * 4
            + found.capacity * MemoryLayout<FoundEvent>.stride + starts.capacity * 4
    }

    /// Makes the log's next configuration govern all that follows.
    ///
    /// `statCodes` are the codes that events number their stats by, the set's own unless given.
    package mutating func use(_ challenges: ChallengeSet, statCodes: [Identifier]? = nil) {
        self.challenges = challenges
        self.statCodes = statCodes ?? challenges.statCodes
        catalogue.add(challenges)
        renewTargets()
    }

    private mutating func renewTargets() {
        targets = GoalTargets(challenges, statCodes: statCodes, catalogue: catalogue, kinds: &kinds)
    }

    mutating func number(reward: Reward) -> UInt32 {
        if let number = rewardNumbers[reward] { return number }
        rewards.append(reward)
        rewardNumbers[reward] = UInt32(rewards.count - 1)
        return UInt32(rewards.count - 1)
    }

    /// Forgets outcomes past their retention whenever their number has doubled since.
    mutating func sweepOutcomes() {
        guard outcomes.count > outcomesMax else { return }
        let players = players
        outcomes.sweep { $0.value.decidedAt >= Self.horizon(players[$0.player].newestRequest) }
        outcomesMax = max(1 << 12, outcomes.count * 2)
    }

    static func horizon(_ newest: Int64) -> Int64 {
        newest == OpenRow.none
            ? newest : newest - RequestOutcome.retentionSeconds * Timestamp.microsecondsPerSecond
    }

    // MARK: Players

    /// Puts a restored player in.
    ///
    /// Its numbers are this state's; there must be no player of this id yet.
    package mutating func insert(_ player: ReplayPlayer) {
        let hash = PartitionHash.hash(player.id.utf8)
        precondition(players.number(of: player.id.utf8.span, hash: hash) == nil, "a player is restored twice")
        let first = player.state.firstEventAt.microseconds
        let last = player.state.lastEventAt.microseconds
        let number = players.add(player.id.utf8.span, hash: hash, first: first, last: last)
        players[number].newestRequest = player.newestRequestAt?.microseconds ?? OpenRow.none
        var directory = players[number].rows
        rows.reserve(player.rows.count, in: &directory)
        let kindsBefore = kinds.goals.count
        for row in player.rows {
            let kind = kinds.kind(goal: row.goal, challenge: row.challenge)
            rows.append(OpenRow(row), kind: kind, to: &directory, first: first)
        }
        players[number].rows = directory
        if kinds.goals.count != kindsBefore { renewTargets() }
        for request in player.requests {
            let outcome = Outcome(rejection: request.rejection, decidedAt: request.decidedAt.microseconds)
            outcomes.add(number, request.eventID.span, outcome)
        }
        for grant in player.grants {
            let reward = self.number(reward: grant.reward)
            let kept = Grant(
                goal: grant.goal,
                reward: reward,
                claimedAt: grant.claimedAt.microseconds,
                deliveredAt: grant.deliveredAt?.microseconds ?? OpenRow.none
            )
            grants.add(number, grant.claimEventID.span, kept)
        }
    }

    /// Numbers of all players in the order of their ids' bytes.
    package func playerNumbersInIDOrder() -> [UInt32] { players.numbersInIDOrder() }

    package func id(_ number: UInt32) -> ArraySlice<UInt8> { players.id(number) }

    package func playerNumber(_ id: Identifier) -> UInt32? {
        players.number(of: id.utf8.span, hash: PartitionHash.hash(id.utf8))
    }

    /// One player; to go through many use `forEachPlayer`, for this one searches all requests.
    package func player(_ number: UInt32) -> ReplayPlayer {
        var player = self.player(number, ranks: goalRanks())
        guard detail == .everything else { return player }
        for index in outcomes.entries.indices where outcomes.entries[index].player == number {
            add(outcome: index, to: &player)
        }
        for index in grants.entries.indices where grants.entries[index].player == number {
            add(grant: index, to: &player)
        }
        Self.sortRequests(&player)
        return player
    }

    /// Every player in the order of the ids' bytes; `isWhole` with requests and grants, whatever the state keeps.
    package func forEachPlayer<Failure: Error>(
        isWhole: Bool? = nil,
        _ body: (ReplayPlayer) throws(Failure) -> Void
    ) throws(Failure) {
        let ranks = goalRanks()
        let isWhole = isWhole ?? (detail == .everything)
        let requests = isWhole ? outcomes.grouped(players: players.count) : (order: [], starts: [])
        let given = isWhole ? grants.grouped(players: players.count) : (order: [], starts: [])
        for number in players.numbersInIDOrder() {
            var player = self.player(number, ranks: ranks)
            if isWhole {
                let index = Int(number)
                for entry in requests.order[requests.starts[index]..<requests.starts[index + 1]] {
                    add(outcome: Int(entry), to: &player)
                }
                for entry in given.order[given.starts[index]..<given.starts[index + 1]] {
                    add(grant: Int(entry), to: &player)
                }
                Self.sortRequests(&player)
            }
            try body(player)
        }
    }

    /// Places of the catalogue's goals in the order of their ids' bytes.
    package func goalRanks() -> [UInt32] {
        var ranks = [UInt32](repeating: 0, count: catalogue.goals.count)
        let order = catalogue.goals.indices.sorted { catalogue.goals[$0] < catalogue.goals[$1] }
        for (rank, goal) in order.enumerated() { ranks[goal] = UInt32(rank) }
        return ranks
    }

    /// One player without requests and grants, for those who go through many; `ranks` is `goalRanks()`.
    package func player(_ number: UInt32, ranks: [UInt32]) -> ReplayPlayer {
        let record = players[number]
        let newest = record.newestRequest
        var player = ReplayPlayer(
            id: Identifier(utf8: Array(players.id(number))),
            state: PlayerState(
                firstEventAt: Timestamp(microseconds: record.first),
                lastEventAt: Timestamp(microseconds: record.last)
            ),
            newestRequestAt: newest == OpenRow.none ? nil : Timestamp(microseconds: newest)
        )
        player.rows.reserveCapacity(Int(record.rows.count))
        for position in 0..<Int(record.rows.count) {
            let kind = Int(rows.kind(position, in: record.rows))
            let row = rows.row(rows.index(position, in: record.rows), first: record.first)
            player.rows.append(row.replayRow(goal: kinds.goals[kind], challenge: kinds.challenges[kind]))
        }
        player.rows.sort { ranks[Int($0.goal)] < ranks[Int($1.goal)] }
        return player
    }

    /// Every row, in whatever order memory has it; without anything made of the players themselves.
    package func forEachRow(_ body: (ReplayRow) -> Void) {
        for number in 0..<UInt32(players.count) {
            let record = players[number]
            for position in 0..<Int(record.rows.count) {
                let kind = Int(rows.kind(position, in: record.rows))
                let row = rows.row(rows.index(position, in: record.rows), first: record.first)
                body(row.replayRow(goal: kinds.goals[kind], challenge: kinds.challenges[kind]))
            }
        }
    }

    private func add(outcome index: Int, to player: inout ReplayPlayer) {
        let outcome = outcomes[index]
        let newest = player.newestRequestAt?.microseconds ?? OpenRow.none
        guard outcome.decidedAt >= Self.horizon(newest) else { return }
        player.requests.append(
            ReplayRequest(
                eventID: Array(outcomes.id(index)),
                rejection: outcome.rejection,
                decidedAt: Timestamp(microseconds: outcome.decidedAt)
            )
        )
    }

    private func add(grant index: Int, to player: inout ReplayPlayer) {
        let grant = grants[index]
        player.grants.append(
            ReplayGrant(
                claimEventID: Array(grants.id(index)),
                goal: grant.goal,
                reward: rewards[Int(grant.reward)],
                claimedAt: Timestamp(microseconds: grant.claimedAt),
                deliveredAt: grant.deliveredAt == OpenRow.none
                    ? nil : Timestamp(microseconds: grant.deliveredAt)
            )
        )
    }

    private static func sortRequests(_ player: inout ReplayPlayer) {
        player.requests.sort { $0.eventID.lexicographicallyPrecedes($1.eventID) }
        player.grants.sort { $0.claimEventID.lexicographicallyPrecedes($1.claimEventID) }
    }
}
