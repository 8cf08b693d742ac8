/// The mark after each frame that makes it committed, in a frame that zstd decoders skip.
///
/// Numbers are little-endian. n is the length of the source's name, 0 where there is no source.
/// ```
/// byte  0  4  magic 0x184D2A5B
///       4  4  bytes that follow: 64 + n
///       8  1  format version, 1
///       9  1  n
///      10  2  zero
///      12  4  record count, 1 or more
///      16  8  base offset: log offset of the frame's first record
///      24  4  raw bytes: content of the frame
///      28  4  compressed bytes: the frame itself
///      32  4  CRC-32C of the frame
///      36  8  least event time, milliseconds since 1970
///      44  8  greatest event time
///      52  8  commit time by the writer's clock
///      60  8  position in the source after the frame's last record, in bytes
///      68  n  name of the source, UTF-8
///  68 + n  4  CRC-32C of all before it
/// ```
package struct CommitFooter: Hashable, Sendable {
    package static let magic: UInt32 = 0x184D_2A5B
    package static let version: UInt8 = 1
    /// Bytes of a footer without a source.
    package static let byteCountMin = 72
    /// Bytes of a footer with the longest name.
    package static let byteCountMax = byteCountMin + SourcePosition.nameBytesMax

    package let baseOffset: UInt64
    package let recordCount: UInt32
    package let rawBytes: UInt32
    package let compressedBytes: UInt32
    /// CRC-32C of the compressed frame.
    package let frameChecksum: UInt32
    /// Milliseconds since 1970.
    package let leastTime: Int64
    /// Milliseconds since 1970; not less than `leastTime`.
    package let greatestTime: Int64
    /// When the writer committed, by its clock, milliseconds since 1970.
    package let committedAt: Int64
    package let source: SourcePosition?

    package init(
        baseOffset: UInt64,
        recordCount: UInt32,
        rawBytes: UInt32,
        compressedBytes: UInt32,
        frameChecksum: UInt32,
        leastTime: Int64,
        greatestTime: Int64,
        committedAt: Int64,
        source: SourcePosition? = nil
    ) {
        self.baseOffset = baseOffset
        self.recordCount = recordCount
        self.rawBytes = rawBytes
        self.compressedBytes = compressedBytes
        self.frameChecksum = frameChecksum
        self.leastTime = leastTime
        self.greatestTime = greatestTime
        self.committedAt = committedAt
        self.source = source
    }

    /// Log offset after the frame's last record.
    package var nextOffset: UInt64 { baseOffset + UInt64(recordCount) }
    /// Bytes of the encoded footer.
    package var byteCount: Int { Self.byteCountMin + (source?.name.utf8.count ?? 0) }

    /// The footer as it stands in the file.
    package func encoded() -> [UInt8] {
        var bytes: [UInt8] = []
        bytes.reserveCapacity(byteCount)
        let nameCount = source?.name.utf8.count ?? 0
        precondition(nameCount <= SourcePosition.nameBytesMax, "checked by FrameContent.check")
        bytes.appendInteger(Self.magic)
        bytes.appendInteger(UInt32(byteCount - 8))
        bytes += [Self.version, UInt8(nameCount), 0, 0]
        bytes.appendInteger(recordCount)
        bytes.appendInteger(baseOffset)
        bytes.appendInteger(rawBytes)
        bytes.appendInteger(compressedBytes)
        bytes.appendInteger(frameChecksum)
        bytes.appendInteger(leastTime)
        bytes.appendInteger(greatestTime)
        bytes.appendInteger(committedAt)
        bytes.appendInteger(source?.byteOffset ?? 0)
        if let source { bytes.append(contentsOf: source.name.utf8) }
        bytes.appendInteger(CRC32C.checksum(bytes))
        return bytes
    }

    /// Reads the footer that is `bytes[range]`; every byte of it is checked.
    package static func decode(_ bytes: [UInt8], _ range: Range<Int>) throws(FormatError) -> CommitFooter {
        let start = range.lowerBound
        guard range.upperBound <= bytes.count, range.count >= byteCountMin, range.count <= byteCountMax else {
            throw .invalid("a commit footer cannot have \(range.count) bytes")
        }
        guard bytes.integer(at: start) == magic,
            bytes.integer(at: start + 4, as: UInt32.self) == UInt32(range.count - 8)
        else { throw .invalid("the bytes are no commit footer") }
        let checksumAt = range.upperBound - 4
        guard bytes.integer(at: checksumAt) == CRC32C.checksum(bytes, start..<checksumAt) else {
            throw .invalid("the checksum of the commit footer is wrong")
        }
        // Only after the checksum: a damaged version byte is damage, not a newer program's work.
        guard bytes[start + 8] == version else { throw .newerVersion(bytes[start + 8]) }
        let nameCount = Int(bytes[start + 9])
        guard range.count == byteCountMin + nameCount, bytes[start + 10] == 0, bytes[start + 11] == 0 else {
            throw .invalid("the commit footer contradicts itself")
        }
        let byteOffset: UInt64 = bytes.integer(at: start + 60)
        let name = String(decoding: bytes[(start + 68)..<checksumAt], as: UTF8.self)
        let footer = CommitFooter(
            baseOffset: bytes.integer(at: start + 16),
            recordCount: bytes.integer(at: start + 12),
            rawBytes: bytes.integer(at: start + 24),
            compressedBytes: bytes.integer(at: start + 28),
            frameChecksum: bytes.integer(at: start + 32),
            leastTime: bytes.integer(at: start + 36),
            greatestTime: bytes.integer(at: start + 44),
            committedAt: bytes.integer(at: start + 52),
            source: nameCount == 0 ? nil : SourcePosition(name: name, byteOffset: byteOffset)
        )
        guard footer.recordCount > 0, footer.leastTime <= footer.greatestTime,
            footer.rawBytes >= footer.recordCount, footer.rawBytes <= UInt32(LogLimits.frameBytesMax),
            !footer.baseOffset.addingReportingOverflow(UInt64(footer.recordCount)).overflow,
            name.utf8.elementsEqual(bytes[(start + 68)..<checksumAt]), nameCount > 0 || byteOffset == 0
        else { throw .invalid("the commit footer contradicts itself") }
        return footer
    }
}
