import Goals

/// Values as reports show them.
enum DriftText {
    /// `2026-02-03T04:05:06.123456Z`; nil for NULL.
    static func time(_ time: Timestamp?) -> String? {
        guard let time else { return nil }
        // The tables can hold what no event has: `infinity`, and years that no date here has.
        guard (RFC3339.least...RFC3339.greatest).contains(time) else {
            return "\(time.microseconds) µs since 1970"
        }
        return RFC3339.text(time)
    }

    static func day(_ day: UTCDay?) -> String? {
        guard let day else { return nil }
        guard (RFC3339.least.day...RFC3339.greatest.day).contains(day) else {
            return "\(day.number) days since 1970"
        }
        return day.text
    }

    static func text(_ bytes: [UInt8]) -> String { String(decoding: bytes, as: UTF8.self) }
}
