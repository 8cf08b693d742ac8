import Goals

/// Days summed into evenly spaced buckets that a chart has room for, the ones without anything included.
///
/// Single days up to 120 of them, then weeks from Monday on, then longer spans: never more than 120 buckets,
/// for one event of 1970 among those of today must not make a chart of twenty thousand days.
struct TimeBuckets {
    static let bucketsMax = 120
    private static let widths: [Int32] = [1, 7, 28, 91, 364, 3640, 36_400]

    struct Bucket {
        let first: UTCDay
        var started: Int64 = 0
        var completed: Int64 = 0
        var claimed: Int64 = 0
    }

    /// Days a bucket spans.
    let width: Int32
    let buckets: [Bucket]

    init(_ days: [DayTotals]) {
        guard let least = days.map(\.day).min(), let greatest = days.map(\.day).max() else {
            (width, buckets) = (1, [])
            return
        }
        let span = greatest.number - least.number
        // Fits even when the first bucket begins before the first day.
        let width = Self.widths.first { span / $0 + 2 <= Self.bucketsMax } ?? 36_400
        // Day 0 was a Thursday; weeks begin on Monday.
        let shift = width == 1 ? 0 : Self.remainder(least.number + 3, 7)
        let start = least.number - shift
        var buckets = (0...(greatest.number - start) / width).map {
            Bucket(first: UTCDay(number: start + $0 * width))
        }
        for total in days {
            let index = Int((total.day.number - start) / width)
            buckets[index].started += total.started
            buckets[index].completed += total.completed
            buckets[index].claimed += total.claimed
        }
        (self.width, self.buckets) = (width, buckets)
    }

    /// For the axis: `5 Jan`, `5 Jan ’26` for weeks, `Jan 2026` or the year where buckets are longer.
    func label(_ bucket: Bucket) -> String {
        let date = bucket.first.date
        if width >= 91 { return String(date.year) }
        if width >= 28 { return "\(Self.months[date.month - 1]) \(date.year)" }
        let year = date.year % 100
        return DayText.short(bucket.first) + (width == 7 ? (year < 10 ? " ’0\(year)" : " ’\(year)") : "")
    }

    /// In full: `5 Jan 2026` or `week of 5 Jan 2026`.
    func name(_ bucket: Bucket) -> String {
        switch width {
        case 1: DayText.full(bucket.first)
        case 7: "week of " + DayText.full(bucket.first)
        default: "\(width) days from " + DayText.full(bucket.first)
        }
    }

    var unit: String { width == 1 ? "day" : width == 7 ? "week" : "\(width) days" }

    private static let months = DayText.months
    private static func remainder(_ value: Int32, _ divisor: Int32) -> Int32 {
        let rest = value % divisor
        return rest < 0 ? rest + divisor : rest
    }
}
