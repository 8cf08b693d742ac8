/// One tuple of a binary COPY, taken apart field after field; valid only inside the closure that it is lent to.
///
/// Fields come in the order of the statement's columns. Unlike `Row` it cannot see the columns' types: a field
/// whose size is not the asked type's, or NULL where a value is asked for, throws `protocolViolation`.
@safe package struct TupleReader: ~Copyable {
    private let bytes: UnsafeRawBufferPointer
    private var at = 0

    init(_ bytes: UnsafeRawBufferPointer) { unsafe self.bytes = bytes }

    /// Begins the tuple: throws unless it has so many fields.
    package mutating func expect(fieldCount: Int) throws(PostgresError) {
        guard unsafe bytes.count >= 2, Int(load(Int16.self, at: 0)) == fieldCount else {
            throw .protocolViolation("a tuple of a binary COPY has not the \(fieldCount) fields asked for")
        }
        at = 2
    }

    package mutating func int4() throws(PostgresError) -> Int32 { load(Int32.self, at: try fixed(4)) }
    package mutating func int8() throws(PostgresError) -> Int64 { load(Int64.self, at: try fixed(8)) }
    /// Nil for NULL.
    package mutating func optionalInt8() throws(PostgresError) -> Int64? {
        try optionalFixed(8).map { load(Int64.self, at: $0) }
    }
    package mutating func bool() throws(PostgresError) -> Bool { load(UInt8.self, at: try fixed(1)) != 0 }

    /// Microseconds since 1970-01-01T00:00:00Z.
    package mutating func timestamptz() throws(PostgresError) -> Int64 {
        Epoch.microseconds1970(load(Int64.self, at: try fixed(8)))
    }
    /// Microseconds since 1970-01-01T00:00:00Z, nil for NULL.
    package mutating func optionalTimestamptz() throws(PostgresError) -> Int64? {
        guard let at = try optionalFixed(8) else { return nil }
        return Epoch.microseconds1970(load(Int64.self, at: at))
    }
    /// Days since 1970-01-01, nil for NULL.
    package mutating func optionalDate() throws(PostgresError) -> Int32? {
        guard let at = try optionalFixed(4) else { return nil }
        return Epoch.days1970(load(Int32.self, at: at))
    }

    /// Appends the UTF-8 of a `text` or `varchar` field to `target` and returns where it is there; nil for NULL.
    package mutating func text(into target: inout [UInt8]) throws(PostgresError) -> Range<Int>? {
        let count = try length()
        guard count >= 0 else { return nil }
        let start = target.count
        unsafe target.append(contentsOf: UnsafeRawBufferPointer(rebasing: bytes[at..<(at + count)]))
        at += count
        return start..<target.count
    }

    /// Where the next field's `size` bytes are.
    private mutating func fixed(_ size: Int) throws(PostgresError) -> Int {
        guard let found = try optionalFixed(size) else {
            throw .protocolViolation("a field of a binary COPY is NULL where a value was expected")
        }
        return found
    }

    private mutating func optionalFixed(_ size: Int) throws(PostgresError) -> Int? {
        let count = try length()
        guard count >= 0 else { return nil }
        guard count == size else {
            throw .protocolViolation("a field of a binary COPY holds \(count) bytes, not \(size)")
        }
        defer { at += count }
        return at
    }

    /// The next field's length, checked against what is there; −1 for NULL.
    private mutating func length() throws(PostgresError) -> Int {
        guard unsafe bytes.count - at >= 4 else {
            throw .protocolViolation("a tuple of a binary COPY ends early")
        }
        let count = Int(load(Int32.self, at: at))
        at += 4
        guard count >= -1, unsafe count <= bytes.count - at else {
            throw .protocolViolation("a field of a binary COPY ends outside of its tuple")
        }
        return count
    }

    // Callers have checked that the bytes are there.
    private func load<Value: FixedWidthInteger & BitwiseCopyable>(_ type: Value.Type, at offset: Int) -> Value
    {
        unsafe Value(bigEndian: bytes.loadUnaligned(fromByteOffset: offset, as: Value.self))
    }
}
