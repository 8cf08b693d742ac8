package import Foundation

/// How the files of this room are spelled: sorted keys, times as RFC 3339 in UTC to the millisecond.
package enum StatusJSON {
    private static let timeStyle = Date.ISO8601FormatStyle(includingFractionalSeconds: true)

    package static func encode(_ value: some Encodable) throws -> [UInt8] {
        let encoder = JSONEncoder()
        encoder.outputFormatting = [.sortedKeys, .withoutEscapingSlashes]
        encoder.dateEncodingStrategy = .custom { date, encoder in
            var container = encoder.singleValueContainer()
            try container.encode(text(date))
        }
        return Array(try encoder.encode(value))
    }

    package static func decode<Value: Decodable>(_ type: Value.Type, from bytes: [UInt8]) throws -> Value {
        let decoder = JSONDecoder()
        decoder.dateDecodingStrategy = .custom { decoder in
            try Date(try decoder.singleValueContainer().decode(String.self), strategy: timeStyle)
        }
        return try decoder.decode(type, from: Data(bytes))
    }

    /// `2026-02-03T04:05:06.789Z`.
    ///
    /// Rounded, so that a time that was read is written as it was: the format cuts digits off, and a binary fraction
    /// may lie just below its millisecond.
    package static func text(_ date: Date) -> String {
        let milliseconds = (date.timeIntervalSinceReferenceDate * 1000).rounded()
        return Date(timeIntervalSinceReferenceDate: (milliseconds + 0.25) / 1000).formatted(timeStyle)
    }
}
