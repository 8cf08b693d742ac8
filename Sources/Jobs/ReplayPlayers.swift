import Goals
import Replay

/// The players of all shards in the order of their ids' bytes, one at a time: a merge of the shards' own orders.
///
/// So results do not depend on the number of shards. Holds four bytes a player.
struct ReplayPlayers {
    private let states: [ReplayState]
    private let orders: [[UInt32]]
    private var next: [Int]

    init(_ states: [ReplayState]) {
        self.states = states
        orders = states.map { $0.playerNumbersInIDOrder() }
        next = Array(repeating: 0, count: states.count)
    }

    /// The next player with the index of its shard; nil after the last.
    mutating func player() -> (shard: Int, number: UInt32)? {
        var least: Int?
        for shard in states.indices where next[shard] < orders[shard].count {
            guard let other = least else {
                least = shard
                continue
            }
            if id(shard).lexicographicallyPrecedes(id(other)) { least = shard }
        }
        guard let shard = least else { return nil }
        defer { next[shard] += 1 }
        return (shard, orders[shard][next[shard]])
    }

    private func id(_ shard: Int) -> ArraySlice<UInt8> { states[shard].id(orders[shard][next[shard]]) }
}
