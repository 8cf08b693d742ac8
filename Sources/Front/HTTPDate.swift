/// Writes instants as HTTP does: `Tue, 15 Nov 1994 08:12:31 GMT`.
package enum HTTPDate {
    private static let days = ["Sun", "Mon", "Tue", "Wed", "Thu", "Fri", "Sat"]
    private static let months = [
        "Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec",
    ]
    private static let secondsPerDay: Int64 = 86_400

    /// The text of an instant in seconds since 1970-01-01T00:00:00Z; years 0000 to 9999.
    package static func text(seconds: Int64) -> String {
        let day = seconds >= 0 ? seconds / secondsPerDay : (seconds - secondsPerDay + 1) / secondsPerDay
        let time = seconds - day * secondsPerDay
        let (year, month, dayOfMonth) = civil(day)
        // 1970-01-01 was a Thursday.
        let weekday = ((day + 4) % 7 + 7) % 7
        return "\(days[Int(weekday)]), \(two(dayOfMonth)) \(months[Int(month) - 1]) \(four(year)) "
            + "\(two(time / 3600)):\(two(time / 60 % 60)):\(two(time % 60)) GMT"
    }

    /// Whether an `If-Modified-Since` says that what was modified at `lastModified` is known.
    ///
    /// All times in seconds since 1970. A line that is no date, stands beside another one, or lies in the future
    /// counts as absent (RFC 9110 §13.1.3).
    package static func isUnchanged(since lines: [String], _ lastModified: Int64, now: Int64) -> Bool {
        guard lines.count == 1, let since = seconds(of: lines[0]) else { return false }
        return since <= now && lastModified <= since
    }

    /// Reads an instant in any of HTTP's three forms (RFC 9110 §5.6.7), as seconds since 1970.
    package static func seconds(of text: String) -> Int64? {
        let parts = text.split(whereSeparator: { $0 == " " || $0 == "-" || $0 == "," })
        let (day, month, year, time): (Substring, Substring, Substring, Substring)
        switch parts.count {
        // Sun, 06 Nov 1994 08:49:37 GMT, and the same with dashes: Sunday, 06-Nov-94 08:49:37 GMT.
        case 6 where parts[5] == "GMT": (day, month, year, time) = (parts[1], parts[2], parts[3], parts[4])
        // Sun Nov  6 08:49:37 1994
        case 5: (day, month, year, time) = (parts[2], parts[1], parts[4], parts[3])
        default: return nil
        }
        let clock = time.split(separator: ":", omittingEmptySubsequences: false)
        guard clock.count == 3, let monthNumber = months.firstIndex(where: { month == $0 }),
            let dayNumber = number(day, 1...31), let yearNumber = number(year, 0...9999),
            let hour = number(clock[0], 0...23), let minute = number(clock[1], 0...59),
            let second = number(clock[2], 0...60), year.utf8.count == 4 || year.utf8.count == 2
        else { return nil }
        // Two digits: the year of this century, unless that is far ahead.
        let full = year.utf8.count == 4 ? yearNumber : yearNumber + (yearNumber < 70 ? 2000 : 1900)
        let date = dayNumberSince1970(full, Int64(monthNumber) + 1, dayNumber)
        return date * secondsPerDay + hour * 3600 + minute * 60 + second
    }

    private static func number(_ text: Substring, _ range: ClosedRange<Int64>) -> Int64? {
        guard !text.isEmpty, text.utf8.allSatisfy({ $0 >= 48 && $0 <= 57 }), text.utf8.count <= 4,
            let number = Int64(text), range.contains(number)
        else { return nil }
        return number
    }

    /// The inverse of ``civil(_:)``.
    private static func dayNumberSince1970(_ year: Int64, _ month: Int64, _ day: Int64) -> Int64 {
        let shifted = month <= 2 ? year - 1 : year
        let era = (shifted >= 0 ? shifted : shifted - 399) / 400
        let yearOfEra = shifted - era * 400
        let dayOfYear = (153 * (month + (month > 2 ? -3 : 9)) + 2) / 5 + day - 1
        return era * 146_097 + yearOfEra * 365 + yearOfEra / 4 - yearOfEra / 100 + dayOfYear - 719_468
    }

    /// Year, month and day of a day number, by eras of 400 years that begin on 1 March.
    private static func civil(_ day: Int64) -> (year: Int64, month: Int64, day: Int64) {
        let shifted = day + 719_468
        let era = (shifted >= 0 ? shifted : shifted - 146_096) / 146_097
        let dayOfEra = shifted - era * 146_097
        let yearOfEra = (dayOfEra - dayOfEra / 1460 + dayOfEra / 36_524 - dayOfEra / 146_096) / 365
        let dayOfYear = dayOfEra - (365 * yearOfEra + yearOfEra / 4 - yearOfEra / 100)
        let monthFromMarch = (5 * dayOfYear + 2) / 153
        let month = monthFromMarch < 10 ? monthFromMarch + 3 : monthFromMarch - 9
        let year = yearOfEra + era * 400 + (month <= 2 ? 1 : 0)
        return (year, month, dayOfYear - (153 * monthFromMarch + 2) / 5 + 1)
    }

    private static func two(_ number: Int64) -> String { number < 10 ? "0\(number)" : String(number) }

    private static func four(_ number: Int64) -> String {
        let digits = String(number)
        return String(repeating: "0", count: max(0, 4 - digits.count)) + digits
    }
}
