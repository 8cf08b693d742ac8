import Goals
import Replay
import Tables

/// Sums up the checksums of one partition's leaves, player by player, and finds the players that differ from the
/// log's.
struct PartitionScanner {
    /// Unknown players and strangers whose ids are kept; beyond them one more run is needed.
    static let idsMax = 1_000_000

    private let partition: PartitionWatermark
    private let namespace: [UInt8]
    private let choice: PlayerChoice
    /// The log's players, numbered on through all states.
    private var players = PlayerTable()
    private var expected: [UInt64] = []
    private var sums: [UInt64] = []
    private var goals = PlayerTable()
    private var challenges = PlayerTable()
    /// Players that the log does not know.
    private(set) var unknown: Set<Identifier> = []
    /// Ids that belong to another partition.
    private(set) var strangers: Set<Identifier> = []
    /// Whether there were more ids than `idsMax`.
    private(set) var isTruncated = false
    /// Players whose change publish would miss.
    private(set) var lost: Set<UInt32> = []

    /// The player that the last row was of, since rows of one player often lie together.
    private var lastUser: [UInt8] = []
    private var lastNumber: UInt32?

    /// `states` hold the partition's players; the catalogue must be the same in all of them.
    init(
        _ partition: PartitionWatermark,
        states: [ReplayState],
        namespace: Identifier,
        choice: PlayerChoice
    ) {
        self.partition = partition
        self.namespace = namespace.utf8
        self.choice = choice
        for state in states {
            state.forEachPlayer { player in
                _ = players.index(of: player.id)
                expected.append(RowChecksum.player(player))
            }
        }
        if let catalogue = states.first?.catalogue {
            for goal in catalogue.goals { _ = goals.index(of: goal) }
            for challenge in catalogue.challenges { _ = challenges.index(of: challenge) }
        }
        sums = Array(repeating: 0, count: expected.count)
    }

    /// The log's players.
    var playerCount: Int { expected.count }

    /// Players whose sums differ, or whose change is lost.
    var differing: Set<Identifier> {
        let numbers = (0..<UInt32(expected.count)).filter {
            expected[Int($0)] != sums[Int($0)] || lost.contains($0)
        }
        return Set(numbers.map { players.id($0) })
    }

    mutating func add(_ block: ScanBlock<ScannedProgress>) {
        for row in block.rows {
            guard let number = number(row.user, block.bytes) else { continue }
            sums[Int(number)] &+= RowChecksum.progress(
                row,
                goal: Self.number(row.goal, block.bytes, in: goals),
                challenge: Self.number(row.challenge, block.bytes, in: challenges),
                isOwnNamespace: block.bytes[row.namespace].elementsEqual(namespace)
            )
        }
    }

    mutating func add(_ block: ScanBlock<ScannedPlayer>) {
        for row in block.rows {
            // A change of a player whom no table knows tells publish that he is gone.
            if row.firstEventAt == ScannedTime.none, row.changeSequence <= Int64(clamping: partition.sequence)
            {
                let user = block.bytes.span.extracting(row.user)
                let hash = PartitionHash.hash(user)
                let isOwn = hash % UInt64(partition.modulus) == UInt64(partition.remainder)
                if isOwn, players.existingIndex(of: user, hash: hash) == nil { continue }
            }
            guard let number = number(row.user, block.bytes) else { continue }
            if row.firstEventAt != ScannedTime.none {
                sums[Int(number)] &+= RowChecksum.player(first: row.firstEventAt, last: row.lastEventAt)
            }
            if row.changeSequence == ScannedTime.none
                || row.changeSequence > Int64(clamping: partition.sequence)
            {
                lost.insert(number)
            }
        }
    }

    mutating func add(_ block: ScanBlock<ScannedOutcome>) {
        for row in block.rows {
            guard let number = number(row.user, block.bytes) else { continue }
            sums[Int(number)] &+= RowChecksum.outcome(
                key: PartitionHash.hash(block.bytes.span.extracting(row.eventKey)),
                isApplied: row.isApplied,
                errorCode: PartitionHash.hash(block.bytes.span.extracting(row.errorCode)),
                decidedAt: row.decidedAt
            )
        }
    }

    mutating func add(_ block: ScanBlock<ScannedGrant>) {
        for row in block.rows {
            guard let number = number(row.user, block.bytes) else { continue }
            sums[Int(number)] &+= RowChecksum.grant(
                key: PartitionHash.hash(block.bytes.span.extracting(row.eventKey)),
                goal: Self.number(row.goal, block.bytes, in: goals),
                rewardKind: PartitionHash.hash(block.bytes.span.extracting(row.rewardKind)),
                rewardID: PartitionHash.hash(block.bytes.span.extracting(row.rewardID)),
                quantity: row.quantity,
                isDelivered: row.isDelivered,
                claimedAt: row.claimedAt,
                deliveredAt: row.deliveredAt
            )
        }
    }

    /// The number of the log's player with that id; nil, and noted, for any other.
    private mutating func number(_ user: Range<Int>, _ bytes: [UInt8]) -> UInt32? {
        if lastUser.count == user.count, bytes[user].elementsEqual(lastUser) { return lastNumber }
        lastUser.removeAll(keepingCapacity: true)
        lastUser.append(contentsOf: bytes[user])
        let hash = PartitionHash.hash(lastUser.span)
        lastNumber = players.existingIndex(of: lastUser.span, hash: hash)
        if lastNumber == nil { note(lastUser, hash) }
        return lastNumber
    }

    private mutating func note(_ id: [UInt8], _ hash: UInt64) {
        guard choice.contains(id.span, hash: hash) else { return }
        guard unknown.count + strangers.count < Self.idsMax else {
            isTruncated = true
            return
        }
        if hash % UInt64(partition.modulus) == UInt64(partition.remainder) {
            unknown.insert(Identifier(utf8: id))
        } else {
            strangers.insert(Identifier(utf8: id))
        }
    }

    private static func number(_ id: Range<Int>, _ bytes: [UInt8], in table: PlayerTable) -> UInt32 {
        let span = bytes.span.extracting(id)
        return table.existingIndex(of: span, hash: PartitionHash.hash(span)) ?? RowChecksum.unknown
    }
}
