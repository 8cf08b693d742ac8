/// The newest event ids of the log, so that a producer's retry is acknowledged again and not appended twice.
///
/// Holds the last `capacity` ids with their offsets, about 56 bytes each, and forgets the oldest; where an age is
/// set, it also forgets ids that were received longer ago. Ids are kept as
/// 128 bits of two differently keyed hashes whose keys are made anew in each process: two ids that meet by
/// accident in a window of a million would need some 10^25 events, and nobody can prepare them.
package struct DedupeWindow: Sendable {
    /// Ids kept unless set otherwise: 1,048,576.
    package static let capacityDefault = 1 << 20

    package let capacity: Int
    /// Milliseconds an id is known for; nil sets no such bound.
    private let ageMax: Int64?
    /// Entry e lies at `e % capacity`.
    private var keys: [DedupeKey] = []
    private var offsets: [UInt64] = []
    /// When each was received, milliseconds since 1970.
    private var receivedAt: [Int64] = []
    private var added = 0
    /// Position in `keys` + 1 by hash, 0 where empty; at most half full.
    private var slots: [UInt32]

    /// `capacity` 0 switches deduplication off; `ageMax` is in milliseconds.
    package init(capacity: Int, ageMax: Int64? = nil) {
        self.capacity = capacity
        self.ageMax = ageMax
        var slotCount = 64
        while slotCount < capacity * 2 { slotCount *= 2 }
        slots = Array(repeating: 0, count: slotCount)
    }

    package var count: Int { keys.count }

    /// The first offset of this id if it is in the window at `now`, milliseconds since 1970.
    package func offset(scope: Span<UInt8>, id: Span<UInt8>, now: Int64) -> UInt64? {
        offset(of: DedupeKey(scope: scope, id: id), now: now)
    }

    /// Remembers an id that is not in the window and was received at `now`; the oldest goes when it is full.
    package mutating func insert(scope: Span<UInt8>, id: Span<UInt8>, offset: UInt64, now: Int64) {
        insert(DedupeKey(scope: scope, id: id), offset: offset, now: now)
    }

    /// The first offset of this key if it is in the window at `now`, milliseconds since 1970.
    package func offset(of key: DedupeKey, now: Int64) -> UInt64? {
        guard capacity > 0, let position = find(key) else { return nil }
        if let ageMax, now - receivedAt[position] > ageMax { return nil }
        return offsets[position]
    }

    /// Remembers an id that is not in the window and was received at `now`; the oldest goes when it is full.
    package mutating func insert(_ key: DedupeKey, offset: UInt64, now: Int64) {
        guard capacity > 0 else { return }
        if let known = find(key) {
            // Still held, but too old to count: it begins anew.
            if let ageMax, now - receivedAt[known] > ageMax {
                offsets[known] = offset
                receivedAt[known] = now
            }
            return
        }
        let position = added % capacity
        added += 1
        if position == keys.count {
            keys.append(key)
            offsets.append(offset)
            receivedAt.append(now)
        } else {
            remove(keys[position])
            keys[position] = key
            offsets[position] = offset
            receivedAt[position] = now
        }
        var slot = home(key)
        while slots[slot] != 0 { slot = (slot + 1) & (slots.count - 1) }
        slots[slot] = UInt32(position) + 1
    }

    private func home(_ key: DedupeKey) -> Int { Int(truncatingIfNeeded: key.low) & (slots.count - 1) }

    private func find(_ key: DedupeKey) -> Int? {
        var slot = home(key)
        while slots[slot] != 0 {
            let position = Int(slots[slot]) - 1
            if keys[position] == key { return position }
            slot = (slot + 1) & (slots.count - 1)
        }
        return nil
    }

    /// Empties the key's slot and moves later entries of its run up, so that no search ends too early.
    private mutating func remove(_ key: DedupeKey) {
        let mask = slots.count - 1
        var hole = home(key)
        while keys[Int(slots[hole]) - 1] != key { hole = (hole + 1) & mask }
        var next = (hole + 1) & mask
        while slots[next] != 0 {
            let wanted = home(keys[Int(slots[next]) - 1])
            if (next - wanted) & mask >= (next - hole) & mask {
                slots[hole] = slots[next]
                hole = next
            }
            next = (next + 1) & mask
        }
        slots[hole] = 0
    }
}
