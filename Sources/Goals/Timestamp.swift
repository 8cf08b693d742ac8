/// An instant in microseconds since 1970-01-01T00:00:00Z, the resolution of PostgreSQL's `timestamptz`.
package struct Timestamp: Hashable, Comparable, Sendable {
    package static let microsecondsPerSecond: Int64 = 1_000_000
    package static let microsecondsPerDay: Int64 = 86_400 * microsecondsPerSecond

    package var microseconds: Int64

    package init(microseconds: Int64) { self.microseconds = microseconds }

    package static func < (left: Timestamp, right: Timestamp) -> Bool {
        left.microseconds < right.microseconds
    }

    /// The UTC day that holds this instant.
    package var day: UTCDay {
        // Floor, not truncation: an instant before 1970 belongs to the day it is in.
        let (quotient, remainder) = microseconds.quotientAndRemainder(dividingBy: Self.microsecondsPerDay)
        return UTCDay(number: Int32(remainder < 0 ? quotient - 1 : quotient))
    }
    /// Milliseconds since 1970, rounded down: the unit of segment footers.
    package var milliseconds: Int64 {
        let (quotient, remainder) = microseconds.quotientAndRemainder(dividingBy: 1000)
        return remainder < 0 ? quotient - 1 : quotient
    }
    package func adding(seconds: Int64) -> Timestamp {
        Timestamp(microseconds: microseconds + seconds * Self.microsecondsPerSecond)
    }
}
