import Goals

/// Values as result files spell them: CSV by RFC 4180 and JSON.
///
/// A missing value is an empty field in CSV (no text of ours is empty) and `null` in JSON. Times are RFC 3339 with
/// microseconds, days `2026-01-05`.
enum FieldText {
    private static let hexDigits = Array("0123456789abcdef".utf8)

    /// A text as a CSV field, quoted only where it has to be.
    static func csv(_ text: some Collection<UInt8>) -> [UInt8] {
        let needsQuotes =
            text.contains { [UInt8(ascii: "\""), UInt8(ascii: ","), 0x0A, 0x0D].contains($0) }
            // Readers trim blanks at the ends, and take a lone empty field for no line at all.
            || text.isEmpty || text.first == 0x20 || text.first == 0x09 || text.reversed().first == 0x20
            || text.reversed().first == 0x09
        guard needsQuotes else { return Array(text) }
        var field: [UInt8] = [UInt8(ascii: "\"")]
        for byte in text {
            if byte == UInt8(ascii: "\"") { field.append(byte) }
            field.append(byte)
        }
        field.append(UInt8(ascii: "\""))
        return field
    }

    /// A text as a JSON string with its quotes.
    static func json(_ text: some Collection<UInt8>) -> [UInt8] {
        var string: [UInt8] = [UInt8(ascii: "\"")]
        for byte in text {
            switch byte {
            case UInt8(ascii: "\""), UInt8(ascii: "\\"): string += [UInt8(ascii: "\\"), byte]
            case 0..<0x20:
                string += Array("\\u00".utf8) + [hexDigits[Int(byte >> 4)], hexDigits[Int(byte & 15)]]
            default: string.append(byte)
            }
        }
        string.append(UInt8(ascii: "\""))
        return string
    }

    /// Appends a number of 0 or more in decimal.
    static func append(_ number: some FixedWidthInteger, to bytes: inout [UInt8]) {
        if number >= 10 { append(number / 10, to: &bytes) }
        bytes.append(UInt8(ascii: "0") + UInt8(number % 10))
    }

    /// Appends `2026-02-03T04:05:06.123456Z`.
    static func append(_ time: Timestamp, to bytes: inout [UInt8]) {
        RFC3339.appendSeconds(time, to: &bytes)
        bytes.removeLast()
        bytes.append(UInt8(ascii: "."))
        var divisor: Int64 = 100_000
        let fraction = (time.microseconds - time.day.start.microseconds) % Timestamp.microsecondsPerSecond
        while divisor > 0 {
            bytes.append(UInt8(ascii: "0") + UInt8(fraction / divisor % 10))
            divisor /= 10
        }
        bytes.append(UInt8(ascii: "Z"))
    }
}
