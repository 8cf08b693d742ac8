package import Goals

/// The events of one batch that belong to one partition, in log order.
package struct PartitionEvents: Sendable {
    package private(set) var players = PlayerTable()
    package private(set) var events: [FoldEvent] = []
    package private(set) var requests: [FoldRequest] = []
    private var requestBytes = 0

    package init() {}

    /// Bytes held, for the batch's limit.
    package var byteCount: Int {
        events.count * MemoryLayout<FoldEvent>.stride + players.byteCount + requestBytes
    }

    mutating func player(_ id: Span<UInt8>, hash: UInt64) -> UInt32 { players.index(of: id, hash: hash) }

    mutating func append(_ event: FoldEvent) { events.append(event) }

    /// Keeps a request's ids; the result goes into its event's action.
    mutating func append(_ request: FoldRequest) -> UInt32 {
        requests.append(request)
        requestBytes += MemoryLayout<FoldRequest>.stride + request.eventID.count + 32
        return UInt32(requests.count - 1)
    }

    /// The same events grouped by player, each player's in log order, and where each player's begin.
    ///
    /// Players do not touch each other, so a group at a time gives the same rows as the log's order.
    package func grouped() -> PlayerGroups {
        var starts = [Int](repeating: 0, count: players.count + 1)
        for event in events { starts[Int(event.player) + 1] += 1 }
        for player in 0..<players.count { starts[player + 1] += starts[player] }
        var next = starts
        var order = [UInt32](repeating: 0, count: events.count)
        for (index, event) in events.enumerated() {
            order[next[Int(event.player)]] = UInt32(index)
            next[Int(event.player)] += 1
        }
        return PlayerGroups(order: order, starts: starts)
    }
}

/// Event indices by player: player p's are `order[starts[p]..<starts[p + 1]]`, in log order.
package struct PlayerGroups: Sendable {
    package let order: [UInt32]
    package let starts: [Int]
}

/// Folds a partition's batch, some players at a time, so that memory is bounded by players times goals.
package struct PartitionFold: Sendable {
    private let events: PartitionEvents
    private let groups: PlayerGroups
    private let challenges: ChallengeSet

    package init(_ events: PartitionEvents, challenges: ChallengeSet) {
        self.events = events
        self.challenges = challenges
        groups = events.grouped()
    }

    /// Folds the players whose numbers are in `range` on top of what the tables hold of them.
    ///
    /// `prior.rows` may come in any order and hold rows of players in `range` only.
    package func change(
        players range: Range<Int>,
        prior: PartitionPrior
    ) -> (change: PartitionChange, counts: FoldCounts) {
        var change = PartitionChange()
        var fold = PlayerFold(challenges: challenges)
        let rows = Self.rowsByPlayer(prior.rows, range)
        let decided = Dictionary(grouping: prior.decided, by: \.player)
        for player in range {
            let index = UInt32(player)
            let state = prior.players[player]
            fold.begin(player: index, state: state, rows: rows.of(player).map { prior.rows[Int($0)] })
            for request in decided[index] ?? [] { fold.remember(decided: request) }
            fold.remember(newestRequest: prior.newestRequests[index])
            for position in groups.starts[player]..<groups.starts[player + 1] {
                fold.apply(
                    events.events[Int(groups.order[position])],
                    requests: events.requests,
                    to: &change
                )
            }
            fold.end(into: &change, isNew: state == nil)
        }
        return (change, fold.counts)
    }

    /// Row indices grouped by player.
    private struct RowGroups {
        let first: Int
        let starts: [Int]
        let order: [UInt32]
        func of(_ player: Int) -> ArraySlice<UInt32> {
            order[starts[player - first]..<starts[player - first + 1]]
        }
    }

    private static func rowsByPlayer(_ rows: [ProgressRow], _ range: Range<Int>) -> RowGroups {
        var starts = [Int](repeating: 0, count: range.count + 1)
        for row in rows { starts[Int(row.player) - range.lowerBound + 1] += 1 }
        for player in 0..<range.count { starts[player + 1] += starts[player] }
        var next = starts
        var order = [UInt32](repeating: 0, count: rows.count)
        for (index, row) in rows.enumerated() {
            let player = Int(row.player) - range.lowerBound
            order[next[player]] = UInt32(index)
            next[player] += 1
        }
        return RowGroups(first: range.lowerBound, starts: starts, order: order)
    }
}
