import Fold
package import Goals

/// Parsed events of one shard, in log order: what `ReplayDecoder` makes and `ReplayState` applies.
package struct ReplayEvents: Sendable {
    enum Kind: UInt8 { case login, stat, activate, deactivate, claim, delivery }

    struct Event {
        /// The player's partition hash.
        let hash: UInt64
        /// Microseconds since 1970.
        let time: Int64
        /// A stat's value.
        var value: Double
        /// Where the player's id lies in `bytes`; for requests the event's id follows it.
        let idStart: UInt32
        let idCount: UInt16
        let kind: Kind
        /// A stat's number, `noStat` where no goal counts it; an index into `requests`.
        var detail: UInt32
    }

    /// What a request or delivery carries besides.
    struct Request {
        /// The request's own id; for a delivery the claim's.
        let eventStart: UInt32
        let eventCount: UInt32
        /// Index into the set's goals, `noGoal` where there is none; as configured, and in the what-if's set.
        var goal: UInt32 = ReplayEvents.none
        var otherGoal: UInt32 = ReplayEvents.none
    }

    static let none = UInt32.max

    private(set) var events: [Event] = []
    private(set) var requests: [Request] = []
    private(set) var bytes: [UInt8] = []

    package init() {}

    package var count: Int { events.count }
    /// Bytes held.
    package var byteCount: Int {
        events.capacity * MemoryLayout<Event>.stride + requests.capacity * MemoryLayout<Request>.stride
            + bytes.capacity
    }

    mutating func removeAll() {
        events.removeAll(keepingCapacity: true)
        requests.removeAll(keepingCapacity: true)
        bytes.removeAll(keepingCapacity: true)
    }

    mutating func append(
        _ kind: Kind,
        user: Span<UInt8>,
        hash: UInt64,
        time: Timestamp,
        value: Double,
        detail: UInt32
    ) {
        let start = UInt32(bytes.count)
        user.withUnsafeBufferPointer { bytes.append(contentsOf: $0) }
        events.append(
            Event(
                hash: hash,
                time: time.microseconds,
                value: value,
                idStart: start,
                idCount: UInt16(user.count),
                kind: kind,
                detail: detail
            )
        )
    }

    /// Keeps an event id and returns the index that its event has to name.
    mutating func append(eventID: Span<UInt8>, goal: UInt32, otherGoal: UInt32) -> UInt32 {
        let start = UInt32(bytes.count)
        eventID.withUnsafeBufferPointer { bytes.append(contentsOf: $0) }
        requests.append(
            Request(
                eventStart: start,
                eventCount: UInt32(eventID.count),
                goal: goal,
                otherGoal: otherGoal
            )
        )
        return UInt32(requests.count - 1)
    }
}

/// An event with its player's number in a state.
struct FoundEvent: Sendable {
    var time: Int64 = 0
    var value = 0.0
    var player: UInt32 = 0
    var detail: UInt32 = 0
    var kind = ReplayEvents.Kind.login
}

/// Which players a replay is about.
package struct PlayerChoice: Sendable {
    /// Remainders of the partition hash by `modulus`, as the tables' partitions are; nil means all.
    package var partitions: Set<Int>?
    package var modulus: Int
    /// Share of the players, 0 to 1, chosen by their ids; the same ones every time.
    package var share: Double?
    /// Which players a share chooses: others for another number.
    package var seed: UInt64 = 0
    /// Only these.
    package var players: PlayerTable?

    package init(
        partitions: Set<Int>? = nil,
        modulus: Int = 16,
        share: Double? = nil,
        players: PlayerTable? = nil
    ) {
        self.partitions = partitions
        self.modulus = modulus
        self.share = share
        self.players = players
    }

    /// Whether everybody is chosen.
    package var isEverybody: Bool { partitions == nil && share == nil && players == nil }

    package func contains(_ id: Span<UInt8>, hash: UInt64) -> Bool {
        if let partitions, !partitions.contains(Int(hash % UInt64(modulus))) { return false }
        if let share,
            Double(Self.scrambled(hash ^ Self.scrambled(seed)) >> 11) >= share * Double(1 << 53 as UInt64)
        {
            return false
        }
        if let players, players.existingIndex(of: id, hash: hash) == nil { return false }
        return true
    }

    /// Independent of the remainders that shards and partitions go by.
    private static func scrambled(_ hash: UInt64) -> UInt64 {
        var word = hash ^ hash >> 30
        word = word &* 0xBF58_476D_1CE4_E5B9
        word = (word ^ word >> 27) &* 0x94D0_49BB_1331_11EB
        return word ^ word >> 31
    }
}
