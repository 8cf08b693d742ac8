import Foundation
import Goals
import TestKit
import Testing

@Suite struct RFC3339Tests {
    /// A second implementation: Foundation's calendar, in UTC.
    private static let calendar: Calendar = {
        var calendar = Calendar(identifier: .gregorian)
        calendar.timeZone = .gmt
        return calendar
    }()

    @Test(arguments: [
        ("1970-01-01T00:00:00Z", 0), ("2025-10-15T10:30:00Z", 1_760_524_200_000_000),
        ("2025-10-15t10:30:00z", 1_760_524_200_000_000),
        ("2025-10-15T12:30:00+02:00", 1_760_524_200_000_000),
        ("2025-10-15T05:00:00-05:30", 1_760_524_200_000_000),
        ("2025-10-15T10:30:00.5Z", 1_760_524_200_500_000),
        ("2025-10-15T10:30:00.123456789Z", 1_760_524_200_123_456),
        ("1969-12-31T23:00:00-01:00", 0), ("9999-12-31T23:59:59.999999Z", 253_402_300_799_999_999),
    ])
    func `a valid instant is parsed to the microsecond`(text: String, microseconds: Int64) {
        #expect(RFC3339.parse(text)?.microseconds == microseconds)
    }

    @Test(arguments: [
        "", "2025-10-15", "2025-10-15T10:30:00", "2025-10-15 10:30:00Z", "2025-10-15T10:30Z",
        "2025-13-01T00:00:00Z", "2025-02-29T00:00:00Z", "2025-04-31T00:00:00Z", "2025-00-10T00:00:00Z",
        "2025-10-00T00:00:00Z", "2025-10-15T24:00:00Z", "2025-10-15T10:60:00Z", "2025-10-15T23:59:60Z",
        "2025-10-15T10:30:00.Z", "2025-10-15T10:30:00+0200", "2025-10-15T10:30:00+24:00",
        "2025-10-15T10:30:00+02:60", "2025-10-15T10:30:00Zx", "1969-12-31T23:59:59Z",
        "9999-12-31T23:59:59-00:01", "+2025-10-15T10:30:00Z", "2025-10-15T10:30:0:Z", "２０25-10-15T10:30:00Z",
    ])
    func `anything else is refused`(text: String) { #expect(RFC3339.parse(text) == nil) }

    @Test(arguments: 1...20)
    func `days and texts agree with the calendar`(seed: Int) throws {
        var random = SplitMix64(seed: UInt64(seed))
        for _ in 0..<500 {
            let time = Timestamp(microseconds: Int64(random.next() % 253_402_300_799_000_000))
            let date = Date(timeIntervalSince1970: Double(time.microseconds / 1_000_000))
            let parts = Self.calendar.dateComponents(
                [.year, .month, .day, .hour, .minute, .second],
                from: date
            )
            let expected = String(
                format: "%04d-%02d-%02dT%02d:%02d:%02dZ",
                try #require(parts.year),
                try #require(parts.month),
                try #require(parts.day),
                try #require(parts.hour),
                try #require(parts.minute),
                try #require(parts.second)
            )
            var text: [UInt8] = []
            RFC3339.appendSeconds(time, to: &text)
            #expect(String(decoding: text, as: UTF8.self) == expected)
            #expect(RFC3339.parse(RFC3339.text(time)) == time)
            #expect(time.day.text == String(expected.prefix(10)))
            #expect(time.day.start <= time && time < time.day.next.start)
        }
    }

    @Test func `an instant before 1970 belongs to its own day`() {
        #expect(Timestamp(microseconds: -1).day == UTCDay(number: -1))
        #expect(Timestamp(microseconds: -1).milliseconds == -1)
    }
}
