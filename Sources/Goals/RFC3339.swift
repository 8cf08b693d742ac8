/// Instants as text: RFC 3339 with a zone, years 1970 to 9999.
package enum RFC3339 {
    /// Parses `2026-02-03T04:05:06[.fraction](Z|±hh:mm)`; the fraction is cut to microseconds.
    ///
    /// Nil for anything else: no zone, a leap second, a day the month does not have, an instant before 1970 or
    /// after 9999 once the offset is applied. By hand, since general date parsers are ten times too slow here.
    package static func parse(_ text: Span<UInt8>) -> Timestamp? {
        guard text.count >= 20,
            let year = number(text, 0, 4), text[4] == UInt8(ascii: "-"),
            let month = number(text, 5, 2), text[7] == UInt8(ascii: "-"),
            let day = number(text, 8, 2), text[10] | 0x20 == UInt8(ascii: "t"),
            let hour = number(text, 11, 2), text[13] == UInt8(ascii: ":"),
            let minute = number(text, 14, 2), text[16] == UInt8(ascii: ":"),
            let second = number(text, 17, 2)
        else { return nil }
        guard year >= 1969, (1...12).contains(month), day >= 1, day <= daysIn(month: month, year: year),
            hour < 24, minute < 60, second < 60
        else { return nil }
        var at = 19
        var fraction = 0
        if text[at] == UInt8(ascii: ".") {
            at += 1
            let start = at
            while at < text.count, case let digit = text[at] &- UInt8(ascii: "0"), digit < 10 {
                if at - start < 6 { fraction = fraction * 10 + Int(digit) }
                at += 1
            }
            guard at > start else { return nil }
            for _ in min(at - start, 6)..<6 { fraction *= 10 }
        }
        guard let offset = offsetSeconds(text, at) else { return nil }
        let days = UTCDay(year: year, month: month, day: day).number
        let seconds = Int64(days) * 86_400 + Int64(hour * 3600 + minute * 60 + second - offset)
        let instant = Timestamp(microseconds: seconds * 1_000_000 + Int64(fraction))
        return (least...greatest).contains(instant) ? instant : nil
    }

    package static func parse(_ text: String) -> Timestamp? { parse(Array(text.utf8).span) }

    package static let least = Timestamp(microseconds: 0)
    /// 9999-12-31T23:59:59.999999Z.
    package static let greatest = Timestamp(microseconds: 253_402_300_800_000_000 - 1)

    /// Appends `2026-02-03T04:05:06Z`, the fraction cut off: the form of the payloads.
    package static func appendSeconds(_ time: Timestamp, to text: inout [UInt8]) {
        let date = time.day.date
        let seconds = Int((time.microseconds - time.day.start.microseconds) / 1_000_000)
        append(date.year, 4, to: &text)
        text.append(UInt8(ascii: "-"))
        append(date.month, 2, to: &text)
        text.append(UInt8(ascii: "-"))
        append(date.day, 2, to: &text)
        text.append(UInt8(ascii: "T"))
        append(seconds / 3600, 2, to: &text)
        text.append(UInt8(ascii: ":"))
        append(seconds / 60 % 60, 2, to: &text)
        text.append(UInt8(ascii: ":"))
        append(seconds % 60, 2, to: &text)
        text.append(UInt8(ascii: "Z"))
    }

    /// `2026-02-03T04:05:06.123456Z`: nothing is lost.
    package static func text(_ time: Timestamp) -> String {
        var text: [UInt8] = []
        appendSeconds(time, to: &text)
        let fraction = Int((time.microseconds - time.day.start.microseconds) % 1_000_000)
        text.removeLast()
        text.append(UInt8(ascii: "."))
        append(fraction, 6, to: &text)
        text.append(UInt8(ascii: "Z"))
        return String(decoding: text, as: UTF8.self)
    }

    static func append(_ value: Int, _ width: Int, to text: inout [UInt8]) {
        var divisor = (1..<width).reduce(1) { power, _ in power * 10 }
        while divisor > 0 {
            text.append(UInt8(ascii: "0") + UInt8(value / divisor % 10))
            divisor /= 10
        }
    }

    private static func number(_ text: Span<UInt8>, _ start: Int, _ count: Int) -> Int? {
        var value = 0
        for index in start..<(start + count) {
            let digit = text[index] &- UInt8(ascii: "0")
            guard digit < 10 else { return nil }
            value = value * 10 + Int(digit)
        }
        return value
    }

    private static func offsetSeconds(_ text: Span<UInt8>, _ at: Int) -> Int? {
        guard at < text.count else { return nil }
        if text[at] | 0x20 == UInt8(ascii: "z") { return at + 1 == text.count ? 0 : nil }
        guard text[at] == UInt8(ascii: "+") || text[at] == UInt8(ascii: "-"), at + 6 == text.count,
            let hour = number(text, at + 1, 2), text[at + 3] == UInt8(ascii: ":"),
            let minute = number(text, at + 4, 2), hour < 24, minute < 60
        else { return nil }
        let seconds = hour * 3600 + minute * 60
        return text[at] == UInt8(ascii: "-") ? -seconds : seconds
    }

    private static func daysIn(month: Int, year: Int) -> Int {
        switch month {
        case 2: year % 4 == 0 && (year % 100 != 0 || year % 400 == 0) ? 29 : 28
        case 4, 6, 9, 11: 30
        default: 31
        }
    }
}

extension UTCDay {
    /// The proleptic Gregorian date; Howard Hinnant's `days_from_civil`, valid for all years used here.
    package init(year: Int, month: Int, day: Int) {
        let shifted = month <= 2 ? year - 1 : year
        let era = (shifted >= 0 ? shifted : shifted - 399) / 400
        let yearOfEra = shifted - era * 400
        let dayOfYear = (153 * (month > 2 ? month - 3 : month + 9) + 2) / 5 + day - 1
        let dayOfEra = yearOfEra * 365 + yearOfEra / 4 - yearOfEra / 100 + dayOfYear
        self.init(number: Int32(era * 146_097 + dayOfEra - 719_468))
    }

    package var date: (year: Int, month: Int, day: Int) {
        let shifted = Int(number) + 719_468
        let era = (shifted >= 0 ? shifted : shifted - 146_096) / 146_097
        let dayOfEra = shifted - era * 146_097
        let yearOfEra = (dayOfEra - dayOfEra / 1460 + dayOfEra / 36_524 - dayOfEra / 146_096) / 365
        let dayOfYear = dayOfEra - (365 * yearOfEra + yearOfEra / 4 - yearOfEra / 100)
        let monthIndex = (5 * dayOfYear + 2) / 153
        let month = monthIndex < 10 ? monthIndex + 3 : monthIndex - 9
        return (
            yearOfEra + era * 400 + (month <= 2 ? 1 : 0), month, dayOfYear - (153 * monthIndex + 2) / 5 + 1
        )
    }

    /// `2026-02-03`.
    package var text: String {
        var text: [UInt8] = []
        RFC3339.append(date.year, 4, to: &text)
        text.append(UInt8(ascii: "-"))
        RFC3339.append(date.month, 2, to: &text)
        text.append(UInt8(ascii: "-"))
        RFC3339.append(date.day, 2, to: &text)
        return String(decoding: text, as: UTF8.self)
    }
}
