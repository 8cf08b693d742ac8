/// Arrivals that are due and wait for a free connection, oldest first, never more than `limit`.
package struct WaitingQueue {
    /// Most arrivals that wait.
    package let limit: Int
    private var ring: [Arrival?]
    private var head = 0
    package private(set) var count = 0

    /// `limit` is 1 or more.
    package init(limit: Int) {
        precondition(limit >= 1)
        self.limit = limit
        // Grows to the limit only where it is needed.
        ring = Array(repeating: nil, count: min(limit, 1024))
    }

    package var isEmpty: Bool { count == 0 }
    /// The oldest.
    package var first: Arrival? { count == 0 ? nil : ring[head] }

    /// Puts one at the end; false when there is no room, and then it is the caller's to account for.
    package mutating func append(_ arrival: Arrival) -> Bool {
        guard count < limit else { return false }
        if count == ring.count { grow() }
        ring[(head + count) % ring.count] = arrival
        count += 1
        return true
    }

    /// Takes the oldest `countMax` or fewer out.
    package mutating func take(_ countMax: Int) -> [Arrival] {
        var taken: [Arrival] = []
        taken.reserveCapacity(min(count, countMax))
        while count > 0, taken.count < countMax {
            if let arrival = ring[head] { taken.append(arrival) }
            ring[head] = nil
            head = (head + 1) % ring.count
            count -= 1
        }
        return taken
    }

    private mutating func grow() {
        var larger = [Arrival?](repeating: nil, count: min(limit, ring.count * 2))
        for index in 0..<count { larger[index] = ring[(head + index) % ring.count] }
        ring = larger
        head = 0
    }
}
