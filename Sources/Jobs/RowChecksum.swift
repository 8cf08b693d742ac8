import Goals
import Replay
import Tables

/// 64-bit checksums of rows, alike for the log's row and the table's; a player's is the sum over his rows.
///
/// A sum does not depend on the order in which rows come, so that leaves can be read as they lie. Two players' rows
/// that differ have the same sum with a chance of 2⁻⁶⁴. Only compared within one run, never stored.
enum RowChecksum {
    /// A number that no catalogue has: for ids that the log never named.
    static let unknown = UInt32.max

    /// Takes words in and mixes them; each multiplication spreads a word over all bits.
    private struct Mixer {
        private var state: UInt64

        init(_ table: UInt64) { state = table &* 0x9E37_79B9_7F4A_7C15 }

        mutating func add(_ word: UInt64) {
            let (high, low) = (state ^ word).multipliedFullWidth(by: 0xD6E8_FEB8_6659_FD93)
            state = high ^ low &+ (word &* 0x2545_F491_4F6C_DD1D)
        }
        mutating func add(_ word: Int64) { add(UInt64(bitPattern: word)) }
        mutating func add(_ left: UInt32, _ right: UInt32) { add(UInt64(left) << 32 | UInt64(right)) }

        var value: UInt64 {
            let (high, low) = (state ^ 0xA076_1D64_78BD_642F).multipliedFullWidth(by: 0xE703_7ED1_A0B4_28DB)
            return high ^ low
        }
    }

    private static func time(_ time: Timestamp?) -> Int64 { time?.microseconds ?? ScannedTime.none }

    // MARK: Progress

    static func progress(_ row: ReplayRow) -> UInt64 {
        var mixer = Mixer(1)
        mixer.add(row.goal, row.challenge)
        mixer.add(UInt32(bitPattern: row.progress), UInt32(row.status.rawValue) << 1 | (row.isActive ? 1 : 0))
        mixer.add(time(row.assignedAt))
        mixer.add(time(row.completedAt))
        mixer.add(time(row.claimedAt))
        mixer.add(time(row.createdAt))
        mixer.add(time(row.updatedAt))
        mixer.add(time(row.lastEventAt))
        mixer.add(row.lastCountedOn.map { Int64($0.number) } ?? ScannedTime.none)
        return mixer.value
    }

    /// `goal` and `challenge` are catalogue numbers; a row of another namespace or with an expiry equals no row.
    static func progress(
        _ row: ScannedProgress,
        goal: UInt32,
        challenge: UInt32,
        isOwnNamespace: Bool
    ) -> UInt64 {
        var mixer = Mixer(1)
        mixer.add(goal, challenge)
        mixer.add(UInt32(bitPattern: row.progress), UInt32(row.status) << 1 | (row.isActive ? 1 : 0))
        mixer.add(row.assignedAt)
        mixer.add(row.completedAt)
        mixer.add(row.claimedAt)
        mixer.add(row.createdAt)
        mixer.add(row.updatedAt)
        mixer.add(row.lastEventAt)
        mixer.add(row.lastCountedOn)
        let isPlain = isOwnNamespace && row.expiresAt == ScannedTime.none
        return isPlain ? mixer.value : ~mixer.value
    }

    // MARK: Players

    static func player(first: Int64, last: Int64) -> UInt64 {
        var mixer = Mixer(2)
        mixer.add(first)
        mixer.add(last)
        return mixer.value
    }

    static func player(_ state: PlayerState) -> UInt64 {
        player(first: state.firstEventAt.microseconds, last: state.lastEventAt.microseconds)
    }

    // MARK: Requests

    static func outcome(key: UInt64, isApplied: Bool, errorCode: UInt64, decidedAt: Int64) -> UInt64 {
        var mixer = Mixer(3)
        mixer.add(key)
        mixer.add(errorCode &+ (isApplied ? 1 : 0))
        mixer.add(decidedAt)
        return mixer.value
    }

    static func outcome(_ request: ReplayRequest) -> UInt64 {
        outcome(
            key: PartitionHash.hash(EventKey.key(request.eventID)),
            isApplied: request.rejection == nil,
            errorCode: PartitionHash.hash(Array((request.rejection?.rawValue ?? "").utf8)),
            decidedAt: request.decidedAt.microseconds
        )
    }

    static func grant(
        key: UInt64,
        goal: UInt32,
        rewardKind: UInt64,
        rewardID: UInt64,
        quantity: Int32,
        isDelivered: Bool,
        claimedAt: Int64,
        deliveredAt: Int64
    ) -> UInt64 {
        var mixer = Mixer(4)
        mixer.add(key)
        mixer.add(goal, UInt32(bitPattern: quantity))
        mixer.add(rewardKind)
        mixer.add(rewardID)
        mixer.add(claimedAt)
        mixer.add(deliveredAt)
        mixer.add(isDelivered ? 1 : 0, 0)
        return mixer.value
    }

    static func grant(_ grant: ReplayGrant) -> UInt64 {
        Self.grant(
            key: PartitionHash.hash(EventKey.key(grant.claimEventID)),
            goal: grant.goal,
            rewardKind: PartitionHash.hash(Array(grant.reward.kind.rawValue.utf8)),
            rewardID: PartitionHash.hash(Array(ExpectedPlayer.rewardID(grant.reward.id).utf8)),
            quantity: grant.reward.quantity,
            isDelivered: grant.deliveredAt != nil,
            claimedAt: grant.claimedAt.microseconds,
            deliveredAt: time(grant.deliveredAt)
        )
    }

    static func player(_ player: ReplayPlayer) -> UInt64 {
        var sum = Self.player(player.state)
        for row in player.rows { sum &+= progress(row) }
        for request in player.requests { sum &+= outcome(request) }
        for grant in player.grants { sum &+= Self.grant(grant) }
        return sum
    }
}
