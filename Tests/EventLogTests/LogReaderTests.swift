import Disk
import EventLog
import TestKit
import Testing

@Suite struct LogReaderTests {
    private let log: LogFixture
    private let temporary: TemporaryDirectory

    init() throws {
        temporary = try TemporaryDirectory()
        log = try LogFixture(LocalVolume(), temporary.path + "/events")
    }

    /// Three sealed segments and an open one: 4 commits of 5, 4 of 5, 4 of 5, 2 of 5.
    @discardableResult
    private func fill() throws -> LogWriter {
        let writer = try log.writer()
        for _ in 0..<3 {
            try writer.appendNumbered(4, of: 5)
            try writer.seal()
        }
        try writer.appendNumbered(2, of: 5)
        return writer
    }

    @Test func `reading starts at any offset`() throws {
        try fill()
        for offset in UInt64(0)...70 {
            #expect(try log.records(from: offset) == numbered(offset, Int(70 - offset)))
        }
        #expect(throws: LogError.offsetBeyondEnd(offset: 71, end: 70)) { _ = try log.reader(from: 71) }
        #expect(throws: LogError.offsetBeyondEnd(offset: .max, end: 70)) { _ = try log.reader(from: .max) }
    }

    @Test func `an empty log has its end at 0`() throws {
        let reader = try log.reader()
        #expect(try !reader.nextFrame())
        #expect(try reader.nextFooter() == nil)
        #expect(throws: LogError.offsetBeyondEnd(offset: 1, end: 0)) { _ = try log.reader(from: 1) }
        try log.writer().appendNumbered(1, of: 2)
        #expect(try reader.nextFrame())
        #expect(splitLines(Array(reader.bytes)) == numbered(0, 2))
        try reader.syncRead()
    }

    @Test func `records before the first segment were retained away`() throws {
        try fill()
        try log.volume.remove(log.segment(0))
        #expect(throws: LogError.offsetRetained(offset: 19, first: 20)) { _ = try log.reader(from: 19) }
        #expect(try log.records(from: 20) == numbered(20, 50))
        #expect(try log.directory.firstOffset() == 20)
        #expect(try log.writer().nextOffset == 70)
    }

    @Test func `footers are read without their frames`() throws {
        try fill()
        let reader = try log.reader(from: 13)
        var bases: [UInt64] = []
        while let footer = try reader.nextFooter() {
            bases.append(footer.baseOffset)
            #expect(footer.recordCount == 5)
            #expect(footer.leastTime == Int64(footer.baseOffset))
            #expect(reader.nextOffset == footer.nextOffset)
        }
        #expect(bases == Array(stride(from: 10, to: 70, by: 5)))
        let mixed = try log.reader(from: 3)
        #expect(try mixed.nextFooter()?.nextOffset == 5)
        #expect(try mixed.nextFrame())
        #expect(splitLines(Array(mixed.bytes)) == numbered(5, 5))
        #expect((mixed.leastTime, mixed.greatestTime) == (5, 9))
    }

    @Test func `padding follows the records`() throws {
        try fill()
        let reader = try log.reader(from: 2)
        while try reader.nextFrame() {
            let end = reader.byteRange.upperBound
            #expect(reader.paddedBytes.count >= end + LogReader.padding)
            #expect(reader.paddedBytes[end..<(end + LogReader.padding)].allSatisfy { $0 == 0 })
            #expect(reader.paddedBytes[end - 1] == 0x0A)
        }
    }

    @Test(arguments: UInt64(0)..<8)
    func `a reader follows a writer that grows, seals and reopens`(seed: UInt64) throws {
        var random = SplitMix64(seed: seed)
        var writer = try log.writer()
        let readers = [try log.reader(), try log.reader()]
        var seen: [[String]] = [[], []]
        for _ in 0..<120 {
            switch Int.random(in: 0..<10, using: &random) {
            case 0: try writer.seal()
            case 1:
                writer.close()
                writer = try log.writer()
            case 2: try writer.appendNumbered(1, of: 2_000)
            case 3...6: try writer.appendNumbered(1, of: Int.random(in: 1...9, using: &random))
            default:
                let index = Int.random(in: 0...1, using: &random)
                while try readers[index].nextFrame() {
                    seen[index] += splitLines(Array(readers[index].bytes))
                }
                #expect(readers[index].nextOffset == writer.nextOffset)
                try readers[index].syncRead()
            }
        }
        for index in 0...1 {
            while try readers[index].nextFrame() { seen[index] += splitLines(Array(readers[index].bytes)) }
            #expect(seen[index] == numbered(0, Int(writer.nextOffset)))
        }
    }

    @Test func `a reader keeps its place when sealed segments are replaced`() throws {
        let writer = try fill()
        let reader = try log.reader()
        for _ in 0..<6 { #expect(try reader.nextFrame()) }
        #expect(reader.nextOffset == 30)
        let other = try log.reader(from: 60)
        #expect(try other.nextFrame())
        // The same records in other frames, as compaction leaves them.
        for base in [UInt64(0), 20, 40] { try replace(base, with: numbered(base, 20)) }
        var seen: [String] = []
        while try reader.nextFrame() { seen += splitLines(Array(reader.bytes)) }
        #expect(seen == numbered(30, 40))
        for offset in UInt64(0)...70 {
            #expect(try log.records(from: offset) == numbered(offset, Int(70 - offset)))
        }
        // A reader that waits at the end of a segment while it is sealed and replaced.
        try writer.seal()
        #expect(try !reader.nextFrame())
        try replace(60, with: numbered(60, 10))
        #expect(try !reader.nextFrame())
        try writer.appendNumbered(1, of: 1)
        #expect(try reader.nextFrame())
        #expect(splitLines(Array(reader.bytes)) == numbered(70, 1))
        writer.close()
        #expect(try log.verify().findings == [])
    }

    /// Replaces a sealed segment by one that holds `lines` in a single frame.
    private func replace(_ base: UInt64, with lines: [String]) throws {
        // A log of its own gives the bytes: numbered up to the base in a first segment, then the wanted one.
        let temporary = try TemporaryDirectory()
        let scratch = try LogFixture(LocalVolume(), temporary.path + "/events")
        let writer = try scratch.writer()
        if base > 0 {
            try writer.appendNumbered(1, of: Int(base))
            try writer.seal()
        }
        _ = try writer.append(frame(lines, time: Int64(base)))
        try writer.seal()
        let bytes = try log.volume.readFile(scratch.segment(base), bytesMax: 1 << 20)
        try log.volume.atomicWrite(bytes, to: log.segment(base))
    }

    @Test func `a frame without its footer is not there`() throws {
        let writer = try log.writer()
        try writer.appendNumbered(2, of: 3)
        let whole = try log.volume.readFile(log.segment(0), bytesMax: 1 << 20)
        let reader = try log.reader()
        #expect(try reader.nextFrame())
        #expect(try reader.nextFrame())
        try writer.appendNumbered(1, of: 400)
        let grown = try log.volume.readFile(log.segment(0), bytesMax: 1 << 20)
        for count in whole.count..<grown.count {
            try log.volume.open(log.segment(0), .readWrite).truncate(to: UInt64(count))
            try log.volume.open(log.segment(0), .readWrite).write(
                Array(grown[whole.count..<count]),
                at: UInt64(whole.count)
            )
            #expect(try !reader.nextFrame())
            if count % 50 == 0 { #expect(try log.reader(from: 6).nextFooter() == nil) }
        }
        try log.volume.open(log.segment(0), .readWrite).write(grown, at: 0)
        #expect(try reader.nextFrame())
        #expect(splitLines(Array(reader.bytes)) == numbered(6, 400))
    }

    @Test func `damage is an error that names the place, not an end`() throws {
        let writer = try fill()
        writer.close()
        let summaries = try log.directory.segments()
        for base in [UInt64(20), 60] {
            let path = log.segment(base)
            let whole = try log.volume.readFile(path, bytesMax: 1 << 20)
            // The magic of the segment's first frame: the walk cannot go on, though commits follow.
            var damaged = whole
            damaged[1] ^= 0xFF
            try log.volume.atomicWrite(damaged, to: path)
            let reader = try log.reader(from: base - 5)
            #expect(try reader.nextFrame())
            #expect {
                _ = try reader.nextFrame()
            } throws: { error in
                guard case LogError.damaged(path, 0, base, _) = error else { return false }
                return true
            }
            // A byte within the frame.
            damaged = whole
            damaged[30] ^= 0xFF
            try log.volume.atomicWrite(damaged, to: path)
            let second = try log.reader(from: base)
            #expect(throws: LogError.self) { _ = try second.nextFrame() }
            try log.volume.atomicWrite(whole, to: path)
        }
        #expect(try log.directory.segments() == summaries)
        #expect(try log.records() == numbered(0, 70))
    }

    @Test func `missing segments are a gap, not an end`() throws {
        try fill().close()
        try log.volume.remove(log.segment(20))
        let gap = LogError.gap(file: log.segment(40), expectedOffset: 20, foundOffset: 40)
        let reader = try log.reader(from: 15)
        #expect(try reader.nextFrame())
        #expect(throws: gap) { _ = try reader.nextFrame() }
        #expect(throws: gap) { _ = try log.writer() }
        #expect(throws: LogError.self) { _ = try log.reader(from: 30) }
        #expect(try !log.verify().isIntact)
    }

    @Test func `a frame of a later version stops the reader`() throws {
        try log.writer().appendNumbered(1, of: 1)
        var bytes = try log.volume.readFile(log.segment(0), bytesMax: 1 << 20)
        let footerAt = bytes.count - CommitFooter.byteCountMin
        bytes[footerAt + 8] = 9
        let checksum = CRC32C.checksum(bytes, footerAt..<(bytes.count - 4))
        bytes.replaceSubrange(
            (bytes.count - 4)...,
            with: withUnsafeBytes(of: checksum.littleEndian) { Array($0) }
        )
        try log.volume.atomicWrite(bytes, to: log.segment(0))
        let newer = LogError.newerFormat(file: log.segment(0), byteOffset: UInt64(footerAt), version: 9)
        let reader = try log.reader()
        #expect(throws: newer) { _ = try reader.nextFrame() }
        // And the writer must not cut it off as torn.
        #expect(throws: newer) { _ = try log.writer() }
        #expect(try log.volume.readFile(log.segment(0), bytesMax: 1 << 20) == bytes)
    }

    @Test func `a frame that begins like a seal is damage, not the end`() throws {
        let disk = SimulatedDisk()
        let log = try LogFixture(disk, "/events")
        let writer = try log.writer()
        try writer.appendNumbered(2, of: 3)
        try writer.seal()
        writer.close()
        let path = log.segment(0)
        var bytes = try #require(disk.contents(path))
        withUnsafeBytes(of: SegmentSeal.magic.littleEndian) { bytes.replaceSubrange(0..<4, with: $0) }
        disk.place(bytes, at: path)
        let reader = try log.reader()
        let error = #expect(throws: LogError.self) { _ = try reader.nextFrame() }
        guard case .damaged(path, byteOffset: 0, recordOffset: 0, _) = error else {
            Issue.record("\(String(describing: error))")
            return
        }
        #expect(try !log.verify().isIntact)
    }
}
