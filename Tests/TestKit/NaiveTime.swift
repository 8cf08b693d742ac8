import Foundation

/// Time arithmetic of the oracle, on the C library's calendar; instants are microseconds since 1970.
package enum NaiveTime {
    package static let microsecondsPerDay: Int64 = 86_400_000_000

    /// The number of the UTC day that holds the instant, 0 being 1970-01-01.
    package static func day(_ instant: Int64) -> Int {
        Int(floorDivide(instant, microsecondsPerDay))
    }

    private static func floorDivide(_ value: Int64, _ by: Int64) -> Int64 {
        value / by - (value % by < 0 ? 1 : 0)
    }

    /// Reads RFC 3339, for instance `2026-01-05T07:08:09.123456789+01:30`; digits past microseconds are cut off.
    package static func parse(_ text: String) throws -> Int64 {
        let characters = Array(text.utf8)
        guard characters.count >= 20, characters[10] == UInt8(ascii: "T") else {
            throw NaiveError.badTime(text)
        }
        func number(_ range: Range<Int>) throws -> Int {
            guard range.upperBound <= characters.count,
                let value = Int(String(decoding: characters[range], as: UTF8.self))
            else { throw NaiveError.badTime(text) }
            return value
        }
        var parts = tm()
        parts.tm_year = try Int32(number(0..<4) - 1900)
        parts.tm_mon = try Int32(number(5..<7) - 1)
        parts.tm_mday = try Int32(number(8..<10))
        parts.tm_hour = try Int32(number(11..<13))
        parts.tm_min = try Int32(number(14..<16))
        parts.tm_sec = try Int32(number(17..<19))
        var instant = Int64(timegm(&parts)) * 1_000_000

        var at = 19
        if characters[at] == UInt8(ascii: ".") {
            at += 1
            var worth: Int64 = 100_000
            while at < characters.count, (UInt8(ascii: "0")...UInt8(ascii: "9")).contains(characters[at]) {
                instant += Int64(characters[at] - UInt8(ascii: "0")) * worth
                worth /= 10
                at += 1
            }
        }
        let zone = String(decoding: characters[at...], as: UTF8.self)
        if zone == "Z" { return instant }
        guard zone.utf8.count == 6, zone.hasPrefix("+") || zone.hasPrefix("-") else {
            throw NaiveError.badTime(text)
        }
        let minutes = try number(at + 1..<at + 3) * 60 + number(at + 4..<at + 6)
        return instant - Int64(zone.hasPrefix("+") ? minutes : -minutes) * 60_000_000
    }

    /// Writes an answer's time: UTC, whole seconds, `Z`; a missing time is the empty string.
    package static func format(_ instant: Int64?) -> String {
        guard let instant else { return "" }
        return String(write(instant).prefix(19)) + "Z"
    }

    /// Writes the instant in UTC with six digits after the point.
    package static func write(_ instant: Int64) -> String {
        var seconds = time_t(floorDivide(instant, 1_000_000))
        let rest = Int(instant - Int64(seconds) * 1_000_000)
        var parts = tm()
        gmtime_r(&seconds, &parts)
        func padded(_ value: Int, _ width: Int) -> String {
            let digits = String(value)
            return String(repeating: "0", count: max(0, width - digits.utf8.count)) + digits
        }
        let date =
            padded(Int(parts.tm_year) + 1900, 4) + "-" + padded(Int(parts.tm_mon) + 1, 2) + "-"
            + padded(Int(parts.tm_mday), 2)
        let clock =
            padded(Int(parts.tm_hour), 2) + ":" + padded(Int(parts.tm_min), 2) + ":"
            + padded(Int(parts.tm_sec), 2)
        return date + "T" + clock + "." + padded(rest, 6) + "Z"
    }
}

/// What the oracle could not read; a test that meets it is itself wrong.
package enum NaiveError: Error {
    case badTime(String)
    case badLine(String)
    case badConfiguration(String)
}
