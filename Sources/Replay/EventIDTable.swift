import Goals

/// Something kept under a player and an event id: outcomes of requests, or grants of claims.
///
/// One hash table for all players, so that a player with a million requests costs a look-up each, like any other.
struct EventIDTable<Value: Sendable>: Sendable {
    struct Entry: Sendable {
        fileprivate let hash: UInt64
        let player: UInt32
        fileprivate let idStart: UInt64
        fileprivate let idCount: UInt32
        var value: Value
    }

    private(set) var entries: [Entry] = []
    private var ids: [UInt8] = []
    /// Entry index + 1, 0 where empty; a power of two long.
    private var slots: [UInt32] = Array(repeating: 0, count: 16)

    var count: Int { entries.count }
    var byteCount: Int {
        entries.capacity * MemoryLayout<Entry>.stride + ids.capacity + slots.capacity * 4
    }

    subscript(index: Int) -> Value {
        get { entries[index].value }
        set { entries[index].value = newValue }
    }

    func id(_ index: Int) -> ArraySlice<UInt8> {
        let start = Int(entries[index].idStart)
        return ids[start..<(start + Int(entries[index].idCount))]
    }

    func index(_ player: UInt32, _ id: Span<UInt8>) -> Int? { index(player, id, Self.hash(player, id)) }

    /// Adds an entry that is not there yet and returns its index.
    @discardableResult
    mutating func add(_ player: UInt32, _ id: Span<UInt8>, _ value: Value) -> Int {
        if (entries.count + 1) * 4 > slots.count * 3 { grow() }
        let hash = Self.hash(player, id)
        let start = UInt64(ids.count)
        id.withUnsafeBufferPointer { ids.append(contentsOf: $0) }
        entries.append(
            Entry(hash: hash, player: player, idStart: start, idCount: UInt32(id.count), value: value)
        )
        insert(entries.count - 1, hash)
        return entries.count - 1
    }

    /// Keeps only the entries that `isKept` says.
    mutating func sweep(_ isKept: (Entry) -> Bool) {
        var kept = EventIDTable()
        for index in entries.indices where isKept(entries[index]) {
            kept.add(entries[index].player, id(index).span, entries[index].value)
        }
        self = kept
    }

    /// Entry indices by player: player p's are `order[starts[p]..<starts[p + 1]]`.
    func grouped(players: Int) -> (order: [UInt32], starts: [Int]) {
        var starts = [Int](repeating: 0, count: players + 1)
        for entry in entries { starts[Int(entry.player) + 1] += 1 }
        for player in 0..<players { starts[player + 1] += starts[player] }
        var next = starts
        var order = [UInt32](repeating: 0, count: entries.count)
        for (index, entry) in entries.enumerated() {
            order[next[Int(entry.player)]] = UInt32(index)
            next[Int(entry.player)] += 1
        }
        return (order, starts)
    }

    private func index(_ player: UInt32, _ id: Span<UInt8>, _ hash: UInt64) -> Int? {
        let mask = slots.count - 1
        var slot = Int(truncatingIfNeeded: hash) & mask
        while slots[slot] != 0 {
            let index = Int(slots[slot]) - 1
            if entries[index].hash == hash, entries[index].player == player, isEqual(index, id) {
                return index
            }
            slot = (slot + 1) & mask
        }
        return nil
    }

    private func isEqual(_ index: Int, _ id: Span<UInt8>) -> Bool {
        guard Int(entries[index].idCount) == id.count else { return false }
        let start = Int(entries[index].idStart)
        for position in 0..<id.count where ids[start + position] != id[position] { return false }
        return true
    }

    private static func hash(_ player: UInt32, _ id: Span<UInt8>) -> UInt64 {
        let mixed = PartitionHash.hash(id) ^ (UInt64(player) &+ 1) &* 0x9E37_79B9_7F4A_7C15
        return mixed ^ mixed >> 29
    }

    private mutating func insert(_ index: Int, _ hash: UInt64) {
        let mask = slots.count - 1
        var slot = Int(truncatingIfNeeded: hash) & mask
        while slots[slot] != 0 { slot = (slot + 1) & mask }
        slots[slot] = UInt32(index) + 1
    }

    private mutating func grow() {
        slots = Array(repeating: 0, count: slots.count * 2)
        for index in entries.indices { insert(index, entries[index].hash) }
    }
}
