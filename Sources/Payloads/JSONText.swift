internal import Goals

/// Writes the pieces of compact JSON.
///
/// Strings escape `"`, `\` and controls (`\b \f \n \r \t`, else `\u00XX`) and nothing more: other characters
/// stand as UTF-8, and `<`, `>`, `&` and `/` as they are.
enum JSONText {
    /// Characters of a time.
    static let timeBytes = 20
    private static let digits = Array("0123456789abcdef".utf8)

    /// The string with its quotes.
    static func quoted(_ text: some Sequence<UInt8>) -> [UInt8] {
        var bytes: [UInt8] = [UInt8(ascii: "\"")]
        for byte in text {
            switch byte {
            case UInt8(ascii: "\""), UInt8(ascii: "\\"): bytes += [UInt8(ascii: "\\"), byte]
            case 0x08: bytes += Array("\\b".utf8)
            case 0x09: bytes += Array("\\t".utf8)
            case 0x0A: bytes += Array("\\n".utf8)
            case 0x0C: bytes += Array("\\f".utf8)
            case 0x0D: bytes += Array("\\r".utf8)
            case 0..<0x20: bytes += Array("\\u00".utf8) + [digits[Int(byte >> 4)], digits[Int(byte & 15)]]
            default: bytes.append(byte)
            }
        }
        bytes.append(UInt8(ascii: "\""))
        return bytes
    }

    static func quoted(_ text: String) -> [UInt8] { quoted(text.utf8) }

    /// Appends a number of 0 or more in decimal.
    static func append(_ number: Int, to bytes: inout [UInt8]) {
        if number >= 10 { append(number / 10, to: &bytes) }
        bytes.append(UInt8(ascii: "0") + UInt8(number % 10))
    }

    /// `2025-11-04T12:00:00Z`: UTC, rounded down to the second; years 0 to 9999.
    static func time(_ time: Timestamp) -> [UInt8] {
        let day = time.day
        var seconds = Int(time.microseconds - day.start.microseconds) / Int(Timestamp.microsecondsPerSecond)
        let (year, month, dayOfMonth) = civil(Int(day.number))
        var bytes: [UInt8] = []
        bytes.reserveCapacity(timeBytes)
        pair(year / 100, &bytes)
        pair(year % 100, &bytes)
        bytes.append(UInt8(ascii: "-"))
        pair(month, &bytes)
        bytes.append(UInt8(ascii: "-"))
        pair(dayOfMonth, &bytes)
        bytes.append(UInt8(ascii: "T"))
        pair(seconds / 3600, &bytes)
        seconds %= 3600
        bytes.append(UInt8(ascii: ":"))
        pair(seconds / 60, &bytes)
        bytes.append(UInt8(ascii: ":"))
        pair(seconds % 60, &bytes)
        bytes.append(UInt8(ascii: "Z"))
        return bytes
    }

    private static func pair(_ number: Int, _ bytes: inout [UInt8]) {
        bytes.append(UInt8(ascii: "0") + UInt8(truncatingIfNeeded: number / 10))
        bytes.append(UInt8(ascii: "0") + UInt8(truncatingIfNeeded: number % 10))
    }

    /// Year, month and day of a day number (Howard Hinnant's civil_from_days: eras of 400 years from March).
    private static func civil(_ number: Int) -> (Int, Int, Int) {
        let shifted = number + 719_468
        let era = (shifted >= 0 ? shifted : shifted - 146_096) / 146_097
        let dayOfEra = shifted - era * 146_097
        let yearOfEra = (dayOfEra - dayOfEra / 1460 + dayOfEra / 36_524 - dayOfEra / 146_096) / 365
        let dayOfYear = dayOfEra - (365 * yearOfEra + yearOfEra / 4 - yearOfEra / 100)
        let shiftedMonth = (5 * dayOfYear + 2) / 153
        let day = dayOfYear - (153 * shiftedMonth + 2) / 5 + 1
        let month = shiftedMonth < 10 ? shiftedMonth + 3 : shiftedMonth - 9
        return (yearOfEra + era * 400 + (month <= 2 ? 1 : 0), month, day)
    }
}
