/// One column of many values as a PostgreSQL array, built in its binary form: rows for `unnest($1, $2, …)`.
///
/// Hundreds of thousands of values go to the server in one parameter, without a temporary table and without
/// text in between. The server takes at most 1 GiB; callers chunk far below that.
package struct ArrayColumn: Sendable {
    /// What the array holds.
    package enum Element: Sendable {
        case int4, int8, bool, text, timestamptz, date

        var oid: UInt32 {
            switch self {
            case .int4: TypeOID.int4
            case .int8: TypeOID.int8
            case .bool: TypeOID.bool
            case .text: TypeOID.text
            case .timestamptz: TypeOID.timestamptz
            case .date: TypeOID.date
            }
        }

        var arrayOID: UInt32 {
            switch self {
            case .int4: 1007
            case .int8: 1016
            case .bool: 1000
            case .text: 1009
            case .timestamptz: 1185
            case .date: 1182
            }
        }
    }

    package let element: Element
    /// Values appended so far.
    package private(set) var count = 0
    private var hasNull = false
    /// Each value behind its length: what COPY calls a field.
    private var values: CopyEncoder

    package init(_ element: Element, capacity: Int = 0) {
        self.element = element
        values = CopyEncoder(capacity: capacity * 12)
    }

    /// Bytes held, for limits.
    package var byteCount: Int { values.byteCount }

    package mutating func appendNull() {
        hasNull = true
        count += 1
        values.null()
    }

    package mutating func append(int4 value: Int32) {
        count += 1
        values.int4(value)
    }

    package mutating func append(int8 value: Int64) {
        count += 1
        values.int8(value)
    }

    package mutating func append(bool value: Bool) {
        count += 1
        values.bool(value)
    }

    /// Appends UTF-8 without U+0000.
    package mutating func append(text utf8: [UInt8]) {
        count += 1
        values.text(utf8)
    }

    package mutating func append(text utf8: ArraySlice<UInt8>) {
        count += 1
        values.text(utf8)
    }

    package mutating func append(text utf8: String.UTF8View) {
        count += 1
        values.text(utf8)
    }

    /// Appends microseconds since 1970-01-01T00:00:00Z, or NULL.
    package mutating func append(timestamptz value: Int64?) {
        if value == nil { hasNull = true }
        count += 1
        values.timestamptz(value)
    }

    /// Appends days since 1970-01-01, or NULL.
    package mutating func append(date value: Int32?) {
        if value == nil { hasNull = true }
        count += 1
        values.date(value)
    }

    /// Dimensions, null flag and element type, then each value with its length.
    var encoded: [UInt8] {
        var bytes: [UInt8] = []
        bytes.reserveCapacity(20 + values.byteCount)
        bytes.appendBigEndian(Int32(count == 0 ? 0 : 1))
        bytes.appendBigEndian(Int32(hasNull ? 1 : 0))
        bytes.appendBigEndian(element.oid)
        guard count > 0 else { return bytes }
        bytes.appendBigEndian(Int32(count))
        bytes.appendBigEndian(Int32(1))
        bytes.append(contentsOf: values.bytes)
        return bytes
    }
}
