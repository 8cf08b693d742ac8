import CLibpq

/// A value bound to a statement's `$n`, sent in PostgreSQL's binary form.
package enum Parameter: Sendable {
    /// NULL of the type that the statement gives the place.
    case null
    case int4(Int32)
    case int8(Int64)
    case bool(Bool)
    /// UTF-8 without U+0000.
    case text([UInt8])
    /// Microseconds since 1970-01-01T00:00:00Z.
    case timestamptz(Int64)
    /// Days since 1970-01-01.
    case date(Int32)
    /// A whole column of values, for `unnest`.
    case array(ArrayColumn)

    /// A text parameter from a Swift string.
    package static func text(_ string: String) -> Parameter { .text(Array(string.utf8)) }

    var typeOID: UInt32 {
        switch self {
        case .null: 0
        case .int4: TypeOID.int4
        case .int8: TypeOID.int8
        case .bool: TypeOID.bool
        case .text: TypeOID.text
        case .timestamptz: TypeOID.timestamptz
        case .date: TypeOID.date
        case .array(let column): column.element.arrayOID
        }
    }

    /// The binary form, nil for NULL.
    var encoded: [UInt8]? {
        var bytes: [UInt8] = []
        switch self {
        case .null: return nil
        case .int4(let value): bytes.appendBigEndian(value)
        case .int8(let value): bytes.appendBigEndian(value)
        case .bool(let value): bytes.append(value ? 1 : 0)
        case .text(let utf8): bytes = utf8
        case .timestamptz(let value): bytes.appendBigEndian(Epoch.microseconds2000(value))
        case .date(let value): bytes.appendBigEndian(Epoch.days2000(value))
        case .array(let column): return column.encoded
        }
        return bytes
    }
}

/// Object ids of the built-in types in use; fixed in every PostgreSQL.
enum TypeOID {
    static let bool: UInt32 = 16
    static let int8: UInt32 = 20
    static let int2: UInt32 = 21
    static let int4: UInt32 = 23
    static let text: UInt32 = 25
    static let varchar: UInt32 = 1043
    static let date: UInt32 = 1082
    static let timestamptz: UInt32 = 1184
    static let uuid: UInt32 = 2950
}

/// PostgreSQL counts time from 2000-01-01; the rest of the house from 1970-01-01.
enum Epoch {
    private static let days: Int32 = 10_957
    private static let microseconds: Int64 = 10_957 * 86_400_000_000

    // Wrapping arithmetic: the extremes are the server's `infinity`, not a reason to stop the program.
    static func microseconds2000(_ since1970: Int64) -> Int64 { since1970 &- microseconds }
    static func microseconds1970(_ since2000: Int64) -> Int64 { since2000 &+ microseconds }
    static func days2000(_ since1970: Int32) -> Int32 { since1970 &- days }
    static func days1970(_ since2000: Int32) -> Int32 { since2000 &+ days }
}

extension [UInt8] {
    /// Appends the integer in network byte order.
    mutating func appendBigEndian(_ value: some FixedWidthInteger) {
        unsafe Swift.withUnsafeBytes(of: value.bigEndian) { unsafe append(contentsOf: $0) }
    }
}
