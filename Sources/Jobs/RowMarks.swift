import Replay

/// One bit a row of some states, in a few megabytes for tens of millions: which rows were met.
struct RowMarks {
    /// By shard, then by player number: the place of the player's first row.
    private let starts: [[Int]]
    private var words: [UInt64]

    init(_ states: [ReplayState]) {
        var next = 0
        let ranks = states.first?.goalRanks() ?? []
        starts = states.map { state in
            (0..<UInt32(state.playerCount)).map { number in
                defer { next += state.player(number, ranks: ranks).rows.count }
                return next
            }
        }
        words = Array(repeating: 0, count: (next + 63) / 64)
    }

    /// Marks the row at `position` among those of a player.
    mutating func mark(shard: Int, player: UInt32, position: Int) {
        let place = starts[shard][Int(player)] + position
        words[place / 64] |= 1 << UInt64(place % 64)
    }

    func isMarked(shard: Int, player: UInt32, position: Int) -> Bool {
        let place = starts[shard][Int(player)] + position
        return words[place / 64] & (1 << UInt64(place % 64)) != 0
    }
}
