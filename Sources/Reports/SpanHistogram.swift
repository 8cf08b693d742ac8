/// Counts of spans of time in buckets that grow with the span: percentiles within 1/32 of their value.
///
/// Spans are whole seconds, 0 or more. Below 32 s each second has its bucket; above, every doubling has 32. So a
/// histogram is at most 1,056 counts, whatever it holds.
package struct SpanHistogram: Hashable, Sendable {
    private static let subBits = 5
    private static let subCount = 1 << subBits
    /// Greatest span told apart, in seconds: 2^37 − 1, over four thousand years.
    private static let secondsMax: Int64 = 1 << 37 - 1

    /// By bucket; empty at its end where nothing fell.
    private var counts: [UInt32] = []
    package private(set) var count: Int64 = 0

    package init() {}

    /// Counts one span; one below zero counts as zero.
    package mutating func add(seconds: Int64) {
        let bucket = Self.bucket(min(max(seconds, 0), Self.secondsMax))
        if counts.count <= bucket { counts += Array(repeating: 0, count: bucket + 1 - counts.count) }
        counts[bucket] &+= 1
        count += 1
    }

    package mutating func merge(_ other: SpanHistogram) {
        if counts.count < other.counts.count {
            counts += Array(repeating: 0, count: other.counts.count - counts.count)
        }
        for (index, value) in other.counts.enumerated() { counts[index] &+= value }
        count += other.count
    }

    /// The span that `share` (0 to 1) of all are at most as long as, in seconds; nil where there is none.
    package func percentile(_ share: Double) -> Int64? {
        guard count > 0 else { return nil }
        let rank = max(1, Int64((share * Double(count)).rounded(.up)))
        var seen: Int64 = 0
        for (index, value) in counts.enumerated() {
            seen += Int64(value)
            if seen >= rank { return Self.middle(index) }
        }
        return counts.indices.last.map(Self.middle)
    }

    /// The counts between ascending `bounds` in seconds: below the first, between each two, and from the last on.
    ///
    /// A bucket counts where its middle lies.
    package func counts(between bounds: [Int64]) -> [Int64] {
        var sums = [Int64](repeating: 0, count: bounds.count + 1)
        var place = 0
        for (index, value) in counts.enumerated() where value > 0 {
            while place < bounds.count, Self.middle(index) >= bounds[place] { place += 1 }
            sums[place] += Int64(value)
        }
        return sums
    }

    private static func bucket(_ seconds: Int64) -> Int {
        guard seconds >= subCount else { return Int(seconds) }
        let shift = (63 - seconds.leadingZeroBitCount) - subBits
        return (shift + 1) * subCount + Int(seconds >> Int64(shift)) - subCount
    }

    /// The middle of a bucket in seconds, rounded down.
    private static func middle(_ bucket: Int) -> Int64 {
        guard bucket >= subCount else { return Int64(bucket) }
        let shift = Int64(bucket / subCount - 1)
        let start = Int64(bucket % subCount + subCount) << shift
        return start + ((1 << shift) - 1) / 2
    }
}
