import Histogram

/// A histogram's figures, in milliseconds.
package struct LatencySummary: Codable, Sendable, Equatable {
    package let count: UInt64
    package let mean: Double
    package let p50: Double
    package let p90: Double
    package let p95: Double
    package let p99: Double
    package let p999: Double
    package let max: Double

    /// Of latencies in microseconds; all figures are 0 where there are none.
    init(_ book: LatencyBook) {
        count = book.histogram.totalCount
        mean = count == 0 ? 0 : book.histogram.mean / 1000
        p50 = book.milliseconds(50)
        p90 = book.milliseconds(90)
        p95 = book.milliseconds(95)
        p99 = book.milliseconds(99)
        p999 = book.milliseconds(99.9)
        max = book.milliseconds(100)
    }
}

/// Latencies as an HDR histogram: microseconds, three significant digits, up to ten minutes.
package struct LatencyBook {
    /// Longest latency that is told apart: ten minutes; longer ones count as that.
    private static let microsecondsMax: UInt64 = 600_000_000

    fileprivate(set) var histogram = Histogram<UInt64>(
        highestTrackableValue: microsecondsMax,
        numberOfSignificantValueDigits: .three
    )

    package init() {}

    /// Adds a latency in nanoseconds.
    package mutating func record(_ nanoseconds: Int64) {
        histogram.record(min(UInt64(max(nanoseconds, 0)) / 1000, Self.microsecondsMax))
    }

    /// The latency in milliseconds that so many percent of all do not exceed; 0 where there are none.
    package func milliseconds(_ percentile: Double) -> Double {
        histogram.totalCount == 0 ? 0 : Double(histogram.valueAtPercentile(percentile)) / 1000
    }

    package mutating func add(_ other: LatencyBook) { histogram.add(other.histogram) }
    package mutating func reset() { histogram.reset() }
    package var summary: LatencySummary { LatencySummary(self) }
}
