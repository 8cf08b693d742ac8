/// A calendar day in UTC, the only days Goalpost knows: whole days since 1970-01-01.
package struct UTCDay: Hashable, Comparable, Sendable {
    /// Days since 1970-01-01; negative before it.
    package let number: Int32

    package init(number: Int32) { self.number = number }

    package static func < (left: UTCDay, right: UTCDay) -> Bool { left.number < right.number }

    /// The first instant of the day.
    package var start: Timestamp { Timestamp(microseconds: Int64(number) * Timestamp.microsecondsPerDay) }
    package var next: UTCDay { UTCDay(number: number + 1) }
}
