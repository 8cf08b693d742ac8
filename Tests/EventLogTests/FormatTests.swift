import EventLog
import TestKit
import Testing

@Suite struct FormatTests {
    private func footer(seed: UInt64) -> CommitFooter {
        var random = SplitMix64(seed: seed)
        let least = Int64.random(in: -5...Int64(1) << 40, using: &random)
        let names = ["a", "événements.ndjson", String(repeating: "x", count: 255)]
        let count = UInt32.random(in: 1...100_000, using: &random)
        return CommitFooter(
            baseOffset: UInt64.random(in: 0...(1 << 60), using: &random),
            recordCount: count,
            rawBytes: count + UInt32.random(in: 0...60_000_000, using: &random),
            compressedBytes: UInt32.random(in: 1...60_000_000, using: &random),
            frameChecksum: UInt32.random(in: 0...UInt32.max, using: &random),
            leastTime: least,
            greatestTime: least + Int64(seed),
            committedAt: 1_700_000_000_000,
            source: seed % 4 == 3
                ? nil
                : SourcePosition(
                    name: names[Int(seed % 4)],
                    byteOffset: UInt64.random(in: 0...UInt64.max, using: &random)
                )
        )
    }

    @Test(arguments: UInt64(0)..<40)
    func `a footer comes back, and every flipped bit of it is noticed`(seed: UInt64) throws {
        let footer = footer(seed: seed)
        let bytes = footer.encoded()
        #expect(bytes.count == footer.byteCount)
        #expect(try CommitFooter.decode([1, 2] + bytes, 2..<(2 + bytes.count)) == footer)
        for bit in 0..<(8 * bytes.count) {
            var flipped = bytes
            flipped[bit / 8] ^= 1 << UInt8(bit % 8)
            #expect(throws: FormatError.self) { _ = try CommitFooter.decode(flipped, 0..<flipped.count) }
        }
        for count in 0..<bytes.count {
            #expect(throws: FormatError.self) { _ = try CommitFooter.decode(bytes, 0..<count) }
        }
    }

    @Test func `an intact footer of a later version is told from damage`() {
        var bytes = footer(seed: 3).encoded()
        bytes[8] = 2
        bytes.replaceSubrange((bytes.count - 4)..., with: checksumBytes(Array(bytes.dropLast(4))))
        #expect(throws: FormatError.newerVersion(2)) { _ = try CommitFooter.decode(bytes, 0..<bytes.count) }
    }

    @Test(arguments: [(12, 0), (13, 200)])
    func `a footer that contradicts itself is refused, valid checksum or not`(index: Int, value: UInt8) {
        var bytes = footer(seed: 3).encoded()
        if index == 12 { bytes.replaceSubrange(12..<16, with: [0, 0, 0, 0]) } else { bytes[11] = value }
        bytes.replaceSubrange((bytes.count - 4)..., with: checksumBytes(Array(bytes.dropLast(4))))
        #expect(throws: FormatError.self) { _ = try CommitFooter.decode(bytes, 0..<bytes.count) }
    }

    @Test func `checksums are those of the standard`() {
        #expect(CRC32C.checksum(Array("123456789".utf8)) == 0xE306_9283)
        #expect(CRC32C.checksum([UInt8](repeating: 0, count: 32)) == 0x8A91_36AA)
        #expect(CRC32C.checksum([UInt8](repeating: 0xFF, count: 32)) == 0x62A8_AB43)
        #expect(CRC32C.checksum(Array(0..<32)) == 0x46DD_794E)
        #expect(CRC32C.checksum([]) == 0)
        #expect(CRC32C.checksum([9, 0x31, 0x32, 9], 1..<3) == CRC32C.checksum(Array("12".utf8)))
    }

    @Test(arguments: [0, 1, 42, UInt64.max])
    func `a segment's name is its base offset`(offset: UInt64) {
        let name = SegmentName(baseOffset: offset)
        #expect(name.fileName.utf8.count == 31)
        #expect(SegmentName(fileName: name.fileName) == name)
    }

    @Test(arguments: [
        "", ".ndjson.zst", "42.ndjson.zst", "00000000000000000042.ndjson.zst.tmp",
        "00000000000000000042.json",
        "0000000000000000004x.ndjson.zst", "+0000000000000000042.ndjson.zst",
        "99999999999999999999.ndjson.zst",
        "٠٠٠٠٠٠٠٠٠٠.ndjson.zst", "000000000000000000042.ndjson.zst", "x00000000000000000042.ndjson.zst",
    ])
    func `other names are no segments`(name: String) { #expect(SegmentName(fileName: name) == nil) }

    @Test func `a seek table comes back and ends as the seekable format says`() throws {
        var table = SeekTable()
        table.append(compressedBytes: 100, decompressedBytes: 1_000)
        table.append(compressedBytes: 72, decompressedBytes: 0)
        let bytes = table.encoded()
        #expect(bytes.count == 8 + 2 * 8 + 9)
        #expect(bytes[..<8] == [0x5E, 0x2A, 0x4D, 0x18, 25, 0, 0, 0])
        #expect(bytes.suffix(9) == [2, 0, 0, 0, 0, 0xB1, 0xEA, 0x92, 0x8F])
        #expect(try SeekTable.decode(bytes) == table)
        #expect(table.listedBytes == 172)
        #expect(throws: FormatError.self) { _ = try SeekTable.decode(Array(bytes.dropLast())) }
        #expect(throws: FormatError.self) { _ = try SeekTable.decode(Array(bytes.dropFirst())) }
    }

    private func checksumBytes(_ bytes: [UInt8]) -> [UInt8] {
        withUnsafeBytes(of: CRC32C.checksum(bytes).littleEndian) { Array($0) }
    }
}
