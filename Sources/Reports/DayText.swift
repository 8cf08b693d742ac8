package import Goals

/// Days as people write them, in English and in UTC.
package enum DayText {
    static let months = [
        "Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec",
    ]

    /// `5 Jan`.
    package static func short(_ day: UTCDay) -> String { "\(day.date.day) \(months[day.date.month - 1])" }

    /// `5 Jan 2026`.
    package static func full(_ day: UTCDay) -> String { "\(short(day)) \(day.date.year)" }

    /// `5 Jan 2026, 14:03 UTC`.
    package static func minute(_ time: Timestamp) -> String {
        let minutes = (time.microseconds - time.day.start.microseconds) / 60_000_000
        let two = { (number: Int64) in (number < 10 ? "0" : "") + String(number) }
        return "\(full(time.day)), \(two(minutes / 60)):\(two(minutes % 60)) UTC"
    }
}
