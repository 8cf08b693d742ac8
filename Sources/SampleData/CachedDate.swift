/// Writes RFC 3339 times to the millisecond, and works out the calendar date only when the day changes.
struct CachedDate: Sendable {
    /// The last instant of the year 9999, the end of RFC 3339's years.
    static let lastMillisecond: UInt64 = 253_402_300_799_999

    private var day: UInt64 = .max
    private var year = 0
    private var month = 0
    private var dayOfMonth = 0

    init() {}

    /// Writes an instant, in milliseconds since 1970, as `2026-01-05T07:08:09.123Z`.
    mutating func write(milliseconds: UInt64, to writer: inout LineWriter) {
        let (day, rest) = milliseconds.quotientAndRemainder(dividingBy: 86_400_000)
        if day != self.day { turn(to: day) }
        let time = Int(rest)
        writer.padded(year, digits: 4)
        writer.byte(UInt8(ascii: "-"))
        writer.padded(month, digits: 2)
        writer.byte(UInt8(ascii: "-"))
        writer.padded(dayOfMonth, digits: 2)
        writer.byte(UInt8(ascii: "T"))
        writer.padded(time / 3_600_000, digits: 2)
        writer.byte(UInt8(ascii: ":"))
        writer.padded(time / 60_000 % 60, digits: 2)
        writer.byte(UInt8(ascii: ":"))
        writer.padded(time / 1_000 % 60, digits: 2)
        writer.byte(UInt8(ascii: "."))
        writer.padded(time % 1_000, digits: 3)
        writer.byte(UInt8(ascii: "Z"))
    }

    private mutating func turn(to day: UInt64) {
        self.day = day
        // Counted in 400-year cycles from 0000-03-01, so that the leap day ends a year
        // (Howard Hinnant, "chrono-Compatible Low-Level Date Algorithms", civil_from_days).
        let shifted = Int(day) + 719_468
        let dayOfCycle = shifted % 146_097
        let yearOfCycle =
            (dayOfCycle - dayOfCycle / 1_460 + dayOfCycle / 36_524 - dayOfCycle / 146_096) / 365
        let dayOfYear = dayOfCycle - (365 * yearOfCycle + yearOfCycle / 4 - yearOfCycle / 100)
        let monthFromMarch = (5 * dayOfYear + 2) / 153
        dayOfMonth = dayOfYear - (153 * monthFromMarch + 2) / 5 + 1
        month = monthFromMarch < 10 ? monthFromMarch + 3 : monthFromMarch - 9
        year = shifted / 146_097 * 400 + yearOfCycle + (month <= 2 ? 1 : 0)
    }
}
