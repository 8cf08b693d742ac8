/// Encodes the rows of a binary COPY: values as the server stores them, without a connection.
///
/// Each row is `row(fieldCount:)` followed by exactly that many fields in the order of the statement's columns,
/// with the columns' types: binary COPY converts nothing. Millions of fields go through it, so that it writes them
/// into bytes that are there already: appending to an array takes several times the instructions.
package struct CopyEncoder: Sendable {
    private var buffer: [UInt8]
    /// Bytes encoded and not removed yet.
    package private(set) var byteCount = 0

    /// Makes room for `capacity` bytes; it grows where that is not enough.
    package init(capacity: Int = 0) { buffer = Array(repeating: 0, count: capacity) }

    /// Forgets what was encoded and keeps the memory.
    package mutating func removeAll() { byteCount = 0 }

    /// What was encoded.
    var bytes: ArraySlice<UInt8> { buffer[..<byteCount] }

    /// What the first row comes after.
    mutating func header() {
        for byte in Array("PGCOPY\n".utf8) + [0xFF, 0x0D, 0x0A, 0, 0, 0, 0, 0, 0, 0, 0, 0] { put(byte) }
    }

    /// What comes after the last row.
    mutating func trailer() { put(Int16(-1)) }

    /// Begins a row.
    package mutating func row(fieldCount: Int) { put(Int16(fieldCount)) }

    package mutating func null() { put(Int32(-1)) }
    package mutating func int2(_ value: Int16) { fixed(value) }
    package mutating func int4(_ value: Int32) { fixed(value) }
    package mutating func int8(_ value: Int64) { fixed(value) }
    package mutating func bool(_ value: Bool) { fixed(UInt8(value ? 1 : 0)) }

    /// UTF-8 without U+0000, for `text` and `varchar`.
    ///
    /// Not generic, nor are its siblings: other rooms call them for every field, and the compiler makes no code for
    /// their types here.
    package mutating func text(_ utf8: [UInt8]) { unsafe utf8.withUnsafeBytes { unsafe text($0) } }
    package mutating func text(_ utf8: ArraySlice<UInt8>) {
        unsafe utf8.withUnsafeBytes { unsafe text($0) }
    }
    package mutating func text(_ utf8: String.UTF8View) {
        let found: Void? = unsafe utf8.withContiguousStorageIfAvailable {
            unsafe text(UnsafeRawBufferPointer($0))
        }
        if found == nil { text(Array(utf8)) }
    }

    /// Microseconds since 1970-01-01T00:00:00Z, or NULL.
    package mutating func timestamptz(_ value: Int64?) {
        guard let value else { return null() }
        fixed(Epoch.microseconds2000(value))
    }

    /// Days since 1970-01-01, or NULL.
    package mutating func date(_ value: Int32?) {
        guard let value else { return null() }
        fixed(Epoch.days2000(value))
    }

    // MARK: Writing

    private mutating func text(_ utf8: UnsafeRawBufferPointer) {
        put(Int32(utf8.count))
        reserve(utf8.count)
        let at = byteCount
        unsafe buffer.withUnsafeMutableBytes { target in
            unsafe UnsafeMutableRawBufferPointer(rebasing: target[at..<(at + utf8.count)]).copyMemory(
                from: utf8
            )
        }
        byteCount += utf8.count
    }

    private mutating func fixed<Value: FixedWidthInteger>(_ value: Value) {
        put(Int32(Value.bitWidth / 8))
        put(value)
    }

    @inline(__always)
    private mutating func put<Value: FixedWidthInteger>(_ value: Value) {
        reserve(Value.bitWidth / 8)
        let at = byteCount
        unsafe buffer.withUnsafeMutableBytes { target in
            unsafe target.storeBytes(of: value.bigEndian, toByteOffset: at, as: Value.self)
        }
        byteCount += Value.bitWidth / 8
    }

    @inline(__always)
    private mutating func reserve(_ count: Int) {
        if byteCount + count > buffer.count { grow(by: count) }
    }

    @inline(never)
    private mutating func grow(by count: Int) {
        buffer.append(contentsOf: repeatElement(0, count: max(count, buffer.count, 4096)))
    }
}
