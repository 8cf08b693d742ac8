/// The index at the end of a sealed segment, in the zstd seekable format, so that seekable readers can jump.
///
/// One entry a frame of the file, in order: for each commit its frame and its footer, then the seal. Skipped
/// frames have a decompressed size of 0. Numbers are little-endian.
/// ```
/// byte  0  4  magic 0x184D2A5E
///       4  4  bytes that follow: 8 · n + 9
///       8     an entry: compressed bytes (4), decompressed bytes (4); n of them
///          4  n
///          1  descriptor, 0: entries have no checksums
///          4  magic 0x8F92EAB1
/// ```
package struct SeekTable: Equatable, Sendable {
    package static let frameMagic: UInt32 = 0x184D_2A5E
    package static let footerMagic: UInt32 = 0x8F92_EAB1
    /// Bytes after the entries.
    package static let footerBytes = 9
    /// Bytes around the entries.
    package static let overheadBytes = 8 + footerBytes

    /// Sizes of one frame, in bytes.
    package struct Entry: Hashable, Sendable {
        package let compressedBytes: UInt32
        package let decompressedBytes: UInt32
    }

    package private(set) var entries: [Entry] = []

    package init() {}

    package mutating func append(compressedBytes: UInt32, decompressedBytes: UInt32) {
        entries.append(Entry(compressedBytes: compressedBytes, decompressedBytes: decompressedBytes))
    }

    /// Adds the two frames of a commit.
    mutating func append(_ footer: CommitFooter) {
        append(compressedBytes: footer.compressedBytes, decompressedBytes: footer.rawBytes)
        append(compressedBytes: UInt32(footer.byteCount), decompressedBytes: 0)
    }

    /// Bytes of all frames that the table lists: where the table itself starts.
    package var listedBytes: UInt64 { entries.reduce(0) { $0 + UInt64($1.compressedBytes) } }

    /// The table as it stands in the file.
    package func encoded() -> [UInt8] {
        var bytes: [UInt8] = []
        bytes.reserveCapacity(Self.overheadBytes + 8 * entries.count)
        bytes.appendInteger(Self.frameMagic)
        bytes.appendInteger(UInt32(8 * entries.count + Self.footerBytes))
        for entry in entries {
            bytes.appendInteger(entry.compressedBytes)
            bytes.appendInteger(entry.decompressedBytes)
        }
        bytes.appendInteger(UInt32(entries.count))
        bytes.append(0)
        bytes.appendInteger(Self.footerMagic)
        return bytes
    }

    /// The number of entries that the last nine bytes of a file announce, nil when they end no seek table.
    static func entryCount(footer bytes: [UInt8]) -> Int? {
        guard bytes.count == footerBytes, bytes.integer(at: 5) == footerMagic, bytes[4] == 0 else {
            return nil
        }
        return Int(bytes.integer(at: 0, as: UInt32.self))
    }

    /// Reads the table that is all of `bytes`.
    package static func decode(_ bytes: [UInt8]) throws(FormatError) -> SeekTable {
        guard bytes.count >= overheadBytes, let count = entryCount(footer: Array(bytes.suffix(footerBytes))),
            bytes.count == overheadBytes + 8 * count, bytes.integer(at: 0) == frameMagic,
            bytes.integer(at: 4, as: UInt32.self) == UInt32(bytes.count - 8)
        else { throw .invalid("the bytes are no seek table") }
        var table = SeekTable()
        table.entries.reserveCapacity(count)
        for index in 0..<count {
            table.append(
                compressedBytes: bytes.integer(at: 8 + 8 * index),
                decompressedBytes: bytes.integer(at: 12 + 8 * index)
            )
        }
        return table
    }
}
