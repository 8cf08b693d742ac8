import Goals

/// The players of a state by number, found by id: open addressing over the partition hash.
///
/// A record is one cache line, so that an event touches few: its slot, its record, its id and its rows.
struct PlayerRecords: Sendable {
    /// What is known of one player.
    struct Record: Sendable {
        fileprivate let hash: UInt64
        /// Where the id starts among all ids, and its bytes in the low 16 bits.
        fileprivate let id: UInt64
        var first: Int64
        var last: Int64
        /// Greatest time of a decided request, `OpenRow.none` before the first.
        var newestRequest = OpenRow.none
        var rows = RowPool.Directory()
    }

    private static let pageRecords = 1 << 13
    private static let pageBytes = 1 << 20

    /// All pages but the last are full.
    private var pages: [[Record]] = []
    private var ids: [[UInt8]] = []
    private var idBytesUsed = PlayerRecords.pageBytes
    private(set) var count = 0
    /// Player number + 1, 0 where empty; a power of two long.
    private var slots: [UInt32] = Array(repeating: 0, count: 64)

    var byteCount: Int {
        pages.count * Self.pageRecords * MemoryLayout<Record>.stride + ids.count * Self.pageBytes
            + slots.count * 4
    }

    subscript(number: UInt32) -> Record {
        _read { yield pages[Int(number) / Self.pageRecords][Int(number) % Self.pageRecords] }
        _modify { yield &pages[Int(number) / Self.pageRecords][Int(number) % Self.pageRecords] }
    }

    /// What first looks saw; kept, so that they are not left out as useless.
    struct Glances: Sendable {
        fileprivate var entries: [UInt32] = []
        fileprivate var places: [UInt64] = []
        fileprivate var sum: UInt64 = 0
    }

    /// Looks at what `number` will look at for these events, step by step, so that all of it is on its way.
    func glance(at events: ArraySlice<ReplayEvents.Event>, _ glances: inout Glances) {
        let mask = slots.count - 1
        glances.entries.removeAll(keepingCapacity: true)
        glances.places.removeAll(keepingCapacity: true)
        for event in events {
            glances.entries.append(slots[Int(truncatingIfNeeded: Self.spread(event.hash)) & mask])
        }
        for entry in glances.entries where entry > 0 {
            let number = Int(entry) - 1
            glances.places.append(pages[number / Self.pageRecords][number % Self.pageRecords].id)
        }
        for place in glances.places {
            glances.sum &+= UInt64(ids[Int(place >> 36)][Int(place >> 16 & 0xF_FFFF)])
        }
    }

    /// The number of the player with this id, nil when there is none; `hash` is the id's partition hash.
    func number(of id: Span<UInt8>, hash: UInt64) -> UInt32? {
        let mask = slots.count - 1
        var slot = Int(truncatingIfNeeded: Self.spread(hash)) & mask
        while true {
            let entry = slots[slot]
            if entry == 0 { return nil }
            if isPlayer(entry - 1, id, hash) { return entry - 1 }
            slot = (slot + 1) & mask
        }
    }

    /// Adds a player who is not there yet, first heard of at `time`.
    mutating func add(_ id: Span<UInt8>, hash: UInt64, first: Int64, last: Int64) -> UInt32 {
        if (count + 1) * 4 > slots.count * 3 { grow() }
        let number = UInt32(count)
        if idBytesUsed + id.count > Self.pageBytes {
            ids.append([])
            ids[ids.count - 1].reserveCapacity(Self.pageBytes)
            idBytesUsed = 0
        }
        let start = UInt64(ids.count - 1) << 20 | UInt64(idBytesUsed)
        id.withUnsafeBufferPointer { ids[ids.count - 1].append(contentsOf: $0) }
        idBytesUsed += id.count
        if count % Self.pageRecords == 0 {
            pages.append([])
            pages[pages.count - 1].reserveCapacity(Self.pageRecords)
        }
        pages[pages.count - 1].append(
            Record(hash: hash, id: start << 16 | UInt64(id.count), first: first, last: last)
        )
        count += 1
        insert(number, hash)
        return number
    }

    /// The id's UTF-8, without a copy.
    func id(_ number: UInt32) -> ArraySlice<UInt8> {
        let place = self[number].id
        let start = Int(place >> 16 & 0xF_FFFF)
        return ids[Int(place >> 36)][start..<(start + Int(place & 0xFFFF))]
    }

    /// Numbers in the order of the ids' bytes.
    func numbersInIDOrder() -> [UInt32] {
        // The first eight bytes, as a number, decide nearly always.
        var keys: [(prefix: UInt64, number: UInt32)] = []
        keys.reserveCapacity(count)
        for number in 0..<UInt32(count) {
            var prefix: UInt64 = 0
            for (index, byte) in id(number).prefix(8).enumerated() {
                prefix |= UInt64(byte) << UInt64(56 - 8 * index)
            }
            keys.append((prefix, number))
        }
        keys.sort { left, right in
            left.prefix != right.prefix
                ? left.prefix < right.prefix : id(left.number).lexicographicallyPrecedes(id(right.number))
        }
        return keys.map(\.number)
    }

    /// The partition hash again: a shard has only hashes of one remainder, so that their low bits are alike.
    private static func spread(_ hash: UInt64) -> UInt64 { hash >> 20 ^ hash >> 42 }

    private func isPlayer(_ number: UInt32, _ id: Span<UInt8>, _ hash: UInt64) -> Bool {
        let (page, index) = (Int(number) / Self.pageRecords, Int(number) % Self.pageRecords)
        guard pages[page][index].hash == hash else { return false }
        let place = pages[page][index].id
        guard Int(place & 0xFFFF) == id.count else { return false }
        let start = Int(place >> 16 & 0xF_FFFF)
        return ids[Int(place >> 36)].withUnsafeBytes { all in
            id.withUnsafeBytes { wanted in
                var at = 0
                while at + 8 <= wanted.count {
                    let left = all.loadUnaligned(fromByteOffset: start + at, as: UInt64.self)
                    if left != wanted.loadUnaligned(fromByteOffset: at, as: UInt64.self) { return false }
                    at += 8
                }
                while at < wanted.count {
                    if all[start + at] != wanted[at] { return false }
                    at += 1
                }
                return true
            }
        }
    }

    private mutating func insert(_ number: UInt32, _ hash: UInt64) {
        let mask = slots.count - 1
        var slot = Int(truncatingIfNeeded: Self.spread(hash)) & mask
        while slots[slot] != 0 { slot = (slot + 1) & mask }
        slots[slot] = number + 1
    }

    private mutating func grow() {
        slots = Array(repeating: 0, count: slots.count * 2)
        for number in 0..<UInt32(count) { insert(number, self[number].hash) }
    }
}
