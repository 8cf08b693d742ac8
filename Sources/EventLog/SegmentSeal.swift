/// What a sealed segment says of itself, in a skipped frame between its last commit and its seek table.
///
/// It makes listing, opening and searching by time independent of a segment's size, and repeats the newest
/// position of every source so far, so that older segments may be deleted. Numbers are little-endian.
/// ```
/// byte  0  4  magic 0x184D2A5C
///       4  4  bytes that follow
///       8  1  format version, 1
///       9  3  zero
///      12  4  number of sources
///      16  8  base offset
///      24  8  record count
///      32  8  commit count
///      40  8  raw bytes
///      48  8  least event time, milliseconds since 1970
///      56  8  greatest event time
///      64     a source: position in bytes (8), log offset after its commit (8), n (1), name (n)
///    last  4  CRC-32C of all before it
/// ```
package struct SegmentSeal: Equatable, Sendable {
    package static let magic: UInt32 = 0x184D_2A5C
    package static let version: UInt8 = 1
    /// Largest encoded seal, in bytes.
    package static let byteCountMax =
        headerBytes + 4 + LogLimits.sourcesMax * (17 + SourcePosition.nameBytesMax)
    private static let headerBytes = 64

    /// A source's newest position and the log offset after the commit that said so.
    package struct Source: Hashable, Sendable {
        package let position: SourcePosition
        package let recordOffset: UInt64
    }

    package var baseOffset: UInt64
    package var recordCount: UInt64
    package var commitCount: UInt64
    package var rawBytes: UInt64
    package var leastTime: Int64
    package var greatestTime: Int64
    /// From least to most recently committed from.
    package var sources: [Source]

    /// Sums up nothing: the seal of a segment before its first commit.
    init(baseOffset: UInt64) {
        self.baseOffset = baseOffset
        (recordCount, commitCount, rawBytes) = (0, 0, 0)
        (leastTime, greatestTime) = (.max, .min)
        sources = []
    }

    /// Log offset after the segment's last record.
    package var nextOffset: UInt64 { baseOffset + recordCount }

    /// Adds a commit to the sums; `sources` is set when the segment is sealed.
    mutating func add(_ footer: CommitFooter) {
        recordCount += UInt64(footer.recordCount)
        commitCount += 1
        rawBytes += UInt64(footer.rawBytes)
        leastTime = min(leastTime, footer.leastTime)
        greatestTime = max(greatestTime, footer.greatestTime)
    }

    /// The sources as a table that goes on in the next segment.
    var sourceTable: SourceTable {
        var table = SourceTable()
        for source in sources {
            table.insert(
                Array(source.position.name.utf8),
                SourceTable.Entry(byteOffset: source.position.byteOffset, recordOffset: source.recordOffset)
            )
        }
        return table
    }

    /// This seal with the positions of `table`.
    func with(_ table: SourceTable) -> SegmentSeal {
        var seal = self
        seal.sources = table.sorted.map { name, entry in
            Source(
                position: SourcePosition(
                    name: String(decoding: name, as: UTF8.self),
                    byteOffset: entry.byteOffset
                ),
                recordOffset: entry.recordOffset
            )
        }
        return seal
    }

    /// The seal as it stands in the file.
    package func encoded() -> [UInt8] {
        var bytes: [UInt8] = []
        let sourceBytes = sources.reduce(0) { $0 + 17 + $1.position.name.utf8.count }
        bytes.appendInteger(Self.magic)
        bytes.appendInteger(UInt32(Self.headerBytes - 8 + sourceBytes + 4))
        bytes += [Self.version, 0, 0, 0]
        bytes.appendInteger(UInt32(sources.count))
        for number in [baseOffset, recordCount, commitCount, rawBytes] { bytes.appendInteger(number) }
        for time in [leastTime, greatestTime] { bytes.appendInteger(time) }
        for source in sources {
            bytes.appendInteger(source.position.byteOffset)
            bytes.appendInteger(source.recordOffset)
            bytes.append(UInt8(source.position.name.utf8.count))
            bytes.append(contentsOf: source.position.name.utf8)
        }
        bytes.appendInteger(CRC32C.checksum(bytes))
        return bytes
    }

    /// Reads the seal that is all of `bytes`; every byte of it is checked.
    package static func decode(_ bytes: [UInt8]) throws(FormatError) -> SegmentSeal {
        guard bytes.count >= headerBytes + 4, bytes.count <= byteCountMax, bytes.integer(at: 0) == magic,
            bytes.integer(at: 4, as: UInt32.self) == UInt32(bytes.count - 8)
        else { throw .invalid("the bytes are no segment seal") }
        let end = bytes.count - 4
        guard bytes.integer(at: end) == CRC32C.checksum(bytes, 0..<end) else {
            throw .invalid("the checksum of the segment seal is wrong")
        }
        guard bytes[8] == version else { throw .newerVersion(bytes[8]) }
        let contradiction = FormatError.invalid("the segment seal contradicts itself")
        var seal = SegmentSeal(baseOffset: bytes.integer(at: 16))
        seal.recordCount = bytes.integer(at: 24)
        seal.commitCount = bytes.integer(at: 32)
        seal.rawBytes = bytes.integer(at: 40)
        seal.leastTime = bytes.integer(at: 48)
        seal.greatestTime = bytes.integer(at: 56)
        guard seal.commitCount > 0, seal.recordCount >= seal.commitCount,
            bytes[9...11].allSatisfy({ $0 == 0 }),
            !seal.baseOffset.addingReportingOverflow(seal.recordCount).overflow
        else { throw contradiction }
        var index = headerBytes
        for _ in 0..<bytes.integer(at: 12, as: UInt32.self) {
            guard index + 17 <= end else { throw contradiction }
            let nameEnd = index + 17 + Int(bytes[index + 16])
            guard nameEnd > index + 17, nameEnd <= end else { throw contradiction }
            let name = String(decoding: bytes[(index + 17)..<nameEnd], as: UTF8.self)
            // Repaired, a name could be longer than any that can be written again.
            guard name.utf8.elementsEqual(bytes[(index + 17)..<nameEnd]) else { throw contradiction }
            seal.sources.append(
                Source(
                    position: SourcePosition(name: name, byteOffset: bytes.integer(at: index)),
                    recordOffset: bytes.integer(at: index + 8)
                )
            )
            index = nameEnd
        }
        guard index == end else { throw contradiction }
        return seal
    }
}
