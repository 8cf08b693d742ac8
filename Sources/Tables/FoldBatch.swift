import Goals
import Postgres

/// One batch for one partition: what its reader and its writer both need.
struct FoldBatch: Sendable {
    /// Up to so many players, each is looked up by its key instead of reading the leaf.
    static let smallPlayersMax = 1000

    let partition: PartitionWatermark
    let players: PlayerTable
    let challenges: ChallengeSet
    let namespace: Identifier
    /// The players at hand, by index: a batch is read, folded and written some players at a time.
    var chosen: Range<UInt32>

    init(
        partition: PartitionWatermark,
        players: PlayerTable,
        challenges: ChallengeSet,
        namespace: Identifier
    ) {
        self.partition = partition
        self.players = players
        self.challenges = challenges
        self.namespace = namespace
        chosen = 0..<UInt32(players.count)
    }

    var isSmall: Bool { chosen.count <= Self.smallPlayersMax }

    /// The chosen players' ids, in index order.
    var playerIDs: Parameter { ids(of: chosen) }

    /// Every goal's id, in index order.
    var goalIDs: Parameter {
        var ids = ArrayColumn(.text, capacity: challenges.goals.count * 4)
        for goal in challenges.goals { ids.append(text: goal.id.utf8) }
        return .array(ids)
    }

    /// The ids of some players, in their order.
    func ids(of chosen: some Collection<UInt32>) -> Parameter {
        var ids = ArrayColumn(.text, capacity: chosen.count * 4)
        for player in chosen { ids.append(text: players.idBytes(player)) }
        return .array(ids)
    }

    /// Throws when a player belongs to another partition: a leaf must never be asked about a stranger.
    func checkRouting() throws(TablesError) {
        for player in 0..<UInt32(players.count) {
            let hash = PartitionHash.hash(players.idBytes(player).span)
            guard hash % UInt64(partition.modulus) == UInt64(partition.remainder) else {
                throw .inconsistent(
                    "player \(players.id(player)) does not belong to partition \(partition.partition)"
                )
            }
        }
    }
}
