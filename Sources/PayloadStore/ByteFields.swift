/// Appends fixed-width fields, little-endian, and texts with their length before them.
struct FieldWriter {
    var bytes: [UInt8] = []

    mutating func append(_ value: some FixedWidthInteger) {
        withUnsafeBytes(of: value.littleEndian) { bytes.append(contentsOf: $0) }
    }

    /// A 32-bit length, then the bytes.
    mutating func append(text: [UInt8]) {
        append(UInt32(text.count))
        bytes.append(contentsOf: text)
    }

    /// The XXH64 of all bytes so far.
    mutating func appendChecksum(seed: UInt64 = 0) { append(Checksum.xxh64(bytes, seed: seed)) }
}

/// Reads what `FieldWriter` wrote; every call answers nil when the bytes end too early.
struct FieldReader {
    let bytes: UnsafeRawBufferPointer
    private(set) var at = 0

    init(_ bytes: UnsafeRawBufferPointer) { self.bytes = bytes }

    var remaining: Int { bytes.count - at }

    mutating func read<Value: FixedWidthInteger>(_ type: Value.Type) -> Value? {
        let size = MemoryLayout<Value>.size
        guard remaining >= size else { return nil }
        defer { at += size }
        return Value(littleEndian: bytes.loadUnaligned(fromByteOffset: at, as: type))
    }

    /// A text of at most `countMax` bytes.
    mutating func readText(countMax: Int) -> [UInt8]? {
        guard let count = read(UInt32.self), count <= countMax else { return nil }
        return readBytes(Int(count))
    }

    /// Where the next `count` bytes lie, which are stepped over.
    mutating func skip(_ count: Int) -> Range<Int>? {
        guard count >= 0, remaining >= count else { return nil }
        defer { at += count }
        return at..<(at + count)
    }

    mutating func readBytes(_ count: Int) -> [UInt8]? {
        guard count >= 0, remaining >= count else { return nil }
        defer { at += count }
        return Array(bytes[at..<(at + count)])
    }
}
