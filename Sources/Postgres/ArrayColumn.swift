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
    private var values: [UInt8] = []

    package init(_ element: Element, capacity: Int = 0) {
        self.element = element
        values.reserveCapacity(capacity * 12)
    }

    /// Bytes held, for limits.
    package var byteCount: Int { values.count }

    package mutating func appendNull() {
        hasNull = true
        count += 1
        values.appendBigEndian(Int32(-1))
    }

    package mutating func append(int4 value: Int32) { appendFixed(value) }
    package mutating func append(int8 value: Int64) { appendFixed(value) }
    package mutating func append(bool value: Bool) { appendFixed(UInt8(value ? 1 : 0)) }

    /// Appends UTF-8 without U+0000.
    package mutating func append(text utf8: some Collection<UInt8>) {
        count += 1
        values.appendBigEndian(Int32(utf8.count))
        values.append(contentsOf: utf8)
    }

    /// Appends microseconds since 1970-01-01T00:00:00Z, or NULL.
    package mutating func append(timestamptz value: Int64?) {
        guard let value else { return appendNull() }
        appendFixed(Epoch.microseconds2000(value))
    }

    /// Appends days since 1970-01-01, or NULL.
    package mutating func append(date value: Int32?) {
        guard let value else { return appendNull() }
        appendFixed(Epoch.days2000(value))
    }

    private mutating func appendFixed(_ value: some FixedWidthInteger) {
        count += 1
        values.appendBigEndian(Int32(value.bitWidth / 8))
        values.appendBigEndian(value)
    }

    /// Dimensions, null flag and element type, then each value with its length.
    var encoded: [UInt8] {
        var bytes: [UInt8] = []
        bytes.reserveCapacity(20 + values.count)
        bytes.appendBigEndian(Int32(count == 0 ? 0 : 1))
        bytes.appendBigEndian(Int32(hasNull ? 1 : 0))
        bytes.appendBigEndian(element.oid)
        guard count > 0 else { return bytes }
        bytes.appendBigEndian(Int32(count))
        bytes.appendBigEndian(Int32(1))
        bytes.append(contentsOf: values)
        return bytes
    }
}
