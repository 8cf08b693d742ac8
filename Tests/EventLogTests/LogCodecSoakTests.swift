import Disk
import EventLog
import TestKit
import Testing

/// Random values come back from their bytes, and bytes that are not theirs never pass for them.
///
/// Footers and seals are covered by a checksum, so every change is noticed. A seek table has none: a change of an entry's
/// sizes passes, and readers find out by the footers that it leads to. `stream.json` has none: another UUID and other
/// white space pass. Names of segments and configurations are their own values.
@Suite struct LogCodecSoakTests {
    private static let rounds = 300

    @Test func `commit footers and source positions come back, and no changed bytes pass for one`() throws {
        for seed in try SeedRun(1...4) {
            var random = SplitMix64(seed: seed)
            for _ in 0..<Self.rounds {
                let footer = Self.footer(&random)
                let bytes = footer.encoded()
                let before = random.number(0...3)
                let padded = [UInt8](repeating: 0x5B, count: before) + bytes + [1, 2]
                let decoded = try CommitFooter.decode(padded, before..<(before + bytes.count))
                #expect(decoded == footer && decoded.encoded() == bytes, "seed \(seed)")
                let other = Mutation.apply(to: bytes, using: &random)
                if other != bytes {
                    #expect(throws: FormatError.self, "seed \(seed): \(other)") {
                        _ = try CommitFooter.decode(other, 0..<other.count)
                    }
                }
                // With a valid checksum it is a footer or none, but one that can be written again.
                let mended = Mutation.withChecksum(other)
                if let value = Self.value({ () throws(FormatError) in
                    try CommitFooter.decode(mended, 0..<mended.count)
                }) {
                    #expect(value.encoded() == mended, "seed \(seed): \(mended)")
                }
            }
        }
    }

    @Test func `seals come back, and no changed bytes pass for one`() throws {
        for seed in try SeedRun(1...4) {
            var random = SplitMix64(seed: seed)
            for _ in 0..<Self.rounds {
                let seal = try Self.seal(&random)
                let bytes = seal.encoded()
                #expect(try SegmentSeal.decode(bytes) == seal, "seed \(seed)")
                let other = Mutation.apply(to: bytes, using: &random)
                if other != bytes {
                    #expect(throws: FormatError.self, "seed \(seed): \(other)") {
                        _ = try SegmentSeal.decode(other)
                    }
                }
                let mended = Mutation.withChecksum(other)
                if let value = Self.value({ () throws(FormatError) in try SegmentSeal.decode(mended) }) {
                    #expect(value.encoded() == mended, "seed \(seed): \(mended)")
                }
            }
        }
    }

    @Test func `seek tables come back, and only an entry's sizes can change unseen`() throws {
        for seed in try SeedRun(1...4) {
            var random = SplitMix64(seed: seed)
            for _ in 0..<Self.rounds {
                var table = SeekTable()
                for _ in 0..<random.number(0...20) {
                    table.append(
                        compressedBytes: UInt32(truncatingIfNeeded: random.next()),
                        decompressedBytes: UInt32(truncatingIfNeeded: random.next())
                    )
                }
                let bytes = table.encoded()
                #expect(try SeekTable.decode(bytes) == table, "seed \(seed)")
                let other = Mutation.apply(to: bytes, using: &random)
                if let value = Self.value({ () throws(FormatError) in try SeekTable.decode(other) }) {
                    #expect(value.encoded() == other, "seed \(seed): \(other)")
                    #expect(other.count != bytes.count || value.entries.count == table.entries.count)
                }
            }
        }
    }

    @Test func `a name is a segment's only if it is written as that segment's`() throws {
        for seed in try SeedRun(1...4) {
            var random = SplitMix64(seed: seed)
            for _ in 0..<Self.rounds {
                let offset = random.next() >> UInt64(random.number(0...63))
                let name = SegmentName(baseOffset: offset)
                #expect(SegmentName(fileName: name.fileName) == name, "seed \(seed)")
                let text = String(
                    decoding: Mutation.apply(to: Array(name.fileName.utf8), using: &random),
                    as: UTF8.self
                )
                if let other = SegmentName(fileName: text) { #expect(other.fileName == text, "seed \(seed)") }
            }
        }
    }

    @Test func `an identity comes back, and a spoiled one is an error that names the file`() throws {
        for seed in try SeedRun(1...4) {
            var random = SplitMix64(seed: seed)
            for _ in 0..<Self.rounds {
                let disk = SimulatedDisk()
                let uuid = Self.uuid(&random)
                let identity = try LogDirectory.create(volume: disk, path: "/log") { uuid.uppercased() }
                let log = LogDirectory(volume: disk, path: "/log")
                #expect(try log.identity() == identity && identity.uuid == uuid, "seed \(seed)")
                let bytes = try #require(disk.contents("/log/stream.json"))
                let other = Mutation.apply(to: bytes, using: &random)
                disk.place(other, at: "/log/stream.json")
                do throws(LogError) {
                    let read = try log.identity()
                    #expect(read.version == 1 && read.uuid.utf8.count == 36, "seed \(seed): \(other)")
                } catch {
                    switch error {
                    case .identityDamaged(let file, _), .newerFormat(let file, _, _):
                        #expect(file == "/log/stream.json")
                    case .disk(let error): #expect(error.path == "/log/stream.json")
                    default: Issue.record("seed \(seed): \(error) for \(other)")
                    }
                }
            }
        }
    }

    @Test func `configurations are found by their offsets, whatever else lies beside them`() throws {
        for seed in try SeedRun(1...4) {
            var random = SplitMix64(seed: seed)
            for _ in 0..<Self.rounds {
                let disk = SimulatedDisk()
                try disk.makeDirectory("/log/challenges", mode: 0o755)
                let history = LogDirectory(volume: disk, path: "/log").configurations
                var expected: [UInt64: [UInt8]] = [:]
                for _ in 0..<random.number(0...6) {
                    let offset = random.next() >> UInt64(random.number(0...63))
                    let bytes = [UInt8](repeating: UInt8(offset & 0xFF), count: random.number(0...9))
                    expected[offset] = bytes
                    disk.place(bytes, at: history.path(at: offset))
                    let name = Mutation.apply(
                        to: Array(history.path(at: offset).utf8.suffix(25)),
                        using: &random
                    )
                    let text = String(decoding: name, as: UTF8.self)
                    let isOther = !text.utf8.elementsEqual(history.path(at: offset).utf8.suffix(25))
                    let digits = text.utf8.prefix(20)
                    let isPlausible =
                        text.utf8.count == 25 && text.hasSuffix(".json")
                        && digits.allSatisfy { (48...57).contains($0) }
                    if isOther, !isPlausible, !text.contains("/"), !text.isEmpty {
                        disk.place([1], at: "/log/challenges/" + text)
                    }
                }
                #expect(try history.offsets() == expected.keys.sorted(), "seed \(seed)")
                for (offset, bytes) in expected {
                    #expect(try history.read(at: offset) == bytes, "seed \(seed)")
                }
                let asked = random.next() >> UInt64(random.number(0...63))
                let governing = expected.keys.filter { $0 <= asked }.max()
                #expect(try history.governing(asked) == governing, "seed \(seed)")
            }
        }
    }

    /// Lengths that a file announces take no memory that the file itself does not.
    @Test func `announced lengths are checked before memory is taken`() throws {
        let huge = [UInt8](repeating: 0xFF, count: 8)
        #expect(throws: FormatError.self) { _ = try SeekTable.decode(huge + huge + huge + huge) }
        // A table that announces 2^32 - 1 entries, and a seal that announces as many sources.
        var table = SeekTable().encoded()
        table.replaceSubrange((table.count - 9)..<(table.count - 5), with: [0xFF, 0xFF, 0xFF, 0xFF])
        #expect(throws: FormatError.self) { _ = try SeekTable.decode(table) }
        var random = SplitMix64(seed: 1)
        var seal = try Self.seal(&random).encoded()
        seal.replaceSubrange(12..<16, with: [0xFF, 0xFF, 0xFF, 0xFF])
        #expect(throws: FormatError.self) { _ = try SegmentSeal.decode(Mutation.withChecksum(seal)) }
        let disk = SimulatedDisk()
        try LogDirectory.create(volume: disk, path: "/log") { Self.uuid(&random) }
        disk.place([UInt8](repeating: 0x20, count: 1 << 20), at: "/log/stream.json")
        let error = #expect(throws: LogError.self) {
            _ = try LogDirectory(volume: disk, path: "/log").identity()
        }
        #expect(error == .disk(DiskError(.read, "/log/stream.json", code: DiskErrorCode.fileTooLarge)))
    }

    // MARK: - Random values

    private static func value<Value>(_ body: () throws(FormatError) -> Value) -> Value? {
        do throws(FormatError) {
            return try body()
        } catch {
            // Refused: that is what most bytes deserve.
            return nil
        }
    }

    private static func sourceName(_ random: inout SplitMix64) -> String {
        let letters = ["a", "é", "e\u{301}", "🏆", "/", "\u{0}", "長"]
        var name = random.pick(letters)
        while random.chance(80) {
            let next = name + random.pick(letters)
            if next.utf8.count > SourcePosition.nameBytesMax { break }
            name = next
        }
        return name
    }

    private static func footer(_ random: inout SplitMix64) -> CommitFooter {
        let times = [Int64(bitPattern: random.next()), Int64(bitPattern: random.next())].sorted()
        let count = UInt32(random.number(1...1_000_000))
        let most = LogLimits.frameBytesMax - Int(count)
        return CommitFooter(
            baseOffset: random.next() >> UInt64(random.number(1...63)),
            recordCount: count,
            rawBytes: count + UInt32(random.number(0...most)),
            compressedBytes: UInt32(truncatingIfNeeded: random.next()),
            frameChecksum: UInt32(truncatingIfNeeded: random.next()),
            leastTime: times[0],
            greatestTime: times[1],
            committedAt: Int64(bitPattern: random.next()),
            source: random.oneIn(2)
                ? SourcePosition(name: sourceName(&random), byteOffset: random.next()) : nil
        )
    }

    private static func seal(_ random: inout SplitMix64) throws -> SegmentSeal {
        var sources: [UInt8] = []
        let sourceCount = random.number(0...5)
        for _ in 0..<sourceCount {
            let name = Array(sourceName(&random).utf8)
            sources += littleEndian(random.next()) + littleEndian(random.next()) + [UInt8(name.count)] + name
        }
        var bytes: [UInt8] = []
        for word in [SegmentSeal.magic, UInt32(60 + sources.count), 1, UInt32(sourceCount)] {
            bytes += littleEndian(word)
        }
        for word in [UInt64(0), 1, 1, 1, 0, 0] { bytes += littleEndian(word) }
        var seal = try SegmentSeal.decode(Mutation.withChecksum(bytes + sources + [0, 0, 0, 0]))
        seal.baseOffset = random.next() >> UInt64(random.number(2...63))
        seal.commitCount = UInt64(random.number(1...1_000))
        seal.recordCount = seal.commitCount + UInt64(random.number(0...1_000_000))
        seal.rawBytes = random.next()
        seal.leastTime = Int64(bitPattern: random.next())
        seal.greatestTime = Int64(bitPattern: random.next())
        return seal
    }

    private static func littleEndian<Number: FixedWidthInteger>(_ number: Number) -> [UInt8] {
        withUnsafeBytes(of: number.littleEndian) { Array($0) }
    }

    private static func uuid(_ random: inout SplitMix64) -> String {
        let digits = Array("0123456789abcdef")
        return String(
            (0..<36).map { [8, 13, 18, 23].contains($0) ? "-" : digits[Int(random.next() & 15)] }
        )
    }
}
